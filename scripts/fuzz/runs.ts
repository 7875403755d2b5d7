import fc from 'fast-check'
import type { Target } from './target.ts'

/** What came of a number of runs of one target. */
export interface RunReport {
  readonly runs: number
  /** The smallest input that shows a fault, and how to get it again; `undefined`: none was found. */
  readonly fault: string | undefined
}

/** Runs a target on so many inputs. A seed gives the same inputs each time. */
export async function runTarget(
  { inputs, check }: Target,
  options: { readonly seed: number; readonly runs: number },
): Promise<RunReport> {
  const property = fc.asyncProperty(inputs, async (input) => {
    await check(input)
  })
  const { seed, runs: numRuns } = options
  const report = await fc.check(property, { seed, numRuns })
  if (!report.failed) return { runs: report.numRuns, fault: undefined }
  const { counterexample, errorInstance, counterexamplePath } = report
  const shown = fc.stringify(counterexample?.[0]).slice(0, 4000)
  return {
    runs: report.numRuns,
    fault: `${String(errorInstance)}\n  input: ${shown}\n  seed ${seed}, path ${counterexamplePath}`,
  }
}

/** How long one large input took. */
export interface Timing {
  readonly name: string
  readonly ms: number
}

/**
 * Measures the large inputs of a target: the shortest of several tries each, since whatever else the
 * machine does can only make one longer.
 */
export async function timeTarget(
  { large, check }: Target,
  sizes: readonly number[],
): Promise<readonly Timing[]> {
  const timings: Timing[] = []
  for (const { name, make } of large) {
    for (const size of sizes) {
      const input = make(size)
      timings.push({ name, ms: await shortest(() => check(input)) })
    }
  }
  return timings.toSorted((a, b) => b.ms - a.ms)
}

const TRIES = 15

async function shortest(run: () => void | Promise<void>): Promise<number> {
  let best = Infinity
  for (let tries = 0; tries < TRIES; tries++) {
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}
