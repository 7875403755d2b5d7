import { measure } from 'mitata'
import type { Contender } from './contender.ts'

/** How long a measurement takes. */
export interface TimingOptions {
  readonly rounds: number
  /** How long one contender runs in one round. */
  readonly sliceMs: number
  /** Calls in one timed batch. */
  readonly batch: number
  /** Whether garbage is collected before each slice, so that nobody pays for another's. */
  readonly collect: boolean
}

/** Nanoseconds per call, one number for each round, by the contender's id. */
export type RoundTimes = Readonly<Record<string, readonly number[]>>

/**
 * Times contenders in turns: every round gives each of them a slice, and the next round begins with
 * another one. What the machine does meanwhile meets all of them, and drops out of the ratios within
 * a round.
 */
export async function timeInRounds(
  contenders: readonly Contender[],
  { rounds, sliceMs, batch, collect }: TimingOptions,
): Promise<RoundTimes> {
  const times = contenders.map((contender) => ({ contender, perRound: [] as number[] }))
  // The first round warms up and does not count.
  for (let round = 0; round <= rounds; round++) {
    const first = round % times.length
    for (const { contender, perRound } of [...times.slice(first), ...times.slice(0, first)]) {
      const stats = await measure(contender.run, {
        min_cpu_time: sliceMs * 1e6,
        batch_samples: batch,
        min_samples: 3,
        ...(!collect && { gc: false }),
      })
      if (round > 0) perRound.push(stats.p50)
    }
  }
  return Object.fromEntries(times.map(({ contender, perRound }) => [contender.id, perRound]))
}
