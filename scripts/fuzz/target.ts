import type { Arbitrary } from 'fast-check'

/** What one part of the library is given, and what must come of it. */
export interface Target<Input = unknown> {
  readonly name: string
  /** Makes inputs: mutated good ones, and nonsense. */
  readonly inputs: Arbitrary<Input>
  /** Runs one input. Throws where the library crashed, or accepted what it must not. */
  readonly check: (input: Input) => void | Promise<void>
  /** Inputs of any size that a parser may choke on. */
  readonly large: readonly LargeInput<Input>[]
}

/** An input whose size can be chosen. */
export interface LargeInput<Input> {
  readonly name: string
  readonly make: (characters: number) => Input
}

/** Tells that the library did what it must not. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

/** Hides what inputs a target takes, so that targets can be kept in one list. */
export function target<Input>(options: Target<Input>): Target {
  return options as unknown as Target
}
