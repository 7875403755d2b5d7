import type { ProofRefusal, TokenField } from './options.ts'
import type { Clock } from '../../base/clock.ts'
import { describe, hasMethod, invalid } from '../../base/options.ts'
import type { DpopProver } from '../dpop/prover.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import type { AccessToken } from '../token.ts'

/** The header fields that carry a token. */
export type TokenFields = Readonly<Record<string, string>>

/** What an answer says of a proof: that it wants one with another nonce, or that it is no good. */
export type ProofFault = ProofRefusal | undefined

/** Puts a token on a request: as a bearer, or with a proof that its sender holds the token's key. */
export interface TokenWriter {
  /** Makes the fields of one request, for a token and the clock of its server. */
  readonly fields: (
    request: OutgoingRequest,
    token: AccessToken,
    clock: Clock,
  ) => TokenFields | Promise<TokenFields>
  /** The nonce that the next proof for a URL will hold. */
  readonly nonceFor: (url: URL) => string | undefined
  /** Learns from an answer, and tells whether it refuses the proof and not the token. */
  readonly learnFrom: (url: URL, response: Response) => ProofFault
}

/** Compiles the option `dpop`. */
export function tokenWriter(dpop: DpopProver | undefined, header: TokenField): TokenWriter {
  if (dpop === undefined) {
    return {
      fields: (_request, token) => ({ [header.name]: header.valueOf(token.value) }),
      nonceFor: () => undefined,
      learnFrom: () => undefined,
    }
  }
  requireProver(dpop)
  if (header.name !== 'authorization') {
    throw invalid('header', '"header" does not go with "dpop": such tokens are in Authorization.')
  }
  return {
    async fields({ method, url }, { value: accessToken }, clock) {
      const proof = await dpop.prove({ method, url, accessToken, clock })
      return { authorization: `DPoP ${accessToken}`, dpop: proof }
    },
    nonceFor: (url) => dpop.nonceFor(url),
    learnFrom(url, response) {
      dpop.learn(url, response.headers)
      return response.status === 401 ? faultIn(response.headers) : undefined
    },
  }
}

/** Checks an option that is a `DpopProver`, by what it can do, so that its code is loaded where it is used. */
export function requireProver(dpop: DpopProver): DpopProver {
  if (hasMethod(dpop, 'prove') && hasMethod(dpop, 'nonceFor') && hasMethod(dpop, 'learn'))
    return dpop
  throw invalid('dpop', `"dpop" must be a DpopProver, not ${describe(dpop)}.`)
}

/** RFC 9449 sections 7.1 and 9. */
function faultIn(headers: Headers): ProofFault {
  const challenge = headers.get('www-authenticate') ?? ''
  const [, error] = /\berror\s*=\s*"?(use_dpop_nonce|invalid_dpop_proof)\b/i.exec(challenge) ?? []
  if (error === undefined) return undefined
  return error.toLowerCase() === 'use_dpop_nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof'
}

/** What decides whether another proof can help. */
export interface ProofRetry {
  readonly error: ProofRefusal
  /** The server gave a nonce, or time, that the refused proof did not have. */
  readonly isNew: boolean
  readonly isFirst: boolean
  readonly canResend: boolean
}

/** Says why a proof was refused, most likely, and what to do about it. */
export function proofAdvice({ error, isNew, isFirst, canResend }: ProofRetry): string {
  const wantsNonce = error === 'use_dpop_nonce'
  if (isNew && !canResend) {
    return 'The next proof will be a better one, but the body of this request is a stream, which cannot be sent again. Send bytes instead.'
  }
  if (isNew && isFirst) {
    return wantsNonce
      ? 'The server wants a newer nonce in the proof. That is usual for a first request, and after a pause.'
      : "The local clock differs from the server's, and the proof was dated by it. Set the clock (NTP); Mayfly dates the next proof by the server's."
  }
  return wantsNonce
    ? 'The server asks for a nonce, and what it gives in DPoP-Nonce is none, or not accepted either. Do its processes share one secret for nonces?'
    : 'The server does not accept the proof. Most likely it knows itself by another URL than the one that is called here, as behind a proxy that takes a path off; or it does not take the algorithm, or has seen the proof before.'
}
