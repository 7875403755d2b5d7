import { parseArgs } from 'node:util'
import { type Effort, ratios, spread, startScenario, takeTurns, type Timed } from './cpu/measure.ts'
import { type ScenarioName, scenarioNames } from './cpu/names.ts'
import { table } from './lib/markdown.ts'
import { loadNow } from './lib/machine.ts'
import { keepResults } from './lib/results.ts'

// `pnpm bench cpu`: processor time of the whole process for each operation, contenders in turn.
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '11' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const effort: Effort = values.quick
  ? { rounds: 2, sliceMs: 20 }
  : { rounds: Number(values.rounds), sliceMs: 150 }
const runs = values.quick ? 1 : Number(values.runs)
const wanted = values.only?.split(',') ?? scenarioNames
const unknown = wanted.find((name) => !scenarioNames.includes(name as ScenarioName))
if (unknown !== undefined) throw new Error(`There is no "${unknown}": ${scenarioNames.join(', ')}.`)

console.log(
  `Node ${process.version}, load ${loadNow()}. Each row by the first of its scenario: median of the ratios within ${effort.rounds} rounds, ${runs} processes; microseconds of processor time, of the last.`,
)
const kept: Record<string, readonly Line[]> = {}
const load = loadNow()
for (const name of wanted) {
  kept[name] = await measured(name)
  console.log(`\n## ${name}\n\n${shown(kept[name])}`)
}
if (values.keep) {
  const method = { ...effort, processes: runs }
  keepResults('cpu', { command: 'pnpm bench cpu', load, method, scenarios: kept })
}

/** What was measured of one contender: its microseconds, and the first one's by them. */
interface Line {
  readonly id: string
  readonly cpuMicros: number
  readonly wallMicros: number
  readonly share: number
  readonly runs: readonly number[]
  readonly wallShare: number
  /** The same of the slice of each that was disturbed the least. */
  readonly least: number
}

async function measured(name: string): Promise<readonly Line[]> {
  const found: Readonly<Record<string, Timed>>[] = []
  for (let run = 0; run < runs; run++) {
    await using scenario = await startScenario(name)
    const slices = Object.keys(scenario.offer).map(
      (id) => [id, (count: number) => scenario.slice(id, count)] as const,
    )
    found.push(await takeTurns(Object.fromEntries(slices), effort))
  }
  const ids = Object.keys(found[0] ?? {})
  const [base = ''] = ids
  return ids.map((id) => {
    const each = found.map((timed) => share(timed, { base, id }, 'cpu'))
    return {
      id,
      cpuMicros: middle(found.flatMap((timed) => timed[id]?.cpu ?? [])),
      wallMicros: middle(found.flatMap((timed) => timed[id]?.wall ?? [])),
      share: middle(each),
      runs: each,
      least: least(found, base) / least(found, id),
      wallShare: middle(found.map((timed) => share(timed, { base, id }, 'wall'))),
    }
  })
}

function middle(all: readonly number[]): number {
  return spread(all).median
}

function least(found: readonly Readonly<Record<string, Timed>>[], id: string): number {
  return Math.min(...found.flatMap((timed) => timed[id]?.cpu ?? []))
}

function shown(lines: readonly Line[]): string {
  return table(
    ['', 'CPU µs', 'first ÷ this, CPU', 'each run', 'least', 'wall µs', 'first ÷ this, wall'],
    lines.map(({ id, ...line }) => [
      id,
      line.cpuMicros.toPrecision(3),
      line.share.toFixed(3),
      line.runs.map((one) => one.toFixed(3)).join(' '),
      line.least.toFixed(3),
      line.wallMicros.toPrecision(3),
      line.wallShare.toFixed(3),
    ]),
  )
}

function share(
  timed: Readonly<Record<string, Timed>>,
  { base, id }: { readonly base: string; readonly id: string },
  by: keyof Timed,
): number {
  return spread(ratios(timed[base]?.[by] ?? [], timed[id]?.[by] ?? [])).median
}
