import type { JwkSet } from '@mayfly/core'
import { invalid } from '@mayfly/core/adapter'
import { createTestIssuer, type TestIssuer, type TestIssuerOptions } from '@mayfly/testing'

/** The keys of a JWKS server: the newest one signs, the others are published as well. */
export class PublishedKeys {
  readonly #options: TestIssuerOptions
  /** One issuer per key, the newest first. All have the same name. */
  #issuers: readonly TestIssuer[]

  constructor(options: TestIssuerOptions) {
    this.#options = options
    this.#issuers = [createTestIssuer(options)]
  }

  /** The issuer with the newest key. */
  get newest(): TestIssuer {
    const [newest] = this.#issuers
    if (newest !== undefined) return newest
    throw invalid('keyId', 'All keys were removed: rotate, and there is one that signs.')
  }

  get keyIds(): readonly string[] {
    return this.#issuers.map(({ keyId }) => keyId)
  }

  get set(): JwkSet {
    return { keys: this.#issuers.flatMap(({ jwks }) => jwks.keys) }
  }

  rotate(): string {
    const issuer = createTestIssuer(this.#options)
    this.#issuers = [issuer, ...this.#issuers]
    return issuer.keyId
  }

  remove(keyId: string): void {
    const kept = this.#issuers.filter((issuer) => issuer.keyId !== keyId)
    if (kept.length === this.#issuers.length) {
      throw invalid('keyId', '"keyId" is the id of no key that is published.')
    }
    this.#issuers = kept
  }
}
