import type { KeyProof } from '../../inbound/claims/key-binding.ts'
import {
  invalid,
  optionalFunction,
  optionalBoolean,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import { denial } from '../guard/challenge.ts'
import type { HttpResponse } from '../../http/answer.ts'
import type { IssuedToken } from '../../inbound/issuer/issued-token.ts'
import type { IssueOptions } from '../../inbound/issuer/options.ts'
import { notify, type Observe } from '../../base/observe.ts'
import { type Endpoint, methodNotAllowed } from './document.ts'
import { requireProofVerifier } from '../guard/key-proof.ts'
import type { DpopProof, DpopVerifier } from '../../inbound/dpop/verifier.ts'
import type { DenyEvent } from '../guard/options.ts'
import { incomingRequest, type RequestLike } from '../guard/request.ts'

/** What an endpoint needs of an issuer. A `TokenIssuer` is one. */
export interface IssuerLike {
  /** Makes a token. What it rejects with is the server's own fault. */
  issue(options: IssueOptions): Promise<IssuedToken>
}

/**
 * Decides about a request for a token: what the token is to say, or `undefined` or `null` to refuse
 * with 403. For another refusal throw a `RequestError`.
 *
 * @param proof the key that the token is going to be bound to, where the request came with a proof.
 */
export type DecideIssue<Context> = (
  context: Context,
  proof: KeyProof | undefined,
) => IssueOptions | undefined | null | Promise<IssueOptions | undefined | null>

/**
 * Makes an endpoint that issues tokens. It answers POST with the JSON of RFC 6749 section 5.1
 * (`access_token`, `token_type`, `expires_in` in seconds, and `scope` where the claims have one),
 * never to be cached; other methods get 405.
 *
 * A refusal is problem details: 403 with the reason `issue_refused` where `decide` gives nothing, else
 * those of the `RequestError` that it throws. Anything else that it throws, and options that the issuer
 * does not take, are mistakes of the server's own, and the endpoint rejects with them.
 *
 * With the option `dpop` the token is bound to the key whose proof came with the request, and its
 * `token_type` is `DPoP`. A proof that is missing or wrong gets 400, with the `error` of RFC 9449
 * section 5 beside the problem details.
 *
 * @throws {OptionError} when `issuer` or `decide` is something else, or an option is unsound.
 *
 * @example
 * ```ts
 * import { type RequestLike, TokenIssuer } from '@mayfly/core'
 * import { issueEndpoint } from '@mayfly/core/adapter'
 *
 * const issuer = new TokenIssuer({ issuer: 'https://auth.example.com' })
 * const endpoint = issueEndpoint(issuer, (user: string | undefined) =>
 *   user === undefined ? undefined : { audience: 'orders', subject: user, expiresIn: 300 },
 * )
 *
 * const request: RequestLike = { method: 'POST', url: '/token', header: () => [] }
 * const answer = await endpoint(request, 'alice')
 * console.log(answer.status) // 200
 * ```
 */
export function issueEndpoint<Context = void>(
  issuer: IssuerLike,
  decide: DecideIssue<Context>,
  options: IssueEndpointOptions = {},
): Endpoint<Context> {
  if (typeof issuer?.issue !== 'function') {
    throw invalid('issuer', '"issuer" must be a TokenIssuer.')
  }
  if (typeof decide !== 'function') {
    throw invalid('decide', '"decide" must be a function that says what the token is to hold.')
  }
  const proofOf = compileIssueProof(options)
  const observe = optionalFunction(options.observe, 'observe')
  return async (incoming, context) => {
    const request = incomingRequest(incoming)
    if (request.method !== 'POST') return methodNotAllowed('POST')
    try {
      const proof = await proofOf(request)
      const decision = await decide(context, proof)
      if (decision === undefined || decision === null) throw issueRefused()
      await proof?.use()
      const bound = proof ? withKey(decision, proof) : decision
      return granted(bound, await issuer.issue(bound), proof?.headers)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      notify(observe, { type: 'deny', reason: error.reason })
      return proofDenial(error) ?? denial(error)
    }
  }
}

function granted(
  { claims, confirmation }: IssueOptions,
  token: IssuedToken,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const scope = claims?.['scope']
  return {
    status: 200,
    headers: {
      ...headers,
      'cache-control': 'no-store',
      // RFC 6749 section 5.1 asks for this one too.
      pragma: 'no-cache',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      access_token: token.value,
      token_type: confirmation?.jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: token.expiresAt - token.issuedAt,
      ...(typeof scope === 'string' && { scope }),
    }),
  }
}

function issueRefused(): RequestError {
  return new RequestError('ERR_ISSUE_REFUSED', 'No token is issued to this request.', {
    reason: 'issue_refused',
    status: 403,
  })
}

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
function compileIssueProof(
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
function withKey(decision: IssueOptions, { thumbprint: jkt }: DpopProof): IssueOptions {
  if (decision.confirmation === undefined) return { ...decision, confirmation: { jkt } }
  throw invalid('confirmation', '"confirmation" is written by "dpop": the proof names the key.')
}

/**
 * Answers a proof that is missing or wrong: 400, and the `error` that a client of OAuth looks for in
 * the body (RFC 6749 section 5.2, RFC 9449 sections 5 and 8).
 */
function proofDenial(error: RequestError): HttpResponse | undefined {
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
