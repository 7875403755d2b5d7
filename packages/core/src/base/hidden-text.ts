import { invalid } from './options.ts'

/** Text that is read by `value` alone: what shows an object shows none of it, and a string of it throws. */
export abstract class HiddenText {
  readonly #value: string
  readonly #advice: string

  // `console.log('%s', object)` calls a method `toString` unless its class is one of JavaScript's own.
  static {
    Object.defineProperty(this.prototype, 'constructor', { value: Object })
  }

  constructor(value: string, advice: string) {
    this.#value = value
    this.#advice = advice
  }

  get value(): string {
    return this.#value
  }

  /** @throws {OptionError} always: the text of the object is never what was meant. */
  toString(): never {
    throw invalid('token', this.#advice)
  }
}
