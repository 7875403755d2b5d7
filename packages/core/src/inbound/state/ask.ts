import { describe } from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'

/** Asks a store that guards: one that fails, or answers with anything but an answer, lets nobody pass. */
export async function askStore<Answer>(
  question: () => Answer | Promise<Answer>,
  isResponse: (value: unknown) => boolean,
): Promise<Answer> {
  let cause: unknown
  try {
    const answer = await question()
    if (isResponse(answer)) return answer
    cause = new TypeError(`A store answered with ${describe(answer)}.`)
  } catch (error) {
    cause = error
  }
  throw new RequestError(
    'ERR_STORE_UNAVAILABLE',
    'A store that this depends on does not answer at the moment. Try again.',
    {
      reason: 'store_unavailable',
      status: 503,
      headers: { 'retry-after': '5' },
      cause,
    },
  )
}

/** Whether a store answered with yes or no. */
export function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

/** Whether a store answered with a number. */
export function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
