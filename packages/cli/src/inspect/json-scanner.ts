const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.])/y

const MAX_DEPTH = 200

/** Finds where a text stops being JSON: an index, its length where it ends too soon. */
export function findBreak(text: string): number {
  return new JsonScanner(text).run()
}

/** The runtime's own parser does not always tell where it stopped. */
class JsonScanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): number {
    if (this.#value(0)) this.#skip(SPACE)
    return this.#at
  }

  #value(depth: number): boolean {
    this.#skip(SPACE)
    if (depth > MAX_DEPTH) return false
    const letter = this.#text[this.#at]
    if (letter === '{') return this.#list('}', () => this.#member(depth))
    if (letter === '[') return this.#list(']', () => this.#value(depth + 1))
    return this.#skip(STRING) || this.#skip(SCALAR)
  }

  #list(end: string, item: () => boolean): boolean {
    this.#at += 1
    this.#skip(SPACE)
    if (this.#take(end)) return true
    do {
      if (!item()) return false
      this.#skip(SPACE)
    } while (this.#take(','))
    return this.#take(end)
  }

  #member(depth: number): boolean {
    this.#skip(SPACE)
    if (!this.#skip(STRING)) return false
    this.#skip(SPACE)
    return this.#take(':') && this.#value(depth + 1)
  }

  #take(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false
    this.#at += 1
    return true
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) return false
    this.#at += found.length
    return true
  }
}
