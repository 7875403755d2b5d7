import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import autocannon from 'autocannon'
import type { Ask, Offer, Slice } from './scenario.ts'

const CONNECTIONS = 8

/** A scenario that is ready in a process of its own. */
export interface Running extends AsyncDisposable {
  readonly offer: Offer
  /** Has one contender do so many operations. */
  slice(contender: string, operations: number): Promise<Slice>
}

/** Starts a scenario: that of this tree, or of another tree with the same layout. */
export async function startScenario(
  name: string,
  bench: string = join(import.meta.dirname, '..'),
): Promise<Running> {
  const child = fork(join(bench, 'cpu/child.ts'), [name], {
    cwd: bench,
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
  })
  const ended = once(child, 'exit')
  const offer = (await told(child, ended)) as Offer
  const ask = async (asked: Ask): Promise<Slice> => {
    child.send(asked)
    return (await told(child, ended)) as Slice
  }
  return {
    offer,
    async slice(id, wanted) {
      const contender = offer[id]
      if (contender === undefined) throw new Error(`There is no contender "${id}".`)
      if ('isCall' in contender) return ask({ run: id, operations: wanted })
      const operations = Math.max(wanted, CONNECTIONS)
      const before = await ask({ cpu: true })
      const startMs = performance.now()
      const { non2xx, errors } = await autocannon({
        url: contender.url,
        headers: { ...contender.headers },
        connections: CONNECTIONS,
        amount: operations,
      })
      if (non2xx + errors > 0) throw new Error(`${id} did not answer ${non2xx + errors} requests.`)
      const wallMicros = (performance.now() - startMs) * 1000
      const { cpuMicros } = await ask({ cpu: true })
      return { operations, cpuMicros: cpuMicros - before.cpuMicros, wallMicros }
    },
    async [Symbol.asyncDispose]() {
      child.disconnect()
      await ended
    },
  }
}

async function told(child: ChildProcess, ended: Promise<unknown>): Promise<unknown> {
  const [message] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => {
      throw new Error('The process of a scenario ended early; see above.')
    }),
  ])) as [unknown]
  return message
}

/** How thoroughly is measured. */
export interface Effort {
  readonly rounds: number
  /** Processor time that a slice should take, in milliseconds. */
  readonly sliceMs: number
}

/** What was measured of a contender, round for round: microseconds for each operation. */
export interface Timed {
  readonly cpu: readonly number[]
  readonly wall: readonly number[]
}

/** Has contenders take turns, forwards and backwards, after a slice of each that does not count. */
export async function takeTurns(
  contenders: Readonly<Record<string, (operations: number) => Promise<Slice>>>,
  { rounds, sliceMs }: Effort,
): Promise<Readonly<Record<string, Timed>>> {
  const entries = Object.entries(contenders)
  const amounts = new Map<string, number>()
  for (const [id, slice] of entries) amounts.set(id, await findAmount(slice, sliceMs))
  const timed: Record<string, { cpu: number[]; wall: number[] }> = {}
  for (const [id] of entries) timed[id] = { cpu: [], wall: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [id, slice] of round % 2 === 0 ? entries : entries.toReversed()) {
      const { operations, cpuMicros, wallMicros } = await slice(amounts.get(id) ?? 1)
      timed[id]?.cpu.push(cpuMicros / operations)
      timed[id]?.wall.push(wallMicros / operations)
    }
  }
  return timed
}

async function findAmount(
  slice: (operations: number) => Promise<Slice>,
  sliceMs: number,
): Promise<number> {
  for (let operations = 1; ; operations *= 4) {
    const { cpuMicros } = await slice(operations)
    const wanted = Math.ceil((operations * sliceMs * 1000) / Math.max(cpuMicros, 1))
    if (cpuMicros > sliceMs * 250 || operations > 1e7) return Math.max(1, wanted)
  }
}

/** The middle one, and the quartiles. */
export function spread(values: readonly number[]): { median: number; low: number; high: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}

/** Round for round, one by the other. */
export function ratios(of: readonly number[], by: readonly number[]): readonly number[] {
  return of.map((value, round) => value / (by[round] ?? Number.NaN))
}
