import type { Machine } from '../lib/machine.ts'
import { table } from '../lib/markdown.ts'
import { median } from '../load/measure.ts'
import type { Kept } from './measure.ts'
import { KINDS } from './tokens.ts'

/** What good traffic got while all was calm, and right after with a flood beside it. */
export interface Pair {
  readonly calm: Kept
  readonly flooded: Kept
}

/** One whole run, as it is kept in `results/`. */
export interface FloodResults {
  readonly measuredAt: string
  readonly machine: Machine
  readonly load: { readonly before: number; readonly after: number }
  readonly versions: Readonly<Record<string, string>>
  readonly seconds: number
  readonly rounds: number
  /** Forged tokens a second. */
  readonly perSecond: number
  /** Of each contender, for each kind of flood, what each round came to. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, readonly Pair[]>>>>
}

/** Writes results as a page. */
export function renderFlood(results: FloodResults): string {
  const { machine, versions, load, seconds, rounds, perSecond, rows, measuredAt } = results
  const libraries = ['express', 'express-jwt', 'express-oauth2-jwt-bearer', 'autocannon']
    .map((name) => `${name} ${versions[name]}`)
    .join(', ')
  const kinds = Object.entries(KINDS).map(([kind, what]) => `- **${kind}**: ${what}.`)
  const sections = [renderCalm(rows), ...Object.keys(KINDS).map((kind) => renderKind(kind, rows))]
  return `# What a flood of forged tokens leaves

\`pnpm flood --write\` wrote this page from [\`results/flood.json\`](results/flood.json).

Ten connections ask an Express server for as much as it gives, with 200 good ES256 tokens in turn.
Meanwhile somebody sends ${perSecond} forged tokens a second to the same server:

${kinds.join('\n')}

Measured on ${measuredAt.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.os}, Node ${machine.node}; ${libraries}. The server, the attacker and the good traffic are processes of their own; medians of ${rounds} slices of ${seconds} s, each right after a calm one, the contenders in turn. The machine is shared with others: its load was ${load.before} at the start and ${load.after} at the end. So go by the ratios, which compare slices of one moment.

Not like for like: Mayfly and express-oauth2-jwt-bearer fetch their keys from a JWKS server, express-jwt has them from the start, and looks a key id up in a map.

${sections.join('\n\n')}
`
}

const titleOf = (name: string): string => (name === 'mayfly' ? '**Mayfly `bearerAuth`**' : name)

function renderCalm(rows: FloodResults['rows']): string {
  const calm = (name: string): readonly Kept[] =>
    Object.values(rows[name] ?? {}).flatMap((pairs) => pairs.map((pair) => pair.calm))
  const body = Object.keys(rows).map((name) =>
    [titleOf(name)].concat(plain(calm(name), calm('mayfly'))),
  )
  return `## No flood\n\n${table(['', 'requests/s', 'p99', 'against Mayfly'], body)}`
}

function renderKind(kind: string, rows: FloodResults['rows']): string {
  const flooded = (name: string): readonly Kept[] =>
    (rows[name]?.[kind] ?? []).map((pair) => pair.flooded)
  const body = Object.entries(rows).map(([name, kinds]) => {
    const pairs = kinds[kind] ?? []
    const kept = median(pairs.map((one) => one.flooded.perSecond / one.calm.perSecond))
    const grows = median(pairs.map((one) => one.flooded.p99Ms / Math.max(1, one.calm.p99Ms)))
    const flood = median(pairs.map((one) => one.flooded.flood?.perSecond ?? Number.NaN))
    const share = `${(kept * 100).toFixed(0)} %`
    const facts = plain(flooded(name), flooded('mayfly'))
    return [titleOf(name), share, `${grows.toFixed(2)}×`].concat(facts, flood.toFixed(0))
  })
  const head = ['', 'kept', 'p99 grows', 'requests/s', 'p99', 'against Mayfly', 'flood/s']
  return `## ${kind}\n\n${table(head, body)}`
}

function plain(own: readonly Kept[], mayfly: readonly Kept[]): readonly string[] {
  const against = own.map((one, at) => one.perSecond / (mayfly[at]?.perSecond ?? Number.NaN))
  return [
    median(own.map(({ perSecond }) => perSecond)).toFixed(0),
    `${median(own.map(({ p99Ms }) => p99Ms))} ms`,
    `${median(against).toFixed(2)}×`,
  ]
}
