import { groups } from './groups.ts'
import { measureAllocation } from './lib/allocation.ts'
import { checkContender, contendersOf, type Group } from './lib/contender.ts'
import { factsOf } from './lib/facts.ts'
import type { Report, Task } from './lib/task.ts'
import { timeInRounds } from './lib/timing.ts'

// A process of its own, so that no group runs on code that another one has warmed up in its own way.
// Its task is its first argument, and it sends a message for each group.
const task = JSON.parse(process.argv[2] ?? '{}') as Task
for (const id of task.groups) {
  const makeGroup = groups[id]
  if (makeGroup === undefined) {
    throw new Error(`There is no group "${id}". There are: ${Object.keys(groups).join(', ')}.`)
  }
  const report = await measureGroup(await makeGroup())
  process.send?.(report)
}
process.disconnect?.()

async function measureGroup(group: Group): Promise<Report> {
  const contenders = contendersOf(group)
  for (const contender of contenders) await checkContender(contender)
  const times =
    task.timing && (await timeInRounds(contenders, { ...task.timing, batch: group.batch ?? 1024 }))
  const bytes =
    task.allocation && group.allocation === true
      ? await measureAllocation(contenders, task.allocation)
      : undefined
  // Whoever was right before may have been warmed up into being wrong.
  for (const contender of contenders) await checkContender(contender)
  return { facts: factsOf(group), ...(times && { times }), ...(bytes && { bytes }) }
}
