import { type Reason, RequestError } from '../../base/errors.ts'

/** Refuses what is no proof for this request. The message never repeats any of it. */
export function proofRefused(
  message: string,
  reason: Extract<Reason, `proof_${string}`> = 'proof_invalid',
): RequestError {
  return new RequestError('ERR_DPOP_PROOF', message, { reason })
}

/** Asks for a proof that holds this nonce (RFC 9449 sections 8 and 9). */
export function nonceRequired(nonce: string): RequestError {
  return new RequestError('ERR_DPOP_NONCE', 'The proof has to hold the nonce of this answer.', {
    reason: 'proof_nonce',
    headers: { 'dpop-nonce': nonce },
  })
}
