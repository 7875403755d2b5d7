import { ratio, table } from './markdown.ts'
import { Notes } from './notes.ts'
import type { GroupResult, Results, Row } from './results.ts'

/** Writes results as one table of ratios, a line for each group, with what is not like for like. */
export function renderSummary({ groups, machine, measuredAt, command, load }: Results): string {
  const notes = new Notes()
  return [
    table(
      ['', 'Mayfly against the floor', 'others against Mayfly', 'bytes per call'],
      groups.map((group) => cellsOf(group, notes)),
      4,
    ),
    `The floor is the least that the job can cost: for what is in memory, an \`async\` function that compares two numbers and returns; for signatures, Node's own synchronous check or signature alone. Under "others", above 1 means that Mayfly is faster. Bytes are Mayfly's, then the floor's. Not like for like:`,
    notes.render(),
    `Medians of ratios within rounds in which the contenders take turns, measured on ${measuredAt.slice(0, 10)} on a shared machine (${machine.cpu}, ${machine.cores} cores, load ${load[0]} to ${load[1]}) with Node ${machine.node}. [All numbers, versions and the method](bench/RESULTS.md); \`${command}\` makes them anew.`,
  ].join('\n\n')
}

function cellsOf({ title, rows }: GroupResult, notes: Notes): readonly string[] {
  const floor = only(rows, 'floor')
  const mayfly = only(rows, 'mayfly')
  // Other ways to use Mayfly are for the page of all results.
  const peers = rows.filter(({ role, library }) => role === 'other' && library !== '@mayfly/core')
  const others = peers.map((row) => other(row, notes))
  const bytes =
    mayfly.bytes === undefined || floor.bytes === undefined ? '' : `${mayfly.bytes}, ${floor.bytes}`
  return [title, `**${ratio(mayfly.againstFloor.median)}**`, others.join('<br>'), bytes]
}

function other({ name, library, unlike, againstMayfly }: Row, notes: Notes): string {
  const origin = library === 'by hand' ? '' : `${library} `
  return `${ratio(againstMayfly.median)} ${origin}${name}${notes.mark(unlike)}`
}

function only(rows: readonly Row[], role: Row['role']): Row {
  const found = rows.find((row) => row.role === role)
  if (found === undefined) throw new Error(`These results have no ${role}.`)
  return found
}
