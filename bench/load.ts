import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, installedVersions, loadNow } from './lib/machine.ts'
import { ratio, table } from './lib/markdown.ts'
import { startChild } from './load/child.ts'
import { commitsPerSecond } from './load/disk.ts'
import { type LoadCase, median, type Slice, slice } from './load/measure.ts'

// How many tokens a second one node of the service issues, with each on the disk before its answer.
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    // So many requests instead of seconds: it shows that all works, and measures nothing.
    requests: { type: 'string' },
    database: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const load = {
  connections: Number(values.connections),
  seconds: Number(values.seconds),
  ...(values.requests !== undefined && { amount: Number(values.requests) }),
}
const folder = mkdtempSync(join(tmpdir(), 'mayfly-load-'))
const database = values.database ?? join(folder, 'ledger.db')
const ledger = values.database === undefined ? 'SQLite, synced' : 'the database given'
const VOICEGAIN = '/security/jwt?aud=app.example.com'
const loadBefore = loadNow()
try {
  await using floor = await startChild('floor.ts', ['300'])
  await using kept = await startChild('service.ts', [database])
  await using memory = await startChild('service.ts', [':memory:'])
  let next = 0
  const phone = (): string => `/v1/token/1555${String(next++).padStart(8, '0')}`
  const order = { audience: 'orders', expiresIn: 300 }
  const cases: readonly LoadCase[] = [
    { name: 'HTTP alone: Node answers 300 bytes', server: floor, path: () => '/' },
    { name: `Telesign, HS256, ${ledger}`, server: kept, path: phone },
    { name: 'Telesign, HS256, in memory', server: memory, path: phone },
    { name: `Voicegain, ES256, ${ledger}`, server: kept, path: () => VOICEGAIN },
    { name: 'Voicegain, ES256, in memory', server: memory, path: () => VOICEGAIN },
    {
      name: `POST /tokens, ES256, ${ledger}`,
      server: kept,
      path: () => '/tokens',
      method: 'POST',
      json: order,
    },
  ]
  if (load.amount === undefined) {
    for (const each of cases) await slice(each, { ...load, seconds: 1 })
  }
  const slices = new Map<string, Slice[]>(cases.map(({ name }) => [name, []]))
  const commits: number[] = []
  // In turn, so that what else the machine does meets all of them.
  for (let round = 0; round < Number(values.rounds); round++) {
    commits.push(commitsPerSecond(join(folder, 'commits'), 500))
    for (const each of cases) slices.get(each.name)?.push(await slice(each, load))
  }
  const text = render(slices, median(commits))
  console.log(text)
  if (values.write) writeFileSync(join(import.meta.dirname, 'SERVICE.md'), text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function render(slices: ReadonlyMap<string, readonly Slice[]>, commits: number): string {
  const all = [...slices.values()]
  const floorOf = (round: number): number => all[0]?.[round]?.perSecond ?? Number.NaN
  const rows = [...slices].map(([name, own]) => [
    name,
    median(own.map(({ perSecond }) => perSecond)).toFixed(0),
    ratio(median(own.map(({ perSecond }, round) => perSecond / floorOf(round)))),
    `${median(own.map(({ p50Ms }) => p50Ms))} ms`,
    `${median(own.map(({ p99Ms }) => p99Ms))} ms`,
    ratio(median(own.map(({ perSecond }) => perSecond)) / commits),
  ])
  const machine = describeMachine()
  const { autocannon = '', express = '' } = installedVersions()
  return `# What one node of the service issues

\`pnpm load --write\` wrote this page.

Measured on ${new Date().toISOString().slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.os}, Node ${machine.node}, Express ${express}, autocannon ${autocannon} in a process of its own; ${load.connections} connections, medians of ${values.rounds} slices of ${load.seconds} s in turn. The machine's load was ${loadBefore} before.

${table(['', 'requests/s', 'of HTTP alone', 'p50', 'p99', 'of one sync each'], rows)}

The disk takes ${commits.toFixed(0)} synced writes of 4 KiB a second, one after the other. The ledger syncs before each answer, and does better than one sync each because all tokens that are made meanwhile go into the next.
`
}
