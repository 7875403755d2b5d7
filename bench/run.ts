import { parseArgs } from 'node:util'
import { groups } from './groups.ts'
import { writeDocuments } from './lib/documents.ts'
import { describeMachine, installedVersions, loadNow } from './lib/machine.ts'
import { renderGroup } from './lib/page.ts'
import { kept } from './lib/paths.ts'
import { type GroupResult, type Results, summarise, writeResults } from './lib/results.ts'
import { runTask } from './lib/task.ts'

const PROCESSES = 3
const TIMING = { rounds: 7, sliceMs: 60, collect: true }
const ALLOCATION = { warmUpCalls: 20_000, samples: 15, bytesPerSample: 8 * 1024 * 1024 }

// Shows that everything works; its numbers mean nothing.
const QUICK_TIMING = { rounds: 1, sliceMs: 1, collect: false }
const QUICK_ALLOCATION = { warmUpCalls: 100, samples: 1, bytesPerSample: 64 * 1024 }

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
  },
})
const { quick } = values
const chosen = values.only === undefined ? Object.keys(groups) : values.only.split(',')
const machine = describeMachine()
const versions = installedVersions()
console.log(machine)
console.log(versions)

const loadBefore = loadNow()
const measured = quick ? await quickly(chosen) : await thoroughly(chosen)
const results: Results = {
  format: 1,
  command: 'pnpm bench',
  quick,
  measuredAt: new Date().toISOString(),
  machine,
  load: { before: loadBefore, after: loadNow() },
  versions,
  method: {
    processes: quick ? 1 : PROCESSES,
    roundsPerProcess: (quick ? QUICK_TIMING : TIMING).rounds,
    sliceMs: (quick ? QUICK_TIMING : TIMING).sliceMs,
  },
  groups: measured,
}

// Only a whole run replaces the results that are kept, and what the documents show of them.
const isPart = quick || values.only !== undefined
const path = values.out ?? (isPart ? undefined : kept.results)
if (path !== undefined) writeResults(path, results)
console.log(path === undefined ? '\nNothing was written: give --out.' : `\nWrote ${path}.`)
if (path === kept.results)
  for (const changed of writeDocuments(kept)) console.log(`Wrote ${changed}.`)

async function quickly(ids: readonly string[]): Promise<readonly GroupResult[]> {
  const reports = await runTask({
    groups: ids,
    timing: QUICK_TIMING,
    allocation: QUICK_ALLOCATION,
  })
  return reports.map(({ facts, times = {}, bytes }) => summarise(facts, [times], bytes))
}

async function thoroughly(ids: readonly string[]): Promise<readonly GroupResult[]> {
  const found: GroupResult[] = []
  for (const id of ids) {
    const [first] = await runTask({ groups: [id], allocation: ALLOCATION })
    if (first === undefined) throw new Error(`Nothing is known about ${id}.`)
    const runs = []
    for (let run = 0; run < PROCESSES; run++) {
      const [report] = await runTask({ groups: [id], timing: TIMING })
      runs.push(report?.times ?? {})
    }
    const result = summarise(first.facts, runs, first.bytes)
    console.log(`\n${renderGroup(result)}`)
    found.push(result)
  }
  return found
}
