/** One way to do a job, as a group of the benchmark measures it. */
export interface Contender {
  /** Names the row in the results; stays the same from run to run. */
  readonly id: string
  readonly name: string
  /** The package that it comes from, or `node`, or `by hand`. */
  readonly library: string
  readonly run: () => unknown
  /** Throws when the answer is not the right one. */
  readonly check: (answer: unknown) => unknown
  /** Does what this contender has to refuse, so that a check which is left out is not a fast one. */
  readonly refuses?: () => unknown
  /** In what way it is not like for like with Mayfly. */
  readonly unlike?: string
}

/** Contenders that do the same job. */
export interface Group {
  readonly id: string
  readonly title: string
  /** One sentence: what one call does, and what the floor is. */
  readonly about: string
  /** The least that the job can cost, with nothing built around it. */
  readonly floor: Contender
  readonly mayfly: Contender
  readonly others: readonly Contender[]
  /** Who is missing, and why. */
  readonly missing?: string
  /** Calls in one timed batch, where a call takes microseconds. Default 1024, for nanoseconds. */
  readonly batch?: number
  /** Whether bytes per call are measured too. */
  readonly allocation?: boolean
}

/** All contenders of a group, in the order in which they are shown. */
export function contendersOf({ floor, mayfly, others }: Group): readonly Contender[] {
  return [floor, mayfly, ...others]
}

/** Fails when a contender gives a wrong answer, or accepts what it has to refuse. */
export async function checkContender({ name, run, check, refuses }: Contender): Promise<void> {
  try {
    await check(await run())
  } catch (cause) {
    throw new Error(`${name} gave a wrong answer, so it is not measured.`, { cause })
  }
  if (refuses === undefined) return
  let accepted: boolean
  try {
    await refuses()
    accepted = true
  } catch {
    accepted = false
  }
  if (accepted) throw new Error(`${name} accepted what it had to refuse, so it is not measured.`)
}
