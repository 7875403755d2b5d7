import { answerDeadline, type Clock, type Deadline, untilAborted } from './clock.ts'

/** How a {@link Flight} runs. */
export interface FlightOptions<Value> {
  /** Goes on when nobody waits for it any more. */
  readonly background: boolean
  readonly clock: Clock
  /** How long it may take. */
  readonly timeoutMs: number
  /** Makes the error for a flight whose time was up. */
  readonly limitError: () => Error
  /** Is told the outcome before anyone who waits. */
  readonly settled: (outcome: PromiseSettledResult<Value>) => void
}

/**
 * One run of an asynchronous task that many callers wait for. A caller's signal ends that caller's
 * wait; when the last caller has gone the task is aborted, unless it runs in the background. The
 * outcome is handed to those who wait now, and to nobody later.
 */
export class Flight<Value> {
  readonly #controller = new AbortController()
  readonly #background: boolean
  readonly #outcome: Promise<Value>
  #waiting = 0
  #over = false

  /** @param task may begin its time anew, by `restart`: for what it had to wait for first. */
  constructor(
    task: (signal: AbortSignal, restart: Deadline['restart']) => Promise<Value>,
    options: FlightOptions<Value>,
  ) {
    this.#background = options.background
    const limit = answerDeadline(options.clock, options.timeoutMs, this.#controller.signal)
    const run = async (): Promise<Value> => task(limit.signal, limit.restart)
    this.#outcome = untilAborted(run(), limit.signal).then(
      (value) => {
        this.#over = true
        limit.end()
        options.settled({ status: 'fulfilled', value })
        return value
      },
      (error: unknown) => {
        this.#over = true
        limit.end()
        // Only the limit's own ending is renamed: a task may fail by itself in the same moment.
        const ended = limit.isOver && error === limit.signal.reason
        const reason = ended ? options.limitError() : error
        options.settled({ status: 'rejected', reason })
        throw reason
      },
    )
    // A background failure that nobody awaits must not end the process.
    this.#outcome.catch(() => {})
  }

  /** Whether it has ended, or is about to: it can no longer be joined. */
  get over(): boolean {
    return this.#over || this.#controller.signal.aborted
  }

  /** Whether it was ended because nobody waited any more, or by {@link Flight.abort}. */
  get aborted(): boolean {
    return this.#controller.signal.aborted
  }

  /** Ends it for everyone who waits. */
  abort(reason: Error): void {
    this.#controller.abort(reason)
  }

  /** Waits for the outcome, until it is there or the caller's own signal aborts. */
  wait(signal?: AbortSignal): Promise<Value> {
    this.#waiting++
    if (signal === undefined) return this.#outcome
    return new Promise<Value>((resolve, reject) => {
      const onAbort = (): void => {
        this.#leave()
        reject(signal.reason)
      }
      if (signal.aborted) {
        onAbort()
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#outcome
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  #leave(): void {
    this.#waiting--
    if (this.#waiting > 0 || this.#background || this.#over) return
    this.#controller.abort(new DOMException('Everyone who waited has gone.', 'AbortError'))
  }
}

/**
 * Whether a promise may be awaited by another request than the one that made it: everywhere but on
 * Cloudflare Workers.
 */
export function promisesCanBeShared(): boolean {
  const agent: unknown = (globalThis as { navigator?: { userAgent?: unknown } }).navigator
    ?.userAgent
  return agent !== 'Cloudflare-Workers'
}
