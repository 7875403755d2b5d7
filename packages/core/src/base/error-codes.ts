/**
 * Every `code` that an error of this library can carry. Codes are stable: match on them, never on
 * messages.
 */
export type ErrorCode =
  | OptionErrorCode
  | KeyErrorCode
  | SourceErrorCode
  | RequestErrorCode
  | 'ERR_FOREIGN_ORIGIN'
  | 'ERR_REDIRECT'
  | 'ERR_CLOSED'

/** Codes of {@link OptionError}: the calling code is wrong, and no retry will help. */
export type OptionErrorCode =
  | 'ERR_OPTION_REQUIRED'
  | 'ERR_OPTION_UNKNOWN'
  | 'ERR_OPTION_INVALID'
  | 'ERR_ORIGIN_PATTERN'

/** Codes of {@link KeyError}: key material that cannot be used, and why. */
export type KeyErrorCode =
  | 'ERR_KEY_FILE_NOT_FOUND'
  | 'ERR_KEY_FILE_PERMISSION'
  | 'ERR_KEY_FILE_UNREADABLE'
  | 'ERR_KEY_EMPTY'
  | 'ERR_KEY_LOST_NEWLINES'
  | 'ERR_KEY_ENCRYPTED'
  | 'ERR_KEY_CERTIFICATE'
  | 'ERR_KEY_FORMAT'
  | 'ERR_KEY_PUBLIC'
  | 'ERR_KEY_PRIVATE'
  | 'ERR_KEY_TYPE'
  | 'ERR_KEY_CURVE'
  | 'ERR_KEY_TOO_SHORT'
  | 'ERR_KEY_EXPONENT'
  | 'ERR_KEY_USE'
  | 'ERR_KEY_DUPLICATE'
  | 'ERR_KEY_SIGNER'
  | 'ERR_KEYS_TIMEOUT'
  | 'ERR_KEYS_FETCH'
  | 'ERR_KEYS_FORMAT'
  | 'ERR_KEYS_ISSUER'
  | 'ERR_KEYS_NONE'

/** Codes of {@link SourceError}: a token could not be had. */
export type SourceErrorCode =
  | 'ERR_MINT_FAILED'
  | 'ERR_MINT_REFUSED'
  | 'ERR_MINT_TIMEOUT'
  | 'ERR_TOKEN_UNUSABLE'
  | 'ERR_TOKEN_TOO_SHORT'

/** Codes of {@link RequestError}: what came in with a request cannot be accepted. */
export type RequestErrorCode =
  | 'ERR_REQUEST_INVALID'
  | 'ERR_TOKEN_MISSING'
  | 'ERR_TOKEN_MALFORMED'
  | 'ERR_TOKEN_ALGORITHM'
  | 'ERR_TOKEN_KEY'
  | 'ERR_TOKEN_SIGNATURE'
  | 'ERR_TOKEN_TYPE'
  | 'ERR_TOKEN_EXPIRED'
  | 'ERR_TOKEN_NOT_YET_VALID'
  | 'ERR_TOKEN_TOO_OLD'
  | 'ERR_TOKEN_REPLAYED'
  | 'ERR_TOKEN_SUPERSEDED'
  | 'ERR_TOKEN_REVOKED'
  | 'ERR_CLAIM_MISSING'
  | 'ERR_CLAIM_INVALID'
  | 'ERR_CLAIMS_SCHEMA'
  | 'ERR_ISSUER'
  | 'ERR_AUDIENCE'
  | 'ERR_ORIGIN'
  | 'ERR_DPOP_PROOF'
  | 'ERR_DPOP_NONCE'
  | 'ERR_TOKEN_BINDING'
  | 'ERR_SCOPE'
  | 'ERR_KEYS_UNAVAILABLE'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_ISSUE_REFUSED'
  | 'ERR_TOKEN_UNAVAILABLE'
