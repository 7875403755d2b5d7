import { table } from '../lib/markdown.ts'
import type { ChaosReport } from './chaos.ts'

/** What was measured, and where. */
export interface GrantResults {
  readonly machine: unknown
  readonly reports: readonly ChaosReport[]
}

/** Writes the page of the results. */
export function renderGrants({ reports }: GrantResults): string {
  const rows = reports.map((report) => {
    const { options, seconds, rotations, refreshRequests, reused, reconnects, burst } = report
    const lost = Object.entries(reconnects).map(([cause, count]) => `${cause} ${count}`)
    return [
      options.store,
      options.processes,
      options.grants,
      seconds,
      rotations,
      refreshRequests,
      Object.values(report.disasters).reduce((sum, count) => sum + count, 0),
      reused.nothingLost,
      reused.answerLost,
      reused.sentLate,
      lost.join(', ') || 'none',
      report.toldTwice,
      `${burst.answered} of ${burst.of}, ${burst.refreshes} refresh`,
      `${report.serving} of ${options.grants}`,
      report.crashed,
      report.tokensInStore,
    ].map(String)
  })
  const heads = [
    'store',
    'processes',
    'grants',
    'seconds',
    'rotations',
    'refresh requests',
    'disasters',
    'families lost, nothing lost',
    'families lost, answer lost',
    'families lost, sent late',
    'reconnect-needed',
    'told twice',
    'calls on an ended token',
    'serving in the end',
    'crashed',
    'tokens in the store',
  ]
  return [
    '# Refresh tokens in chaos',
    '',
    '`pnpm chaos --write` wrote this page from [`results/grants.json`](results/grants.json).',
    '',
    'Real processes refresh grants at an authorization server that ends a family at the first refresh',
    'token that comes twice; their clocks are ten minutes apart. Meanwhile processes are killed, at',
    'random and exactly between answer and write, and frozen for longer than a lease; the store is',
    'frozen and restarted. A family counts as lost with an answer where the process that had the answer',
    'died, or stood still until others took it for dead; as sent late where a process was frozen between',
    'its last look at the clock and the packet leaving, which nothing can close.',
    '',
    table(heads, rows),
    '',
    ...reports.map(({ options, disasters, calls }) => {
      return `- ${options.store}, seed ${options.seed}: ${counted(disasters)}. Calls, by status or code: ${counted(calls)}.`
    }),
    '',
  ].join('\n')
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${what}: ${count}`)
    .join('; ')
}
