import { requireProofVerifier } from '../guard/key-proof.ts'
import type { DpopProof, DpopVerifier } from '../../inbound/dpop/verifier.ts'
import {
  invalid,
  optionalBoolean,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import type { RequestError } from '../../base/errors.ts'
import type { DenyEvent } from '../guard/options.ts'
import type { RequestLike } from '../guard/request.ts'
import type { HttpAnswer } from '../../http/answer.ts'
import type { IssueOptions } from '../../inbound/issuer/options.ts'
import type { Observe } from '../../base/observe.ts'

/** What an endpoint that issues tokens may be told. */
export interface IssueEndpointOptions {
  /**
   * Binds each token to the key of the proof that its request comes with (DPoP, RFC 9449 section 5). A
   * request without a proof is refused.
   */
  readonly dpop?: DpopVerifier
  /** With `dpop`: a request without a proof gets a token that is bound to no key. Default `false`. */
  readonly allowBearer?: boolean
  /** Gets an event for each request that is refused. */
  readonly observe?: Observe<DenyEvent>
}

/** Compiles how a request for a token proves the key that the token is to be bound to. */
export function compileIssueProof(
  options: IssueEndpointOptions,
): (request: RequestLike) => Promise<DpopProof | undefined> {
  requireOptions(options, 'issueToken')
  refuseUnknownOptions(options, ['dpop', 'allowBearer', 'observe'], 'issueToken')
  const { dpop } = options
  const isOptional = optionalBoolean(options.allowBearer, 'allowBearer') ?? false
  if (dpop === undefined) {
    if (options.allowBearer === undefined) return async () => undefined
    throw invalid('allowBearer', '"allowBearer" goes with "dpop" only: without it all are bearers.')
  }
  requireProofVerifier(dpop)
  return async (request) => {
    if (isOptional && request.header('dpop').length === 0) return undefined
    return dpop.verify(request)
  }
}

/** Binds what is to be issued to the key of a proof. */
export function withKey(decision: IssueOptions, { thumbprint: jkt }: DpopProof): IssueOptions {
  if (decision.confirmation === undefined) return { ...decision, confirmation: { jkt } }
  throw invalid('confirmation', '"confirmation" is written by "dpop": the proof names the key.')
}

/**
 * Answers a proof that is missing or wrong: 400, and the `error` that a client of OAuth looks for in
 * the body (RFC 6749 section 5.2, RFC 9449 sections 5 and 8).
 */
export function proofDenial(error: RequestError): HttpAnswer | undefined {
  const { code, message, headers } = error
  if (code !== 'ERR_DPOP_PROOF' && code !== 'ERR_DPOP_NONCE') return undefined
  const problem = { ...error.toProblem(), status: 400, title: 'Bad Request' }
  return {
    status: 400,
    // Not as problem details: clients of OAuth read no error from another type than this.
    headers: { 'cache-control': 'no-store', ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      error: code === 'ERR_DPOP_NONCE' ? 'use_dpop_nonce' : 'invalid_dpop_proof',
      error_description: message.replaceAll('"', "'"),
      ...problem,
    }),
  }
}
