import type { Clock } from '@mayfly/core'
import { tokenDigest } from '../token-ledger.ts'

const MIN_PAUSE_MS = 1_200_000

/** Lets a team have one new token in 20 minutes, whichever of its keys signed it. */
export class TokenUpdates {
  readonly #clock: Clock
  readonly #known = new Set<string>()
  #lastMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes a good token, unless it is new and comes too soon after the last new one. */
  admit(token: string): boolean {
    const digest = tokenDigest(token)
    if (this.#known.has(digest)) return true
    const now = this.#clock.now()
    if (this.#lastMs !== undefined && now - this.#lastMs < MIN_PAUSE_MS) return false
    this.#lastMs = now
    this.#known.add(digest)
    return true
  }
}
