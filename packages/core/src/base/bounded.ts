/** Remembers the last so many values that were added. */
export class Bounded<Value> {
  readonly #max: number
  readonly #values = new Set<Value>()

  constructor(max: number) {
    this.#max = max
  }

  has(value: Value): boolean {
    return this.#values.has(value)
  }

  delete(value: Value): void {
    this.#values.delete(value)
  }

  add(value: Value): void {
    this.#values.delete(value)
    this.#values.add(value)
    if (this.#values.size <= this.#max) return
    for (const oldest of this.#values) {
      this.#values.delete(oldest)
      break
    }
  }
}
