import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, systemClock } from '@mayfly/core'
import { requireNumber } from '@mayfly/core/adapter'
import { type SandboxCounts, type SandboxEvent, SandboxRecord } from './events.ts'
import { Faults, type Spoilage } from './faults.ts'
import { OffsetClock } from './offset-clock.ts'
import { readRequest, writeReply } from './http-exchange.ts'
import { breakOff, SandboxServer } from './sandbox-server.ts'
import { tokenDigest } from './token-ledger.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from './vendor.ts'

/** Options that every sandbox takes. */
export interface SandboxOptions {
  /** What the sandbox's own clock goes with. Default: the machine's clock. */
  readonly clock?: Clock
  /** How far the sandbox's clock is ahead of `clock`, in milliseconds; negative: behind. Default 0. */
  readonly clockOffsetMs?: number
  /** Milliseconds of `clock` that every answer takes. Default 0. */
  readonly latencyMs?: number
  /** The port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number
}

/** The names of {@link SandboxOptions}, for a vendor's own check of its options. */
export const SANDBOX_OPTIONS: readonly string[] = Object.freeze([
  'clock',
  'clockOffsetMs',
  'latencyMs',
  'port',
])

/**
 * A real HTTP server on 127.0.0.1 that answers as a vendor does. What it takes for right and wrong is
 * the vendor's part; the server, its clock, its faults and its counters are the same for all.
 */
export class HttpSandbox<Reason extends string> {
  readonly #vendor: Vendor<Reason>
  readonly #server: SandboxServer
  readonly #clock: OffsetClock
  readonly #record = new SandboxRecord<Reason>()
  readonly #faults = new Faults()
  readonly #port: number
  #latencyMs = 0
  #origin = ''
  /** The last token that was accepted. */
  #lastToken: string | undefined

  /**
   * Is awaited before each answer is sent, after the request has been judged and counted. A test that
   * holds answers back here has its requests in flight at the same time, for certain.
   */
  beforeAnswer: ((event: SandboxEvent<Reason>) => unknown) | undefined

  constructor(makeVendor: (clock: Clock) => Vendor<Reason>, options: SandboxOptions) {
    this.#clock = new OffsetClock(options.clock ?? systemClock)
    this.#clock.offsetMs = options.clockOffsetMs ?? 0
    this.latencyMs = options.latencyMs ?? 0
    this.#port = requireNumber(options.port ?? 0, 'port', {
      min: 0,
      max: 65_535,
      integer: true,
      unit: '',
    })
    this.#vendor = makeVendor(this.#clock)
    this.#server = new SandboxServer((incoming, response) => {
      this.#serve(incoming, response).catch(() => breakOff(response))
    }, this.#vendor.versions ?? 'http/1.1')
  }

  /** Starts to listen. Resolves once requests can come in. */
  async listen(): Promise<void> {
    const port = await this.#server.listen(this.#port)
    this.#origin = `http://127.0.0.1:${port}`
  }

  /** Where it listens: `http://127.0.0.1:<port>`. */
  get origin(): string {
    return this.#origin
  }

  /** The clock that it judges by and sends in `Date`: the given one plus {@link clockOffsetMs}. */
  get clock(): Clock {
    return this.#clock
  }

  /** How far its clock is ahead of the given one, in milliseconds. May be changed at any time. */
  get clockOffsetMs(): number {
    return this.#clock.offsetMs
  }

  set clockOffsetMs(ms: number) {
    this.#clock.offsetMs = ms
  }

  /** Milliseconds, by the given clock, between judging a request and answering it. */
  get latencyMs(): number {
    return this.#latencyMs
  }

  set latencyMs(ms: number) {
    this.#latencyMs = requireNumber(ms, 'latencyMs', { unit: 'milliseconds' })
  }

  /** What it has counted so far. */
  get counts(): SandboxCounts<Reason> {
    return this.#record.counts
  }

  /** All requests, those included that failed because a test wanted it. */
  get requests(): number {
    return this.#record.counts.requests
  }

  /** Requests whose token was accepted. */
  get accepted(): number {
    return this.#record.counts.accepted
  }

  /** Requests whose token was refused. */
  get refused(): number {
    return this.#record.counts.refused
  }

  /** Different tokens seen, good or bad. */
  get distinctTokens(): number {
    return this.#record.counts.distinctTokens
  }

  /** Refusals by their true reason. */
  get refusals(): Readonly<Partial<Record<Reason, number>>> {
    return this.#record.counts.refusals
  }

  /** Sets all counters to nothing. What was revoked stays revoked. */
  resetCounts(): void {
    this.#record.reset()
  }

  /** Calls a listener for each request, once it has been judged. Returns what ends that. */
  onEvent(listener: (event: SandboxEvent<Reason>) => unknown): () => void {
    return this.#record.listen(listener)
  }

  /**
   * Answers the next requests with a status, whatever their token is; with `path`, the next ones there.
   */
  failNext(
    count: number,
    status: number,
    options: { readonly retryAfter?: number; readonly path?: string } = {},
  ): void {
    this.#faults.failNext(count, { status, ...options })
  }

  /**
   * Spoils the bodies of the next answers, once the requests have been judged as ever; with `path`,
   * of the next ones there. `malformed`: it stops halfway, and looks complete. `stalled`: half of it
   * comes, and then nothing. `endless`: half of it comes, and then more and more. `cut`: half of it
   * comes, and then the connection breaks.
   */
  spoilNext(count: number, spoilage: Spoilage, options: { readonly path?: string } = {}): void {
    this.#faults.spoilNext(count, { spoilage, ...options })
  }

  /**
   * Ends the token that was accepted last, as if another one had displaced it: from now on the vendor
   * refuses it, as `token-displaced`. Further tokens are not touched.
   *
   * @throws {Error} when no token was accepted so far.
   */
  displaceToken(): void {
    if (this.#lastToken === undefined || this.#vendor.displace === undefined) {
      throw new Error('No token has been accepted so far, so there is none to displace.')
    }
    this.#vendor.displace(this.#lastToken)
  }

  /** Answers a path with a redirect. Returns what ends that. */
  redirect(path: string, location: string, status = 302): () => void {
    return this.#faults.redirect(path, location, status)
  }

  /**
   * Ends every connection, and each new one as soon as it is made, as a server that is down. No request
   * comes in, so none is counted.
   */
  down(): void {
    this.#server.down()
  }

  /** Ends what {@link down} began. */
  up(): void {
    this.#server.up()
  }

  /** Stops listening and ends every connection at once. */
  async close(): Promise<void> {
    await this.#server.close()
  }

  /** Closes it, so that `await using` can. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming)
    const number = this.#record.nextNumber()
    const fault = this.#fault(request)
    const verdict = fault === undefined ? await this.#vendor.judge(request) : { reply: fault }
    const event = this.#event(request, verdict, { number, isFault: fault !== undefined })
    this.#record.add(event)
    if (event.outcome === 'accepted') this.#lastToken = tokenOf(request, verdict) ?? this.#lastToken
    if (this.#latencyMs > 0) await elapsed(this.#clock.timeout(this.#latencyMs))
    await this.beforeAnswer?.(event)
    const spoilage = this.#faults.takeSpoilage(request.path)
    const clock = this.#vendor.tellsTime === false ? undefined : this.#clock
    writeReply(response, verdict.reply, { clock, spoilage })
  }

  #fault(request: SandboxRequest): SandboxReply | undefined {
    const failure = this.#faults.takeFailure(request.path)
    if (failure === undefined) return this.#faults.redirectFor(request.path)
    const reply = this.#vendor.failure(failure.status)
    if (failure.retryAfter === undefined) return reply
    return { ...reply, headers: { ...reply.headers, 'retry-after': String(failure.retryAfter) } }
  }

  #event(
    request: SandboxRequest,
    verdict: Verdict<Reason>,
    facts: { readonly number: number; readonly isFault: boolean },
  ): SandboxEvent<Reason> {
    const { reply, refused } = verdict
    const credential = tokenOf(request, verdict)
    const outcome = facts.isFault ? 'fault' : refused === undefined ? 'accepted' : 'refused'
    return {
      type: 'request',
      sandbox: this.#vendor.name,
      number: facts.number,
      atMs: this.#clock.now(),
      method: request.method,
      path: request.path,
      status: reply.status,
      outcome,
      ...(refused !== undefined && { reason: refused }),
      ...(credential !== undefined && { token: tokenDigest(credential) }),
    }
  }
}

function tokenOf(
  { bearer }: SandboxRequest,
  { credential = bearer }: Pick<Verdict<string>, 'credential'>,
): string | undefined {
  return credential
}

async function elapsed(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
