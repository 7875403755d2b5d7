import {
  checkBinding,
  type Holder,
  type KeyProof,
  keyUnbound,
  keyUnproven,
  readConfirmation,
} from '../../inbound/claims/key-binding.ts'
import type { DpopVerifier } from '../../inbound/dpop/verifier.ts'
import { describe, hasMethod, invalid, optionalBoolean } from '../../base/options.ts'
import type { VerifiedToken } from '../../inbound/verifier/verified-token.ts'
import type { TokenScheme } from './bearer.ts'
import type { ChallengeSchemes } from './challenge.ts'
import type { GuardOptions } from './options.ts'
import type { RequestLike } from './request.ts'
import type { FoundToken } from './token-places.ts'

/** A proof that came with a token, and the fields that its answer is to have. */
export interface RequestProof extends KeyProof {
  readonly headers: Readonly<Record<string, string>>
}

/** What a guard does about keys and certificates that tokens are bound to. */
export interface KeyBinding extends ChallengeSchemes {
  /** The schemes that are read. One that is read, and not taken, is refused by name. */
  readonly reads: readonly TokenScheme[]
  /** The scheme that a token is challenged by: the one that it came with, unless that is not taken. */
  readonly schemeFor: (found: FoundToken | undefined) => TokenScheme
  /** Finds what the sender holds: the proof of a token that needs one, and a certificate. */
  readonly holderOf: (request: RequestLike, found: FoundToken) => Promise<RequestHolder>
  /** Makes sure of the binding of a token that was accepted. */
  readonly requireBinding: (auth: VerifiedToken<unknown>, holder: RequestHolder) => Promise<void>
}

/** What the sender of a request holds. */
export interface RequestHolder extends Holder {
  readonly proof?: RequestProof | undefined
}

const NOTHING: RequestHolder = Object.freeze({})

const NONE: KeyBinding = {
  schemes: ['Bearer'],
  algorithms: [],
  reads: ['Bearer'],
  schemeFor: () => 'Bearer',
  holderOf: async () => NOTHING,
  requireBinding,
}

/** Compiles the options `dpop`, `mutualTls` and `allowBearer`. */
export function compileKeyBinding({ dpop, mutualTls, allowBearer }: GuardOptions): KeyBinding {
  const takesUnbound = optionalBoolean(allowBearer, 'allowBearer') ?? false
  if (dpop === undefined && mutualTls === undefined) {
    if (allowBearer === undefined) return NONE
    throw invalid(
      'allowBearer',
      '"allowBearer" goes with "dpop" or "mutualTls" only: without them all are bearers.',
    )
  }
  if (dpop !== undefined) requireProofVerifier(dpop)
  if (mutualTls !== undefined && !hasMethod(mutualTls, 'certificateOf')) {
    throw invalid('mutualTls', `"mutualTls" must be a MutualTls, not ${describe(mutualTls)}.`)
  }
  const takesBearer = takesUnbound || mutualTls !== undefined
  const schemes: ChallengeSchemes['schemes'] =
    dpop === undefined ? ['Bearer'] : takesBearer ? ['Bearer', 'DPoP'] : ['DPoP']
  return {
    schemes,
    algorithms: dpop?.algorithms ?? [],
    reads: dpop === undefined ? ['Bearer'] : ['Bearer', 'DPoP'],
    schemeFor: (found) =>
      schemes.length === 1 ? schemes[0] : found?.scheme === 'Bearer' ? 'Bearer' : 'DPoP',
    async holderOf(request, { token, scheme }) {
      const certificate = await mutualTls?.certificateOf(request)
      if (scheme === 'DPoP') return { certificate, proof: await dpop?.verify(request, token) }
      // Whether it is bound or not: it came without a proof, and that settles it.
      if (!takesBearer) throw keyUnproven()
      return { certificate }
    },
    async requireBinding(auth, holder) {
      await requireBinding(auth, holder)
      if (takesUnbound || holder.proof !== undefined) return
      const { 'x5t#S256': bound } = auth.confirmation ?? readConfirmation(auth.claims)
      if (bound === undefined) throw keyUnbound()
    },
  }
}

/** Checks an option that is a `DpopVerifier`, by what it can do, so that its code is loaded where it is used. */
export function requireProofVerifier(dpop: DpopVerifier): DpopVerifier {
  if (hasMethod(dpop, 'verify') && Array.isArray(dpop.algorithms)) return dpop
  throw invalid('dpop', `"dpop" must be a DpopVerifier, not ${describe(dpop)}.`)
}

/** Makes sure of the binding once more: a verifier of somebody else's may not have looked at it. */
async function requireBinding(auth: VerifiedToken<unknown>, holder: Holder): Promise<void> {
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- whatever a foreign verifier gives
  checkBinding(auth.confirmation ?? readConfirmation(auth.claims ?? {}), holder)
  await holder.proof?.use()
}
