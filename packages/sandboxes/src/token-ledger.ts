import { createHash } from 'node:crypto'
import { requireNumber } from '@mayfly/core/adapter'

/** Names a token without giving it away: twelve hex digits of its SHA-256. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12)
}

/** Why the ledger refuses a token that is good in itself. */
export type LedgerRefusal = 'revoked' | 'first-use' | 'token-displaced'

/**
 * Remembers tokens by their digest, for the faults that concern one token: it was displaced, or a
 * server that has not heard of it yet refuses its first use.
 */
export class TokenLedger {
  readonly #seen = new Set<string>()
  readonly #revoked = new Set<string>()
  readonly #displaced = new Set<string>()
  #firstUsesToRefuse = 0

  /** Notes the use of a good token, and tells why it is to be refused all the same. */
  use(token: string): LedgerRefusal | undefined {
    const digest = tokenDigest(token)
    const isNew = !this.#seen.has(digest)
    this.#seen.add(digest)
    if (this.#revoked.has(digest)) return 'revoked'
    if (this.#displaced.has(digest)) return 'token-displaced'
    if (isNew && this.#firstUsesToRefuse > 0) {
      this.#firstUsesToRefuse -= 1
      return 'first-use'
    }
    return undefined
  }

  refuseFirstUse(count: number): void {
    this.#firstUsesToRefuse = requireNumber(count, 'count', {
      min: 0,
      max: 1_000_000,
      integer: true,
      unit: '',
    })
  }

  revoke(token: string): void {
    this.#revoked.add(tokenDigest(token))
  }

  displace(token: string): void {
    this.#displaced.add(tokenDigest(token))
  }

  revokeSeen(): void {
    for (const digest of this.#seen) this.#revoked.add(digest)
  }
}
