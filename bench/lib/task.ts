import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { AllocationOptions, BytesPerCall } from './allocation.ts'
import type { GroupFacts } from './facts.ts'
import type { RoundTimes, TimingOptions } from './timing.ts'

/** What a worker process is to do. */
export interface Task {
  readonly groups: readonly string[]
  readonly timing?: Omit<TimingOptions, 'batch'>
  /** Is skipped for groups that do not ask for it. */
  readonly allocation?: AllocationOptions
}

/** What a worker found out about one group. */
export interface Report {
  readonly facts: GroupFacts
  readonly times?: RoundTimes
  readonly bytes?: BytesPerCall
}

/** Runs a task in a process of its own. */
export function runTask(task: Task): Promise<readonly Report[]> {
  const reports: Report[] = []
  return new Promise((resolve, reject) => {
    const worker = fork(join(import.meta.dirname, '..', 'worker.ts'), [JSON.stringify(task)], {
      execArgv: ['--conditions=source', '--expose-gc', ...heapFlags(task)],
    })
    worker.on('message', (report) => reports.push(report as Report))
    worker.once('error', reject)
    worker.once('exit', (code) => {
      if (code === 0 && reports.length === task.groups.length) resolve(reports)
      else reject(new Error(`Measuring ${task.groups.join(', ')} failed; see above.`))
    })
  })
}

/** So large a young generation that no collection falls into a sample of the allocation. */
function heapFlags({ allocation }: Task): readonly string[] {
  if (allocation === undefined) return []
  return ['--min-semi-space-size=64', '--max-semi-space-size=64']
}
