import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BytesPerCall } from './allocation.ts'
import type { ContenderFacts, GroupFacts } from './facts.ts'
import { describeMachine, installedVersions, type Machine } from './machine.ts'
import type { RoundTimes } from './timing.ts'

/** A median over all rounds, with the quartiles beside it. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** What was measured of one contender. */
export interface Row extends ContenderFacts {
  /** How many times the floor's time of the same round it took. */
  readonly againstFloor: Spread
  /** How many times Mayfly's time of the same round it took: above 1, Mayfly is faster. */
  readonly againstMayfly: Spread
  readonly nanoseconds: Spread
  /** Left on the JavaScript heap by one call. */
  readonly bytes?: number
}

/** What was measured of one group. */
export interface GroupResult extends Omit<GroupFacts, 'contenders'> {
  readonly rows: readonly Row[]
}

/** One whole run, as it is kept in `results/`. */
export interface Results {
  readonly format: 1
  readonly command: string
  readonly quick: boolean
  readonly measuredAt: string
  readonly machine: Machine
  /** How much the machine had to do, everything counted: its load over a minute. */
  readonly load: { readonly before: number; readonly after: number }
  readonly versions: Readonly<Record<string, string>>
  readonly method: {
    readonly processes: number
    readonly roundsPerProcess: number
    readonly sliceMs: number
  }
  readonly groups: readonly GroupResult[]
}

/** Puts together what several processes measured of one group. */
export function summarise(
  { contenders, ...facts }: GroupFacts,
  runs: readonly RoundTimes[],
  bytes: BytesPerCall | undefined,
): GroupResult {
  const timesOf = (id: string): readonly number[] => runs.flatMap((run) => run[id] ?? [])
  const timesAs = (role: ContenderFacts['role']): readonly number[] =>
    contenders.filter((one) => one.role === role).flatMap(({ id }) => timesOf(id))
  const floor = timesAs('floor')
  const mayfly = timesAs('mayfly')
  const rowOf = (contender: ContenderFacts): Row => {
    const times = timesOf(contender.id)
    const allocated = bytes?.[contender.id]
    return {
      ...contender,
      againstFloor: spreadOf(ratios(times, floor)),
      againstMayfly: spreadOf(ratios(times, mayfly)),
      nanoseconds: spreadOf(times),
      ...(allocated !== undefined && { bytes: allocated }),
    }
  }
  return { ...facts, rows: contenders.map(rowOf) }
}

/** Writes results as JSON. */
export function writeResults(path: string, results: Results): void {
  writeJson(path, results)
}

/** Keeps what one of the smaller benchmarks measured, with what it was measured on. */
export function keepResults(name: string, results: object): void {
  const measuredAt = new Date().toISOString()
  const about = { measuredAt, machine: describeMachine(), versions: installedVersions() }
  writeJson(join(import.meta.dirname, '..', 'results', `${name}.json`), { ...about, ...results })
}

function writeJson(path: string, results: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`)
}

/** Reads results that were written by this version of the benchmark. */
export function readResults(path: string): Results {
  const results = JSON.parse(readFileSync(path, 'utf8')) as Results
  if (results.format === 1 && results.groups.length > 0) return results
  throw new Error(`${path} holds no results of this benchmark. Run "pnpm bench" to make them.`)
}

function ratios(times: readonly number[], base: readonly number[]): readonly number[] {
  return times.map((time, round) => time / (base[round] ?? Number.NaN))
}

function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  if (sorted.length === 0 || !sorted.every(Number.isFinite)) {
    throw new Error('A contender was not measured in every round.')
  }
  const at = (share: number): number => rounded(sorted[Math.round(share * (sorted.length - 1))])
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}

function rounded(value = 0): number {
  return Number(value.toPrecision(4))
}
