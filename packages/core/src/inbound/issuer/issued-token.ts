import { HiddenText } from '../../base/hidden-text.ts'

/** A token that an issuer made, and what its receiver needs to know of it. */
export interface IssuedToken {
  /**
   * The token itself. Never shown by `inspect`, `JSON.stringify` or a logger; the object in its place
   * in a string throws.
   */
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

class OpaqueIssuedToken extends HiddenText implements IssuedToken {
  readonly issuedAt: number
  readonly expiresAt: number
  readonly tokenId: string

  constructor({ value, issuedAt, expiresAt, tokenId }: IssuedToken) {
    super(value, 'This is an issued token, not its text: write token.value.')
    this.issuedAt = issuedAt
    this.expiresAt = expiresAt
    this.tokenId = tokenId
    Object.freeze(this)
  }

  get [Symbol.toStringTag](): string {
    return 'IssuedToken'
  }

  toJSON(): object {
    const { issuedAt, expiresAt, tokenId } = this
    return { value: '[hidden]', issuedAt, expiresAt, tokenId }
  }
}
