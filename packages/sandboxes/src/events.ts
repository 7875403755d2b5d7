/** What a sandbox tells of one request. It never holds a token, a body or a query string. */
export interface SandboxEvent<Reason extends string = string> {
  readonly type: 'request'
  /** The sandbox's name, such as `'app-store-connect'`. */
  readonly sandbox: string
  /** Counts the requests, from 1. */
  readonly number: number
  /** When it was judged, in milliseconds since the epoch by the sandbox's own clock. */
  readonly atMs: number
  readonly method: string
  /** The path without its query. */
  readonly path: string
  readonly status: number
  /**
   * `accepted`: the token was good, whatever became of the request. `refused`: it was not, or its key
   * had no requests left. `fault`: a failure or a redirect that the test had asked for answered before
   * the token was looked at.
   */
  readonly outcome: 'accepted' | 'refused' | 'fault'
  /** Why it was refused: the true reason, which the vendor's own answer often hides. */
  readonly reason?: Reason
  /** Tells one token from another: the start of its SHA-256. */
  readonly token?: string
}

/** How many requests of each kind a sandbox has seen. */
export interface SandboxCounts<Reason extends string = string> {
  readonly requests: number
  readonly accepted: number
  readonly refused: number
  /** Failures and redirects that the test had asked for. */
  readonly faults: number
  /** Different tokens seen, good or bad. */
  readonly distinctTokens: number
  /** Refusals by their true reason. A reason that never came up is absent. */
  readonly refusals: Readonly<Partial<Record<Reason, number>>>
}

/** Counts a sandbox's requests, and tells listeners about them. */
export class SandboxRecord<Reason extends string> {
  readonly #tokens = new Set<string>()
  readonly #listeners = new Set<(event: SandboxEvent<Reason>) => unknown>()
  #totals = { requests: 0, accepted: 0, refused: 0, faults: 0 }
  #refusals: Partial<Record<Reason, number>> = {}

  get counts(): SandboxCounts<Reason> {
    return {
      ...this.#totals,
      distinctTokens: this.#tokens.size,
      refusals: { ...this.#refusals },
    }
  }

  /** The number that the next request gets. */
  nextNumber(): number {
    this.#totals.requests += 1
    return this.#totals.requests
  }

  add(event: SandboxEvent<Reason>): void {
    if (event.token !== undefined) this.#tokens.add(event.token)
    if (event.outcome === 'fault') this.#totals.faults += 1
    else this.#totals[event.outcome] += 1
    if (event.reason !== undefined) {
      this.#refusals[event.reason] = (this.#refusals[event.reason] ?? 0) + 1
    }
    for (const listener of this.#listeners) tell(listener, event)
  }

  listen(listener: (event: SandboxEvent<Reason>) => unknown): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  reset(): void {
    this.#totals = { requests: 0, accepted: 0, refused: 0, faults: 0 }
    this.#refusals = {}
    this.#tokens.clear()
  }
}

function tell<Event>(listener: (event: Event) => unknown, event: Event): void {
  try {
    const outcome = listener(event)
    if (outcome instanceof Promise) outcome.catch(() => {})
  } catch {
    // A listener is a bystander: the sandbox answers all the same.
  }
}
