import {
  type GrantErrorCode,
  MayflyError,
  type SealingErrorCode,
  SourceError,
  type SourceErrorOptions,
} from './errors.ts'

/** Why a grant has ended: its refresh token is of no use any more. */
export type GrantEndCause =
  /** It was revoked: by our own call, or the server says so. */
  | 'revoked'
  /** An end that was known had passed. */
  | 'expired'
  /** An answer with a new refresh token never arrived, or never was kept. */
  | 'answer_lost'
  | 'unknown'

/**
 * Reports that a grant has no token to give. `ERR_GRANT_MISSING`: none is saved under this id;
 * `ERR_GRANT_ENDED`: its user has to connect again, and `cause` is a {@link GrantEndCause};
 * `ERR_GRANT_STORE`: its store failed, or cannot be read; `ERR_GRANT_REVOCATION`: the server did not
 * take the revocation.
 */
export class GrantError extends SourceError {
  /** @internal The brand that all copies of this class share. */
  static override readonly mayflyKind: string = 'GrantError'
  override readonly name: string = 'GrantError'
  declare readonly code: GrantErrorCode
  /** The grant's id. */
  readonly id: string

  constructor(code: GrantErrorCode, id: string, message: string, options: SourceErrorOptions = {}) {
    super(code, message, options)
    this.id = id
  }
}

/** Reports that what is kept encrypted cannot be read. It holds neither the text nor the key. */
export class SealingError extends MayflyError {
  /** @internal The brand that all copies of this class share. */
  static override readonly mayflyKind: string = 'SealingError'
  override readonly name: string = 'SealingError'
  declare readonly code: SealingErrorCode
}
