import {
  Guard,
  type GuardOptions,
  type RequestError,
  type RequestLike,
  TokenVerifier,
  type VerifierOptions,
} from '@mayfly/core'
import { AUDIENCE } from './inbound.ts'
import { type ProofBench, proofBench } from './proofs.ts'

/** A guard that takes bound tokens, and what it refuses requests with. */
export interface GuardBench extends ProofBench {
  readonly guard: Guard
  readonly refusal: (request: RequestLike) => Promise<RequestError>
}

/** A guard over a bench of proofs. */
export function guardBench(
  options: GuardOptions = {},
  {
    verifier = {},
    dpop = {},
  }: { verifier?: Partial<VerifierOptions>; dpop?: Parameters<typeof proofBench>[0] } = {},
): GuardBench {
  const bench = proofBench(dpop)
  const { clock, issuer } = bench
  const judge = new TokenVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    keys: issuer.keys,
    clock,
    ...verifier,
  })
  const guard = new Guard(judge, { dpop: bench.dpop, ...options })
  return {
    ...bench,
    guard,
    async refusal(request) {
      const outcome = await guard.authenticate(request)
      if (outcome.ok) throw new Error('This request should have been refused.')
      return outcome.error
    },
  }
}

/** The challenge of a refusal. */
export const challengeOf = (error: RequestError): string => error.headers['www-authenticate'] ?? ''
