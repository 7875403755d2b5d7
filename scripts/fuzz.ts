import { parseArgs } from 'node:util'
import { runTarget, timeTarget } from './fuzz/runs.ts'
import { TARGETS } from './fuzz/targets.ts'

/** No input of these sizes may take longer than {@link MAX_MS}. Some parsers stop reading at the last. */
const SIZES = [16_384, 60_000, 65_536]
const MAX_MS = 8
const BATCH = 1000

const { values } = parseArgs({
  // pnpm hands its own "--" on.
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const first =
  values.seed === undefined ? Math.trunc(performance.timeOrigin) & 0x7fff_ffff : Number(values.seed)
const targets = TARGETS.filter(({ name }) => values.only === undefined || name === values.only)

if (!(minutes > 0) || !Number.isInteger(first) || targets.length === 0) {
  console.error(
    `usage: pnpm fuzz [-- --minutes 5] [--seed N] [--only "${TARGETS.map(({ name }) => name).join('" | "')}"]`,
  )
  process.exit(2)
}

console.log(`seed ${first}, ${minutes} min for ${targets.length} targets, Node ${process.version}`)
let faults = 0
for (const target of targets) {
  const start = performance.now()
  const end = start + (minutes * 60_000) / targets.length
  let runs = 0
  let seed = first
  let fault: string | undefined
  while (fault === undefined && performance.now() < end) {
    const report = await runTarget(target, { seed: seed++, runs: BATCH })
    runs += report.runs
    fault = report.fault
  }
  const rate = Math.round(runs / ((performance.now() - start) / 1000))
  const [worst] = await timeTarget(target, SIZES)
  if (worst === undefined) throw new Error(`${target.name} has no large inputs`)
  const slow = worst.ms > MAX_MS
  if (slow || fault !== undefined) faults++
  console.log(
    `${target.name.padEnd(14)} ${String(runs).padStart(8)} runs ${String(rate).padStart(7)}/s   64 kB: ${worst.ms.toFixed(2)} ms (${worst.name})${slow ? '  TOO LONG' : ''}`,
  )
  if (fault !== undefined) console.error(`\n${fault}\n`)
}
console.log(faults === 0 ? 'no findings' : `${faults} targets with findings`)
process.exitCode = faults === 0 ? 0 : 1
