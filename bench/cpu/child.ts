import { scenarioNames } from './names.ts'
import type { Ask, Contender, Offer, Scenario, Slice } from './scenario.ts'
import { scenarios } from './scenarios.ts'

// A process of its own for one scenario, so that its processor time is that of what is measured alone.
const name = scenarioNames.find((one) => one === process.argv[2])
if (name === undefined) throw new Error(`There is no scenario "${process.argv[2]}".`)
const scenario = await scenarios[name]()

process.on('message', (ask: Ask) => {
  answer(ask, scenario).then(
    (slice) => process.send?.(slice),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => {
  scenario.close?.()
  process.exit()
})
process.send?.(offered(scenario))

function offered({ contenders }: Scenario): Offer {
  return Object.fromEntries(
    Object.entries(contenders).map(([id, one]) => [id, 'call' in one ? { isCall: true } : one]),
  )
}

async function answer(ask: Ask, { contenders }: Scenario): Promise<Slice> {
  // Asked for the time alone, it tells all that the process has used since it began.
  if ('cpu' in ask) return { operations: 0, cpuMicros: total(process.cpuUsage()), wallMicros: 0 }
  const contender = contenders[ask.run]
  if (contender === undefined || !('call' in contender)) throw new Error(`Cannot call ${ask.run}.`)
  const { inFlight = 1 } = contender
  const turns = Math.ceil(ask.operations / inFlight)
  const started = process.cpuUsage()
  const startMs = performance.now()
  if (inFlight === 1) for (let turn = 0; turn < turns; turn++) await contender.call()
  else for (let turn = 0; turn < turns; turn++) await together(contender, inFlight)
  return {
    operations: turns * inFlight,
    cpuMicros: total(process.cpuUsage(started)),
    wallMicros: (performance.now() - startMs) * 1000,
  }
}

function together(
  { call }: Extract<Contender, { call: unknown }>,
  count: number,
): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => call()))
}

function total({ user, system }: NodeJS.CpuUsage): number {
  return user + system
}
