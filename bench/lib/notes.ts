/** Numbers remarks below a table; the same remark gets the same number. */
export class Notes {
  readonly #texts: string[] = []

  /** The mark of a remark, or nothing where there is none. */
  mark(text: string | undefined): string {
    if (text === undefined) return ''
    const known = this.#texts.indexOf(text)
    return ` <sup>${known === -1 ? this.#texts.push(text) : known + 1}</sup>`
  }

  /** The remarks as a numbered list. */
  render(): string {
    return this.#texts.map((text, at) => `${at + 1}. ${text}`).join('\n')
  }
}
