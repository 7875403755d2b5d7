import { Session } from 'node:inspector/promises'
import type { Target } from './target.ts'

/** How much work the large inputs of a target are, all together. */
export interface Work {
  readonly name: string
  readonly small: number
  readonly large: number
}

export const SMALL = 1000
export const LARGE = 60_000

/**
 * Counts how often blocks of the core's code are run for the large inputs: a measure of time that is the
 * same on every machine. What happens inside of the engine, a regular expression for one, counts for
 * nothing; `pnpm fuzz` measures that. It counts rightly in a process of its own alone, since code that
 * has been run before is not counted in full.
 */
if (import.meta.main) {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const { TARGETS } = await import('./targets.ts')
  const { SQUARE } = await import('./square.ts')
  const counts: Work[] = []
  for (const target of [...TARGETS, SQUARE]) {
    // Once before, so that what is done only once is not counted.
    await run(target, SMALL)
    await count(session)
    await run(target, SMALL)
    const small = await count(session)
    await run(target, LARGE)
    counts.push({ name: target.name, small, large: await count(session) })
  }
  session.disconnect()
  console.log(JSON.stringify(counts))
}

async function run({ large, check }: Target, size: number): Promise<void> {
  for (const { make } of large) await check(make(size))
}

async function count(session: Session): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const ours = result.filter(({ url }) => /packages\/core\/src\/|fuzz\/square\.ts/.test(url))
  const blocks = ours.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
  return blocks.reduce((sum, block) => sum + block.count, 0)
}
