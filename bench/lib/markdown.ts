/** Writes a table as the formatter would: the first column to the left, all others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  )
  const rule = widths.map((width, column) => (column === 0 ? '-' : ':').padStart(width, '-'))
  return [head, rule, ...rows]
    .map((cells) => cells.map((cell, column) => padded(cell, column, widths[column] ?? 0)))
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function padded(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

/** Writes a ratio, with as many digits as can be meant. */
export function ratio(value: number): string {
  return `${value >= 10 ? value.toFixed(0) : value.toFixed(2)}×`
}

/** Writes a time in the unit that fits. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(0)} ns`
  if (nanoseconds < 1e6) return `${Number((nanoseconds / 1000).toPrecision(3))} µs`
  return `${Number((nanoseconds / 1e6).toPrecision(3))} ms`
}
