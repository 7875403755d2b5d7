const MIN_WIDTH = 40
const MAX_WIDTH = 88

/** How wide prose may be: as the terminal is, within what is read with ease. */
export function proseWidth(columns: number | undefined): number {
  return Math.min(Math.max(columns ?? 80, MIN_WIDTH), MAX_WIDTH)
}

/** Where the lines of a paragraph begin. */
export interface Indent {
  /** In front of the first line. */
  readonly first?: string
  /** In front of the others. */
  readonly rest?: string
}

/** Breaks a paragraph between words. A word that is too long for a line stays whole. */
export function wrap(text: string, width: number, indent: Indent = {}): readonly string[] {
  const { first = '', rest = ' '.repeat(first.length) } = indent
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = rest
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}
