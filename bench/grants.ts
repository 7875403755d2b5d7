import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runChaos } from './grants/chaos.ts'
import { type GrantResults, renderGrants } from './grants/page.ts'
import { describeMachine } from './lib/machine.ts'

// What becomes of refresh tokens while processes and their store die, freeze and come back.
const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '8' },
    grants: { type: 'string', default: '100' },
    rotations: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', multiple: true, default: ['redis', 'postgres'] },
    write: { type: 'boolean', default: false },
  },
})

const reports = []
for (const store of values.store) {
  reports.push(
    await runChaos({
      store: store === 'postgres' ? 'postgres' : 'redis',
      processes: Number(values.processes),
      grants: Number(values.grants),
      rotations: Number(values.rotations),
      seed: Number(values.seed),
      everyMs: 700,
      leaseMs: 3000,
    }),
  )
}
const results: GrantResults = { machine: describeMachine(), reports }
const page = renderGrants(results)
console.log(page)
if (values.write) {
  writeFileSync(
    join(import.meta.dirname, 'results', 'grants.json'),
    `${JSON.stringify(results, undefined, 2)}\n`,
  )
  writeFileSync(join(import.meta.dirname, 'GRANTS.md'), page)
}
if (reports.some(({ reused, toldTwice }) => reused.nothingLost + toldTwice > 0))
  process.exitCode = 1
