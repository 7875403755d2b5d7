import type { GroupResult, Results, Row } from './results.ts'

/** Writes results as Markdown: what they were measured on, and a table of ratios for each group. */
export function renderResults(results: Results): string {
  return [renderHeader(results), ...results.groups.map(renderGroup)].join('\n\n')
}

/** Writes one group as Markdown. */
export function renderGroup(group: GroupResult): string {
  const hasBytes = group.rows.some(({ bytes }) => bytes !== undefined)
  const notes: string[] = []
  const rows = group.rows.map((row) => renderRow(row, hasBytes, notes))
  const head = ['', 'against the floor', 'against Mayfly', 'time per call']
  if (hasBytes) head.push('bytes per call')
  return [
    `#### ${group.title}`,
    '',
    group.about,
    '',
    line(head),
    line(head.map((_, column) => (column === 0 ? '---' : '--:'))),
    ...rows,
    ...listed([...notes, ...group.missing]),
  ].join('\n')
}

function renderHeader({ machine, versions, method, load, measuredAt, command }: Results): string {
  const libraries = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
  return [
    `Measured on ${measuredAt.slice(0, 10)} with \`${command}\`: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}, Node ${machine.node} (V8 ${machine.v8}); ${libraries}.`,
    '',
    `The machine is shared: its load was ${load[0]} at the start and ${load[1]} at the end. So go by the ratios, not by the times. The contenders take turns, ${method.sliceMs} ms each, in ${method.roundsPerProcess} rounds in each of ${method.processes} processes; a ratio compares two contenders within a round, and the table shows the median over all rounds. Every contender's answer was checked before it was timed. One call is under way at a time. "Against Mayfly" above 1 means that Mayfly is faster. Bytes are those on the JavaScript heap, without what the caller's own \`await\` takes.`,
  ].join('\n')
}

function renderRow(row: Row, hasBytes: boolean, notes: string[]): string {
  const { role, name, library, unlike, againstFloor, againstMayfly, nanoseconds, bytes } = row
  const title = role === 'mayfly' ? `**${name}**` : name
  const origin = role === 'other' && library !== 'by hand' ? ` (${library})` : ''
  const mark = unlike === undefined ? '' : ` <sup>${notes.push(`${name}: ${unlike}`)}</sup>`
  const cells = [
    `${title}${origin}${mark}`,
    ratio(againstFloor.median),
    ratio(againstMayfly.median),
    duration(nanoseconds.median),
  ]
  if (hasBytes) cells.push(bytes === undefined ? '' : String(bytes))
  return line(cells)
}

function listed(notes: readonly string[]): readonly string[] {
  if (notes.length === 0) return []
  return [
    '',
    'Not like for like, or missing:',
    '',
    ...notes.map((note, at) => `${at + 1}. ${note}`),
  ]
}

function ratio(value: number): string {
  return `${value >= 10 ? value.toFixed(0) : value.toFixed(2)}×`
}

function duration(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(0)} ns`
  if (nanoseconds < 1e6) return `${Number((nanoseconds / 1000).toPrecision(3))} µs`
  return `${Number((nanoseconds / 1e6).toPrecision(3))} ms`
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
