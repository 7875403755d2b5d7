import { duration, ratio, table } from './markdown.ts'
import { Notes } from './notes.ts'
import type { GroupResult, Results, Row } from './results.ts'

/** Writes results as a page of their own: a table for each group, with everything that was measured. */
export function renderPage(results: Results): string {
  return [
    '# What it costs',
    '`pnpm bench` wrote this page from [`results/micro.json`](results/micro.json), which also has the quartiles. What a flood of forged tokens does to good traffic is on [a page of its own](FLOOD.md).',
    renderConditions(results),
    ...results.groups.map(renderGroup),
  ].join('\n\n')
}

/** Writes one group as a table, with what is not like for like below it. */
export function renderGroup({ title, about, missing, rows }: GroupResult): string {
  const hasBytes = rows.some(({ bytes }) => bytes !== undefined)
  const notes = new Notes()
  const head = ['', 'against the floor', 'against Mayfly', 'time per call']
  const text = table(
    hasBytes ? [...head, 'bytes per call'] : head,
    rows.map((row) => cellsOf(row, hasBytes, notes)),
  )
  notes.mark(missing)
  const remarks = notes.render()
  const parts = [`## ${title}`, about, text]
  if (remarks !== '') parts.push(`Not like for like, or missing:\n\n${remarks}`)
  return parts.join('\n\n')
}

/** Says what the numbers were measured on, and how. */
function renderConditions({ machine, versions, method, load, measuredAt }: Results): string {
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `Measured on ${measuredAt.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}, Node ${machine.node} (V8 ${machine.v8}); ${libraries.join(', ')}.

The machine is shared with others: its load was ${load.before} at the start and ${load.after} at the end. So go by the ratios, and not by the times. The contenders take turns, ${method.sliceMs} ms each, in ${method.roundsPerProcess} rounds in each of ${method.processes} processes. A ratio compares two contenders within a round; the tables show medians over all rounds. "Against Mayfly" above 1 means that Mayfly is faster. Every contender has to answer right, and to refuse what is wrong, before it is timed. One call is under way at a time. Bytes are those on the JavaScript heap, without what the caller's own \`await\` takes.`
}

function cellsOf(row: Row, hasBytes: boolean, notes: Notes): readonly string[] {
  const { role, name, library, unlike, againstFloor, againstMayfly, nanoseconds, bytes } = row
  const title = role === 'mayfly' ? `**${name}**` : name
  const own = library === 'by hand' || library === '@mayfly/core'
  const origin = role === 'floor' || own ? '' : `${library} `
  const cells = [
    `${origin}${title}${notes.mark(unlike)}`,
    ratio(againstFloor.median),
    ratio(againstMayfly.median),
    duration(nanoseconds.median),
  ]
  return hasBytes ? [...cells, bytes === undefined ? '' : String(bytes)] : cells
}
