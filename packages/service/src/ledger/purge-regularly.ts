import { type Clock, systemClock } from '@mayfly/core'

/** How often what is old is forgotten, in milliseconds. */
const EVERY_MS = 600_000

/** What {@link purgeRegularly} is told. */
export interface PurgeRegularlyOptions {
  readonly clock: Clock
  /** Gets what a purge failed with. The next one is tried all the same. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Purges every ten minutes, one purge at a time, and keeps no process alive for it. Gives a function
 * that ends it and resolves when no purge is under way any more.
 */
export function purgeRegularly(
  purge: () => Promise<unknown>,
  options: PurgeRegularlyOptions,
): () => Promise<void> {
  return everyTime(purge, { everyMs: EVERY_MS, ...options })
}

/** Works regularly, one time after the other, and keeps no process alive for it. Gives what ends it. */
export function everyTime(
  work: () => Promise<unknown>,
  {
    everyMs,
    clock,
    onFailure,
  }: Partial<PurgeRegularlyOptions> & { readonly clock: Clock; readonly everyMs: number },
): () => Promise<void> {
  const stop = new AbortController()
  let underWay: Promise<void> = Promise.resolve()
  const wait = (): void => {
    const due = timeoutOf(clock, everyMs)
    due?.addEventListener(
      'abort',
      () => {
        underWay = run()
      },
      // A signal that nobody holds any more must not hold us.
      { once: true, signal: stop.signal },
    )
  }
  const run = async (): Promise<void> => {
    try {
      await work()
    } catch (error) {
      onFailure?.(error)
    }
    if (!stop.signal.aborted) wait()
  }
  wait()
  return () => {
    stop.abort()
    return underWay
  }
}

/** A clock without timeouts of its own waits by the machine's. */
function timeoutOf(clock: Clock, everyMs: number): AbortSignal | undefined {
  return clock.timeout?.(everyMs) ?? systemClock.timeout?.(everyMs)
}
