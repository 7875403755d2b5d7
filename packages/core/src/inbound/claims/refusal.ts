import type { RequestErrorCode } from '../../base/error-codes.ts'
import { type Reason, RequestError } from '../../base/errors.ts'

/** Makes the error for a claim that is not there. */
export function missing(claim: string): RequestError {
  return refusal('ERR_CLAIM_MISSING', {
    reason: 'claim_missing',
    claim,
    message: `The token has no "${claim}" claim.`,
  })
}

/** Makes the error for a claim that is there in a shape that it cannot have. */
export function malformed(claim: string, expected: string): RequestError {
  return refusal('ERR_CLAIM_INVALID', {
    reason: 'claim_invalid',
    claim,
    message: `The token's "${claim}" claim must be ${expected}.`,
  })
}

/** What {@link refusal} puts into its error. */
export interface Refusal {
  readonly reason: Reason
  readonly claim: string
  /** One sentence for the caller's eyes. It never repeats what the claim holds. */
  readonly message: string
}

/** Makes the error for a claim that is not what this verifier asks for. */
export function refusal(code: RequestErrorCode, what: Refusal): RequestError {
  return new RequestError(code, what.message, { reason: what.reason, claim: what.claim })
}
