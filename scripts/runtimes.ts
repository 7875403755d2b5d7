import { browser, EDGE, PROGRAMS, type Runtime } from './runtimes/drivers.ts'

/** Runs the suite on every runtime, or on those whose names begin as said, and prints what came of it. */
const found = browser()
if (found === undefined && process.env['CI'] === 'true') throw new Error('There is no Chromium.')
const all: readonly Runtime[] = [...PROGRAMS, EDGE, ...(found === undefined ? [] : [found])]
const [, , only = ''] = process.argv
const runtimes = all.filter(({ name, version }) =>
  `${name} ${version}`.toLowerCase().startsWith(only.toLowerCase()),
)
if (runtimes.length === 0) throw new Error(`There is no runtime "${only}".`)

for (const { name, version, run } of runtimes) {
  const outcomes = await run()
  const faults = outcomes.filter(({ fault }) => fault !== undefined)
  const isGood = faults.length === 0 && outcomes.length >= 25
  console.log(
    `${isGood ? 'ok  ' : 'FAIL'} ${name} ${version}: ${outcomes.length - faults.length} of ${outcomes.length}`,
  )
  for (const { name: title, fault } of faults) console.log(`     ${title}: ${fault}`)
  if (!isGood) process.exitCode = 1
}
