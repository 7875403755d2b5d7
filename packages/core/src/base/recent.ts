/** How much is kept: so many, and where they have sizes, of so much together. */
export interface RecentLimits {
  readonly max: number
  readonly maxSize?: number
}

interface Held<Value> {
  readonly value: Value
  readonly size: number
}

/** Keeps what was asked for most recently, and lets go of the rest. */
export class Recent<Key, Value> {
  readonly #max: number
  readonly #maxSize: number
  readonly #held = new Map<Key, Held<Value>>()
  // Goes on from where it stood: a new one would step over all that was let go of before.
  #oldest: Iterator<Key> = this.#held.keys()
  #newest: Key | undefined
  #total = 0

  constructor({ max, maxSize = Number.POSITIVE_INFINITY }: RecentLimits) {
    this.#max = max
    this.#maxSize = maxSize
  }

  get size(): number {
    return this.#held.size
  }

  /** Finds a value without a word that it was asked for. */
  peek(key: Key): Value | undefined {
    return this.#held.get(key)?.value
  }

  get(key: Key): Value | undefined {
    const held = this.#held.get(key)
    if (held === undefined) return undefined
    if (key !== this.#newest) {
      this.#held.delete(key)
      this.#held.set(key, held)
      this.#newest = key
    }
    return held.value
  }

  /** Keeps a value. One that is larger than all may be together is not kept. */
  set(key: Key, value: Value, size = 0): void {
    this.delete(key)
    if (size > this.#maxSize) return
    this.#held.set(key, { value, size })
    this.#newest = key
    this.#total += size
    while (this.#held.size > this.#max || this.#total > this.#maxSize) this.#dropOldest()
  }

  delete(key: Key): void {
    this.#total -= this.#held.get(key)?.size ?? 0
    this.#held.delete(key)
    if (key === this.#newest) this.#newest = undefined
  }

  *values(): Generator<Value> {
    for (const { value } of this.#held.values()) yield value
  }

  clear(): void {
    this.#held.clear()
    this.#newest = undefined
    this.#total = 0
  }

  #dropOldest(): void {
    let next = this.#oldest.next()
    if (next.done === true) {
      this.#oldest = this.#held.keys()
      next = this.#oldest.next()
    }
    if (next.done !== true) this.delete(next.value)
  }
}
