import {
  checkBinding,
  type Holder,
  type KeyProof,
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

/** What a guard does about keys that tokens are bound to. */
export interface KeyBinding extends ChallengeSchemes {
  /** The schemes that are read. One that is read, and not taken, is refused by name. */
  readonly reads: readonly TokenScheme[]
  /** The scheme that a token is challenged by: the one that it came with, unless that is not taken. */
  readonly schemeFor: (found: FoundToken | undefined) => TokenScheme
  /** Verifies the proof of a token that needs one. */
  readonly proofOf: (request: RequestLike, found: FoundToken) => Promise<RequestProof | undefined>
}

const NONE: KeyBinding = {
  schemes: ['Bearer'],
  algorithms: [],
  reads: ['Bearer'],
  schemeFor: () => 'Bearer',
  proofOf: async () => undefined,
}

/** Compiles the options `dpop` and `allowBearer`. */
export function compileKeyBinding({ dpop, allowBearer }: GuardOptions): KeyBinding {
  const takesBearer = optionalBoolean(allowBearer, 'allowBearer') ?? false
  if (dpop === undefined) {
    if (allowBearer === undefined) return NONE
    throw invalid('allowBearer', '"allowBearer" goes with "dpop" only: without it all are bearers.')
  }
  requireProofVerifier(dpop)
  return {
    schemes: takesBearer ? ['Bearer', 'DPoP'] : ['DPoP'],
    algorithms: dpop.algorithms,
    reads: ['Bearer', 'DPoP'],
    schemeFor: (found) => (takesBearer && found?.scheme === 'Bearer' ? 'Bearer' : 'DPoP'),
    async proofOf(request, { token, scheme }) {
      if (scheme === 'DPoP') return dpop.verify(request, token)
      // Whether it is bound or not: it came without a proof, and that settles it.
      if (!takesBearer) throw keyUnproven()
      return undefined
    },
  }
}

/** Checks an option that is a `DpopVerifier`, by what it can do, so that its code is loaded where it is used. */
export function requireProofVerifier(dpop: DpopVerifier): DpopVerifier {
  if (hasMethod(dpop, 'verify') && Array.isArray(dpop.algorithms)) return dpop
  throw invalid('dpop', `"dpop" must be a DpopVerifier, not ${describe(dpop)}.`)
}

/** Makes sure of the binding once more: a verifier of somebody else's may not have looked at it. */
export async function requireBinding(auth: VerifiedToken<unknown>, holder: Holder): Promise<void> {
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- whatever a foreign verifier gives
  checkBinding(auth.confirmation ?? readConfirmation(auth.claims ?? {}), holder)
  await holder.proof?.use()
}
