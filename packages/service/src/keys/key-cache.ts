import type { Clock } from '@mayfly/core'
import type { Seal } from '../seal/sealer.ts'
import type { KeyStore } from './options.ts'
import { type ReadyKey, readSigningKey } from './signing-key.ts'

/** How long what another node did may go unnoticed. */
const FRESH_MS = 30_000
/** Key ids that nobody knows come from outside, at any rate: so often a second they make us look. */
const LOOKS_PER_SECOND = 10

/** The keys of the ledger as they were when it was last looked at. */
export class KeyCache {
  readonly #store: KeyStore
  readonly #seal: Seal
  readonly #clock: Clock
  #keys: readonly ReadyKey[] = []
  #version = 0
  #readAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined
  #next: Promise<void> | undefined
  #looks = { secondsAt: 0, count: 0 }

  constructor(store: KeyStore, seal: Seal, clock: Clock) {
    this.#store = store
    this.#seal = seal
    this.#clock = clock
  }

  /** The newest first. */
  get keys(): readonly ReadyKey[] {
    return this.#keys
  }

  /** Changes when a key has gone. */
  get version(): number {
    return this.#version
  }

  get isStale(): boolean {
    const age = this.#clock.now() - this.#readAtMs
    return age < 0 || age > FRESH_MS
  }

  /** Looks into the ledger, beginning not before it is asked. */
  async read(): Promise<void> {
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined
      })
      return this.#reading
    }
    // What is under way may have looked too early.
    this.#next ??= this.#reading
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.read()
      })
    return this.#next
  }

  /** Looks into the ledger for a key that is not here, unless too many were looked for just now. */
  async lookAgain(): Promise<void> {
    const second = Math.floor(this.#clock.now() / 1000)
    if (this.#looks.secondsAt !== second) this.#looks = { secondsAt: second, count: 0 }
    if (this.#looks.count >= LOOKS_PER_SECOND) return
    this.#looks.count += 1
    await this.read()
  }

  /** Notes that a key is needed longer, which the ledger knows already. */
  extend(keyId: string, neededUntil: number): void {
    this.#keys = this.#keys.map((each) =>
      each.keyId === keyId && each.neededUntil < neededUntil ? { ...each, neededUntil } : each,
    )
  }

  async #read(): Promise<void> {
    const readAtMs = this.#clock.now()
    const stored = await this.#store.keys()
    const known = new Map(this.#keys.map((each) => [each.keyId, each]))
    const keys = await Promise.all(
      stored.map(async (one) => {
        const ready = known.get(one.keyId)
        return ready === undefined ? readSigningKey(one, this.#seal) : longerNeeded(ready, one)
      }),
    )
    const kept = new Set(keys.map(({ keyId }) => keyId))
    if (this.#keys.some(({ keyId }) => !kept.has(keyId))) this.#version += 1
    this.#keys = keys
    this.#readAtMs = readAtMs
  }
}

/** A key never changes; until when it is needed grows, here or at another node. */
function longerNeeded(ready: ReadyKey, { neededUntil }: { neededUntil: number }): ReadyKey {
  return neededUntil > ready.neededUntil ? { ...ready, neededUntil } : ready
}
