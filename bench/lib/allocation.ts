import type { Contender } from './contender.ts'

/** Bytes on the JavaScript heap per call, by the contender's id. */
export type BytesPerCall = Readonly<Record<string, number>>

/** How much is measured. */
export interface AllocationOptions {
  readonly warmUpCalls: number
  readonly samples: number
  /**
   * About how much one sample is to allocate. Well below the young generation that the worker is
   * started with: no collection may fall into a sample.
   */
  readonly bytesPerSample: number
}

const PROBE_CALLS = 200

/**
 * Measures what a call leaves on the heap. What the caller's own `await` takes is measured with a
 * promise that is there already, and taken off.
 */
export async function measureAllocation(
  contenders: readonly Contender[],
  options: AllocationOptions,
): Promise<BytesPerCall> {
  const collect = globalThis.gc
  if (collect === undefined) throw new Error('Start this with --expose-gc.')
  const there = Promise.resolve()
  const awaiting = await bytesPerCall(() => there, collect, options)
  const found: Record<string, number> = {}
  for (const { id, run } of contenders) {
    const isAsync = run() instanceof Promise
    const bytes = await bytesPerCall(run, collect, options)
    found[id] = Math.max(0, Math.round(isAsync ? bytes - awaiting : bytes))
  }
  return found
}

async function bytesPerCall(
  run: () => unknown,
  collect: NodeJS.GCFunction,
  { warmUpCalls, samples, bytesPerSample }: AllocationOptions,
): Promise<number> {
  const loop = run() instanceof Promise ? awaited : called
  await loop(run, warmUpCalls)
  const probe = await sample(() => loop(run, PROBE_CALLS), collect)
  const calls = Math.max(100, Math.floor(bytesPerSample / Math.max(probe / PROBE_CALLS, 64)))
  const found: number[] = []
  for (let index = 0; index < samples; index++) {
    found.push((await sample(() => loop(run, calls), collect)) / calls)
  }
  found.sort((a, b) => a - b)
  return found[Math.floor(found.length / 2)] ?? 0
}

async function sample(work: () => Promise<void>, collect: NodeJS.GCFunction): Promise<number> {
  collect()
  const before = process.memoryUsage().heapUsed
  await work()
  return process.memoryUsage().heapUsed - before
}

async function awaited(run: () => unknown, calls: number): Promise<void> {
  for (let index = 0; index < calls; index++) await run()
}

async function called(run: () => unknown, calls: number): Promise<void> {
  for (let index = 0; index < calls; index++) run()
}
