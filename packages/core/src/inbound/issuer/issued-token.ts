/** A token that an issuer made, and what its receiver needs to know of it. */
export interface IssuedToken {
  /** The token itself. Never shown by `inspect`, `toString` or `JSON.stringify`. */
  readonly value: string
  /** NumericDate (seconds). */
  readonly issuedAt: number
  /** NumericDate (seconds): from when it is refused. */
  readonly expiresAt: number
  /** The token's `jti`. */
  readonly tokenId: string
}

/** Makes an {@link IssuedToken} whose value stays out of logs. */
export function createIssuedToken(fields: IssuedToken): IssuedToken {
  return new OpaqueIssuedToken(fields)
}

class OpaqueIssuedToken implements IssuedToken {
  readonly #value: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly tokenId: string

  constructor({ value, issuedAt, expiresAt, tokenId }: IssuedToken) {
    this.#value = value
    this.issuedAt = issuedAt
    this.expiresAt = expiresAt
    this.tokenId = tokenId
    Object.freeze(this)
  }

  get value(): string {
    return this.#value
  }

  get [Symbol.toStringTag](): string {
    return 'IssuedToken'
  }

  toJSON(): object {
    const { issuedAt, expiresAt, tokenId } = this
    return { value: '[hidden]', issuedAt, expiresAt, tokenId }
  }
}
