import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Effort, ratios, spread, startScenario, takeTurns } from './cpu/measure.ts'
import { scenarioNames } from './cpu/names.ts'
import { table } from './lib/markdown.ts'
import { checkOut, here } from './tree/revision.ts'

// `pnpm bench compare REVISION`: that revision's packages and those of this tree do the same work, in turn.
const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [wanted] = positionals
if (wanted === undefined) {
  console.error('Name a revision to compare this tree with: pnpm bench compare main')
  process.exit(2)
}
const effort: Effort = values.quick ? { rounds: 2, sliceMs: 20 } : { rounds: 11, sliceMs: 250 }
using revision = checkOut(wanted)
const rows: string[][] = []
for (const name of values.only?.split(',') ?? scenarioNames) {
  try {
    rows.push(...(await compare(name)))
  } catch (error) {
    rows.push([
      `${name}: ${error instanceof Error ? error.message : String(error)}`,
      '',
      '',
      '',
      '',
      '',
      '',
    ])
  }
}
console.log(
  `${revision.commit} and this tree, ${effort.rounds} rounds each, in turn. Microseconds for each operation, medians; a ratio below 1: this tree takes less.`,
)
console.log(
  table(
    ['', 'CPU before', 'CPU now', 'ratio (quartiles)', 'wall before', 'wall now', 'ratio'],
    rows,
  ),
)

async function compare(name: string): Promise<string[][]> {
  await using before = await startScenario(name, join(revision.root, 'bench'))
  await using now = await startScenario(name, join(here, 'bench'))
  const ids = Object.keys(now.offer).filter((id) => id in before.offer)
  const timed = await takeTurns(
    Object.fromEntries(
      ids.flatMap((id) => [
        [`${id}, before`, (count: number) => before.slice(id, count)],
        [`${id}, now`, (count: number) => now.slice(id, count)],
      ]),
    ),
    effort,
  )
  return ids.map((id) => {
    const was = timed[`${id}, before`]
    const is = timed[`${id}, now`]
    if (was === undefined || is === undefined) throw new Error(`${id} was not measured.`)
    const cpu = spread(ratios(is.cpu, was.cpu))
    return [
      `${name}: ${id}`,
      micros(was.cpu),
      micros(is.cpu),
      `${cpu.median.toFixed(3)} (${cpu.low.toFixed(3)}–${cpu.high.toFixed(3)})`,
      micros(was.wall),
      micros(is.wall),
      spread(ratios(is.wall, was.wall)).median.toFixed(3),
    ]
  })
}

function micros(all: readonly number[]): string {
  return Number(spread(all).median.toPrecision(3)).toString()
}
