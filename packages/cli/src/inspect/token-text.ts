import type { CliContext } from '../context.ts'
import { readText } from '../input/read-input.ts'

/** Reads a token from its argument, or from standard input. */
export async function tokenText(
  argument: string | undefined,
  context: CliContext,
): Promise<string> {
  return argument === undefined || argument === '-' ? readText('-', 'the token', context) : argument
}
