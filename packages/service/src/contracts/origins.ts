import { parseOriginPattern } from '@mayfly/core'
import { asParameterProblem, ServiceProblem } from '../http/problem.ts'

/** Patterns that bind a token to no place in particular. */
const UNBOUND: ReadonlySet<string> = new Set(['*', 'null', 'file://'])

/**
 * Checks an origin that a token is to be bound to, by the rules of `parseOriginPattern`, and gives it in
 * its normal form. What would bind it to no place is refused.
 */
export function requireOrigin(text: string, parameter: string): string {
  const origin = normalForm(text, parameter)
  if (!UNBOUND.has(origin)) return origin
  const message = `"${parameter}" must name a site: a token for every page would be good for a stranger's too.`
  throw new ServiceProblem('ERR_ORIGIN_PATTERN', message, { status: 400, parameter })
}

function normalForm(text: string, parameter: string): string {
  try {
    return parseOriginPattern(text).text
  } catch (error) {
    const refusal = asParameterProblem(error, parameter, 'ERR_ORIGIN_PATTERN')
    throw refusal
  }
}
