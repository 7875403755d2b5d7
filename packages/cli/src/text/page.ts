import type { Paint } from '../colors.ts'
import type { CliContext } from '../context.ts'
import { visible } from './visible.ts'
import { proseWidth, wrap } from './wrap.ts'

/** How a point of a list turned out. */
export type Mark = 'good' | 'bad' | 'warning' | 'skipped'

const MARKS = {
  good: ['✓', 'green'],
  bad: ['✗', 'red'],
  warning: ['!', 'yellow'],
  skipped: ['-', 'dim'],
} as const

/** Collects lines for a terminal. Whatever is put in is made visible first: it may be foreign. */
export class Page {
  readonly #lines: string[] = []
  readonly #paint: Paint
  readonly #width: number

  constructor(context: CliContext) {
    this.#paint = context.paint
    this.#width = proseWidth(context.io.stdout.columns)
  }

  /** A heading, with an empty line before it unless it is the first. */
  heading(text: string): this {
    if (this.#lines.length > 0) this.#lines.push('')
    this.#lines.push(this.#paint('bold', visible(text)))
    return this
  }

  /** A paragraph, two columns from the edge. */
  prose(text: string, style?: 'dim'): this {
    const lines = wrap(visible(text), this.#width, { first: '  ' })
    this.#lines.push(
      ...lines.map((line) => (style === undefined ? line : this.#paint(style, line))),
    )
    return this
  }

  /** A point of a list, with its mark. */
  point(mark: Mark, text: string): this {
    const [sign, style] = MARKS[mark]
    const [first = '', ...rest] = wrap(visible(text), this.#width, { first: '    ', rest: '    ' })
    this.#lines.push(`  ${this.#paint(style, sign)} ${first.slice(4)}`, ...rest)
    return this
  }

  /** Rows of cells, in columns. The last cell goes below where there is no room for it. */
  table(rows: readonly (readonly string[])[]): this {
    const safe = rows.map((row) => row.map(visible))
    const widths = (safe[0] ?? []).map((_, column) =>
      Math.max(...safe.map((row) => row[column]?.length ?? 0)),
    )
    for (const row of safe) {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
      const line = `  ${cells.join('  ')}`.trimEnd()
      if (line.length <= this.#width) this.#lines.push(line)
      else this.#lines.push(...stacked(row, widths[0] ?? 0))
    }
    return this
  }

  /** Text that is safe already and has its own lines, such as JSON. */
  block(text: string): this {
    this.#lines.push(...text.split('\n').map((line) => `  ${line}`))
    return this
  }

  text(): string {
    return this.#lines.join('\n')
  }
}

function stacked(row: readonly string[], first: number): readonly string[] {
  const [name = '', ...cells] = row
  const indent = ' '.repeat(first + 4)
  return cells
    .filter((cell) => cell !== '')
    .map((cell, index) => (index === 0 ? `  ${name.padEnd(first)}  ${cell}` : `${indent}${cell}`))
}
