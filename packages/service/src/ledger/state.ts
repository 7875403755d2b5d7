import type { Clock, Generations, Revocations } from '@mayfly/core'
import { clockOption } from '@mayfly/core/adapter'
import type { Ledger, TokenKind } from './ledger.ts'

/** What {@link ledgerState} is told. */
export interface LedgerStateOptions {
  /** The contracts that issue the tokens in question. Default `token` and `voicegain`. */
  readonly kinds?: readonly TokenKind[]
  readonly clock?: Clock
}

/** What a verifier asks a ledger about each token, in the forms that `TokenVerifier` takes. */
export interface LedgerState {
  /** Refuses tokens of a subject's older generations. */
  readonly generations: Generations
  /** Refuses tokens that were revoked, and those that the ledger does not know: they are not ours. */
  readonly revocations: Revocations
}

/**
 * Makes the options `generations` and `revocations` of a `TokenVerifier` from a ledger, so that what the
 * service revokes is refused at once by whoever shares its ledger. While the ledger fails, so does the
 * verifier: with 503, and nobody passes.
 *
 * Subjects have generations of their own here: those of the service's clients are apart.
 *
 * A record is purged only after its token has expired, so that a token without a record is either forged,
 * issued elsewhere, or removed on purpose. It counts as revoked.
 *
 * @throws {OptionError} when `clock` isn't one.
 *
 * @example
 * ```ts
 * import { TokenVerifier, type VerifierKeys } from '@mayfly/core'
 * import { ledgerState, openLedger } from '@mayfly/service'
 *
 * declare const keys: VerifierKeys
 * const ledger = await openLedger({ database: 'mayfly.db' })
 * const { revocations } = ledgerState(ledger)
 * const verifier = new TokenVerifier({
 *   issuer: 'https://auth.example.com',
 *   audience: 'orders',
 *   keys,
 *   revocations,
 * })
 * ```
 */
export function ledgerState(
  ledger: Pick<Ledger, 'findByTokenId' | 'revoke' | 'generation' | 'bumpGeneration'>,
  options: LedgerStateOptions = {},
): LedgerState {
  const clock = clockOption(options.clock)
  const { kinds = ['token', 'voicegain'] } = options
  return {
    generations: {
      current: (subject) => ledger.generation('subject', subject),
      bump: (subject) => ledger.bumpGeneration('subject', subject),
    },
    revocations: {
      isRevoked: async (tokenId) => {
        const records = await Promise.all(kinds.map((kind) => ledger.findByTokenId(kind, tokenId)))
        const known = records.filter((record) => record !== undefined)
        return known.length === 0 || known.some(({ revokedAt }) => revokedAt !== undefined)
      },
      revoke: async (tokenId) => {
        // A token that is not in the ledger counts as revoked already.
        const at = Math.floor(clock.now() / 1000)
        await Promise.all(kinds.map((kind) => ledger.revoke(kind, tokenId, at)))
      },
    },
  }
}
