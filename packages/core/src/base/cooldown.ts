import type { Clock } from './clock.ts'

/** No try is put off for longer than this, unless the server asks for more. */
const MAX_COOLDOWN_MS = 60_000

/** Even a server's `Retry-After` puts off no try for longer than this. */
const MAX_RETRY_AFTER_MS = 3_600_000

/** How a {@link Cooldown} grows. */
export interface CooldownSteps {
  readonly firstMs: number
  /** Default: a minute. */
  readonly mostMs?: number
  /** A server's `Retry-After` takes the pause's place, where otherwise the longer of the two counts. */
  readonly obeys?: boolean
}

/**
 * Spaces out the tries after a failure: the first pause is as long as asked for, each further one
 * twice as long, up to a limit; a server's `Retry-After` is honoured, and a permanent refusal is left
 * alone for a minute.
 */
export class Cooldown {
  readonly #clock: Clock
  readonly #steps: Required<CooldownSteps>
  #failures = 0
  #since = 0
  #pauseMs = 0

  constructor(clock: Clock, { firstMs, mostMs = MAX_COOLDOWN_MS, obeys = false }: CooldownSteps) {
    this.#clock = clock
    this.#steps = { firstMs, mostMs: Math.max(mostMs, firstMs), obeys }
  }

  /** Whether the next try has to wait. */
  get active(): boolean {
    return this.remainingMs > 0
  }

  /** How long the next try has to wait, in milliseconds. */
  get remainingMs(): number {
    if (this.#pauseMs === 0) return 0
    const passed = this.#clock.now() - this.#since
    // A clock that was set back would otherwise stretch the pause.
    return passed >= 0 ? Math.max(0, this.#pauseMs - passed) : 0
  }

  /** Counts a failure; returns the pause that it leads to, in milliseconds. */
  fail(options: {
    readonly permanent: boolean
    readonly retryAfterMs: number | undefined
  }): number {
    const { firstMs, mostMs, obeys } = this.#steps
    const backoff = options.permanent
      ? Math.max(MAX_COOLDOWN_MS, firstMs)
      : Math.min(firstMs * 2 ** this.#failures, mostMs)
    const asked = Math.min(options.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
    this.#failures = Math.min(this.#failures + 1, 30)
    this.#since = this.#clock.now()
    this.#pauseMs = Math.max(obeys && asked > 0 ? firstMs : backoff, asked)
    return this.#pauseMs
  }

  /** Forgets the failures. */
  succeed(): void {
    this.#failures = 0
    this.#pauseMs = 0
  }
}
