import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  ALGORITHMS,
  type Keys,
  libraries,
  makeKeys,
  ROWS,
  type TableAlgorithm,
} from './jwt/libraries.ts'
import { type Effort, spread, takeTurns } from './cpu/measure.ts'
import { loadNow } from './lib/machine.ts'
import { duration, table } from './lib/markdown.ts'
import { keepResults } from './lib/results.ts'

// `pnpm bench table`: the table of the python-jwt project, row for row, in processor time per operation.
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const effort: Effort = values.quick ? { rounds: 1, sliceMs: 2 } : { rounds: 5, sliceMs: 60 }
const chosen = ALGORITHMS.filter((one) => values.only?.split(',').includes(one) ?? true)
if (chosen.length === 0) throw new Error(`--only takes some of ${ALGORITHMS.join(',')}.`)

const load = loadNow()
type Micros = Readonly<Record<string, number | undefined>>
const found: Record<string, Record<TableAlgorithm, Micros>> = {}
for (const algorithm of chosen) {
  const keys = makeKeys(algorithm)
  const own = await libraries(algorithm, keys)
  const python = inPython(algorithm, keys)
  for (const row of ROWS) {
    const calls = Object.entries(own).flatMap(([name, rows]) => {
      const call = rows[row]
      return call === undefined ? [] : [[name, slices(call)] as const]
    })
    const timed = await takeTurns(Object.fromEntries(calls), effort)
    const micros: Record<string, number | undefined> = {}
    for (const [name, { cpu }] of Object.entries(timed)) micros[name] = spread(cpu).median
    for (const [name, rows] of Object.entries(python)) micros[name] = rows[row]
    found[row] = { ...(found[row] as Record<TableAlgorithm, Micros>), [algorithm]: micros }
  }
}

const names = [
  ...new Set(
    Object.values(found).flatMap((row) => Object.values(row).flatMap((one) => Object.keys(one))),
  ),
]
console.log(
  `Processor time of the whole process for each operation, medians of ${effort.rounds} slices in turn. ${process.version}, load ${loadNow()}; RSA keys of 2048 bits. "–": the library has no such call.`,
)
for (const row of ROWS) {
  const lines = chosen.map((algorithm) =>
    [algorithm as string].concat(names.map((name) => cell(found[row]?.[algorithm]?.[name]))),
  )
  console.log(`\n## ${row}\n\n${table(['', ...names], lines)}`)
}
if (values.keep) {
  keepResults('jwt', { command: 'pnpm bench table', load, unit: 'CPU microseconds', rows: found })
}

function cell(micros: number | undefined): string {
  return micros === undefined ? '–' : duration(micros * 1000)
}

function slices(call: () => unknown): Parameters<typeof takeTurns>[0][string] {
  return async (operations) => {
    const started = process.cpuUsage()
    const startMs = performance.now()
    for (let done = 0; done < operations; done++) await call()
    const { user, system } = process.cpuUsage(started)
    return {
      operations,
      cpuMicros: user + system,
      wallMicros: (performance.now() - startMs) * 1000,
    }
  }
}

/** What the libraries of Python take, where there are any. */
function inPython(
  algorithm: TableAlgorithm,
  { secret, ...pems }: Keys,
): Readonly<Record<string, Micros>> {
  const input = JSON.stringify({
    algorithm,
    seconds: values.quick ? 0.002 : 0.2,
    secret: secret.toString('hex'),
    ...pems,
  })
  const script = join(import.meta.dirname, 'jwt/python.py')
  const { status, stdout } = spawnSync(values.python, [script], { input, encoding: 'utf8' })
  return status === 0 ? (JSON.parse(stdout) as Readonly<Record<string, Micros>>) : {}
}
