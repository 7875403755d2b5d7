import { ratio, table } from './markdown.ts'
import { Notes } from './notes.ts'
import type { GroupResult, Results, Row } from './results.ts'

/** Writes results as one table of ratios, a line for each group, with what is not like for like. */
export function renderSummary({ groups, machine, measuredAt, command, load }: Results): string {
  const notes = new Notes()
  const peers = [...new Set(groups.flatMap(({ rows }) => rows.filter(isPeer).map(libraryOf)))]
  const text = table(
    ['', 'Mayfly / floor', ...peers.map((peer) => `${peer} / Mayfly`), 'bytes'],
    groups.map((group) => cellsOf(group, peers, notes)),
  )
  return [
    text,
    `The first column is Mayfly's time against the least that the job can cost: for what is in memory, an \`async\` function that compares two numbers and returns; for signatures, Node's own call, and nothing else. The next ones are the time of each library's quickest way against Mayfly's: above 1, Mayfly is faster. Bytes are what one call leaves on the heap, Mayfly's and then the floor's.`,
    `Not like for like:\n\n${notes.render()}`,
    `Medians of ratios within rounds in which the contenders take turns, measured on ${measuredAt.slice(0, 10)} on a shared machine (${machine.cpu}, ${machine.cores} cores, load ${load.before} to ${load.after}) with Node ${machine.node}. [All numbers, versions and the method](bench/RESULTS.md); \`${command}\` makes them anew.`,
  ].join('\n\n')
}

function cellsOf({ title, rows }: GroupResult, peers: readonly string[], notes: Notes): string[] {
  const floor = only(rows, 'floor')
  const mayfly = only(rows, 'mayfly')
  const others = peers.map((peer) => {
    const quickest = rows
      .filter((row) => isPeer(row) && libraryOf(row) === peer)
      .toSorted((a, b) => a.againstMayfly.median - b.againstMayfly.median)[0]
    if (quickest === undefined) return ''
    return `${ratio(quickest.againstMayfly.median)}${notes.mark(quickest.unlike)}`
  })
  const hasBytes = mayfly.bytes !== undefined && floor.bytes !== undefined
  const bytes = hasBytes ? `${mayfly.bytes}, ${floor.bytes}` : ''
  return [title, `**${ratio(mayfly.againstFloor.median)}**`, ...others, bytes]
}

/** Other ways to use Mayfly are for the page of all results. */
function isPeer({ role, library }: Row): boolean {
  return role === 'other' && library !== '@mayfly/core'
}

function libraryOf({ library }: Row): string {
  return library
}

function only(rows: readonly Row[], role: Row['role']): Row {
  const found = rows.find((row) => row.role === role)
  if (found === undefined) throw new Error(`These results have no ${role}.`)
  return found
}
