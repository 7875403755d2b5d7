/** Writes a table; all columns but the first are aligned to the right, unless it is said otherwise. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns = 1,
): string {
  const rule = head.map((_, column) => (column < leftColumns ? '---' : '--:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
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
