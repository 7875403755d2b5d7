import { describe, invalid } from '../encoding/options.ts'
import type { DpopProver } from './prover.ts'
import type { DpopVerifier } from './verifier.ts'

// Known by what they can do, so that whoever uses neither does not load them.

/** Checks an option that is a `DpopProver`. */
export function requireProver(dpop: DpopProver): DpopProver {
  if (has(dpop, 'prove') && has(dpop, 'nonceFor') && has(dpop, 'learn')) return dpop
  throw invalid('dpop', `"dpop" must be a DpopProver, not ${describe(dpop)}.`)
}

/** Checks an option that is a `DpopVerifier`. */
export function requireProofVerifier(dpop: DpopVerifier): DpopVerifier {
  if (has(dpop, 'verify') && Array.isArray(dpop.algorithms)) return dpop
  throw invalid('dpop', `"dpop" must be a DpopVerifier, not ${describe(dpop)}.`)
}

function has(value: object, method: string): boolean {
  return typeof Reflect.get(Object(value), method) === 'function'
}
