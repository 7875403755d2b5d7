import { isOfKind } from './kind.ts'

/**
 * The root of the library's own errors. A mistake in the calling code is an {@link OptionError}
 * instead, which is a `TypeError`; {@link isMayflyError} knows both.
 */
export class MayflyError extends Error {
  /** @internal The brand that all copies of this class share. */
  static readonly mayflyKind: string = 'MayflyError'

  /** Knows this class by its brand, so that two copies of the library in one program agree. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(this, value)
  }

  override readonly name: string = 'MayflyError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Reports a mistake in the calling code: an option that is missing, unknown or out of bounds. */
export class OptionError extends TypeError {
  /** @internal The brand that all copies of this class share. */
  static readonly mayflyKind: string = 'OptionError'

  /** Knows this class by its brand, so that two copies of the library in one program agree. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(this, value)
  }

  override readonly name: string = 'OptionError'
  readonly code: OptionErrorCode
  /** The option's name, as the caller wrote it. */
  readonly option: string

  constructor(code: OptionErrorCode, option: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.option = option
  }
}

/** Reports key material that cannot be used. The message never holds any of it. */
export class KeyError extends MayflyError {
  /** @internal The brand that all copies of this class share. */
  static override readonly mayflyKind: string = 'KeyError'
  override readonly name: string = 'KeyError'
  declare readonly code: KeyErrorCode

  // eslint-disable-next-line no-useless-constructor -- narrows the code
  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}

/** What a {@link SourceError} knows beside its message. */
export interface SourceErrorOptions extends ErrorOptions {
  /** Trying again cannot help: the credentials themselves were refused. Default `false`. */
  readonly permanent?: boolean
  /** How long the server asked to be left alone, in milliseconds. What is no such number is dropped. */
  readonly retryAfterMs?: number
}

/** Reports that a token could not be had. `permanent` tells whether another try can help. */
export class SourceError extends MayflyError {
  /** @internal The brand that all copies of this class share. */
  static override readonly mayflyKind: string = 'SourceError'
  override readonly name: string = 'SourceError'
  declare readonly code: SourceErrorCode
  readonly permanent: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: SourceErrorCode, message: string, options: SourceErrorOptions = {}) {
    super(code, message, options)
    this.permanent = options.permanent ?? false
    this.retryAfterMs = waitOf(options.retryAfterMs)
  }
}

/** A wait that is no number cannot be waited for, nor told on in a header. */
function waitOf(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER ? ms : undefined
}

/** Reports a token that was about to leave for an origin that its source does not name. */
export class ForeignOriginError extends TypeError {
  /** @internal The brand that all copies of this class share. */
  static readonly mayflyKind: string = 'ForeignOriginError'

  /** Knows this class by its brand, so that two copies of the library in one program agree. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(this, value)
  }

  override readonly name: string = 'ForeignOriginError'
  readonly code = 'ERR_FOREIGN_ORIGIN' as const
  /** The origin that was asked for. */
  readonly origin: string

  constructor(origin: string, message: string) {
    super(message)
    this.origin = origin
  }
}

/**
 * Why a request was refused. The list is bounded: the same word stands in the error, the problem
 * body, the event and the metric.
 */
export type Reason =
  | 'request_invalid'
  | 'token_missing'
  | 'token_malformed'
  | 'algorithm_not_allowed'
  | 'key_unknown'
  | 'signature_invalid'
  | 'type_mismatch'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_too_old'
  | 'token_replayed'
  | 'token_superseded'
  | 'token_revoked'
  | 'claim_missing'
  | 'claim_invalid'
  | 'claims_schema'
  | 'issuer_mismatch'
  | 'audience_mismatch'
  | 'client_mismatch'
  | 'origin_malformed'
  | 'origin_mismatch'
  | 'origin_null'
  | 'origin_trailing_dot'
  | 'origin_required'
  | 'origin_unprovable'
  | 'proof_missing'
  | 'proof_invalid'
  | 'proof_expired'
  | 'proof_replayed'
  | 'proof_nonce'
  | 'key_mismatch'
  | 'key_unproven'
  | 'key_unbound'
  | 'insufficient_scope'
  | 'claims_insufficient'
  | 'insufficient_user_authentication'
  | 'keys_unavailable'
  | 'overloaded'
  | 'store_unavailable'
  | 'token_inactive'
  | 'introspection_unavailable'
  | 'issue_refused'
  | 'token_unavailable'
  | 'reconnect_needed'

/** What a {@link RequestError} knows beside its message. */
export interface RequestErrorOptions extends ErrorOptions {
  readonly reason: Reason
  /** The HTTP status to answer with. Default 401. */
  readonly status?: number
  /** Header fields to answer with, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>
  /** The claim that is at fault. */
  readonly claim?: string
  /** The origin that the request came from, where it is at fault and well-formed. */
  readonly origin?: string
}

/** The body of a refusal: problem details (RFC 9457), with the reason as an extension member. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly reason: Reason
  readonly claim?: string
  readonly origin?: string
}

/**
 * Reports what came in with a request and cannot be accepted. `status`, `headers` and
 * {@link RequestError.toProblem} are all that an HTTP answer needs; the message is fit for a caller's
 * eyes and never holds the token. It has no stack: a flood of bad tokens must not pay for one each.
 */
export class RequestError extends MayflyError {
  /** @internal The brand that all copies of this class share. */
  static override readonly mayflyKind: string = 'RequestError'
  override readonly name: string = 'RequestError'
  declare readonly code: RequestErrorCode
  readonly reason: Reason
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly claim: string | undefined
  readonly origin: string | undefined

  constructor(code: RequestErrorCode, message: string, options: RequestErrorOptions) {
    // A stack would take most of the time that refusing a token takes, and tell of the library alone.
    const limit = exchangeStackLimit(0)
    super(code, message, options)
    exchangeStackLimit(limit)
    this.reason = options.reason
    this.status = options.status ?? 401
    this.headers = { ...options.headers }
    this.claim = options.claim
    this.origin = options.origin
  }

  /** Tells Koa that the message is for the client, and nothing to be printed as a fault of the server. */
  get expose(): boolean {
    return this.status < 500
  }

  /** Gives the problem details of RFC 9457, to be sent as `application/problem+json`. */
  toProblem(): Problem {
    const { status, message: detail, reason, claim, origin } = this
    return {
      type: 'about:blank',
      title: statusTitle(status) ?? 'Request refused',
      status,
      detail,
      reason,
      ...(claim !== undefined && { claim }),
      ...(origin !== undefined && { origin }),
    }
  }
}

/** Sets how deep the stacks of errors are, where the engine has such a setting and lets go of it. */
function exchangeStackLimit(limit: number | undefined): number | undefined {
  const before: unknown = Error.stackTraceLimit
  if (limit === undefined || typeof before !== 'number') return undefined
  return Reflect.set(Error, 'stackTraceLimit', limit) ? before : undefined
}

// With the type "about:blank" the title is the status's own phrase (RFC 9457 section 4.2.1).
const STATUS_TITLES: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [413, 'Content Too Large'],
  [426, 'Upgrade Required'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
])

/** Gives a status's phrase, for those that the library answers with. */
export function statusTitle(status: number): string | undefined {
  return STATUS_TITLES.get(status)
}

/** Tells whether a value is one of this library's errors, the `TypeError`s included. */
export function isMayflyError(
  value: unknown,
): value is MayflyError | OptionError | ForeignOriginError {
  return (
    value instanceof MayflyError ||
    value instanceof OptionError ||
    value instanceof ForeignOriginError
  )
}

/**
 * Makes an error of whatever was thrown. Frameworks take some things that are none for leave to go on
 * (Express: `undefined`, `"route"`), and wait for ever on others (Koa: `undefined`).
 */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new Error('Something was thrown that is no error.', { cause: thrown })
}

/**
 * Every `code` that an error of this library can carry. Codes are stable: match on them, never on
 * messages.
 */
export type ErrorCode =
  | OptionErrorCode
  | KeyErrorCode
  | SourceErrorCode
  | SealingErrorCode
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
  | 'ERR_KEY_NOT_EXTRACTABLE'
  | 'ERR_KEY_UNSUPPORTED'
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
  | 'ERR_TOKEN_STORE'
  | GrantErrorCode

/** Codes of {@link GrantError}: a grant has no token to give. */
export type GrantErrorCode =
  | 'ERR_GRANT_MISSING'
  | 'ERR_GRANT_ENDED'
  | 'ERR_GRANT_STORE'
  | 'ERR_GRANT_REVOCATION'

/** Codes of {@link SealingError}: encrypted with an unknown key; changed, or put in another's place. */
export type SealingErrorCode = 'ERR_SEALING_KEY_UNKNOWN' | 'ERR_SEALING_BROKEN'

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
  | 'ERR_CLIENT'
  | 'ERR_ORIGIN'
  | 'ERR_DPOP_PROOF'
  | 'ERR_DPOP_NONCE'
  | 'ERR_TOKEN_BINDING'
  | 'ERR_SCOPE'
  | 'ERR_CLAIMS_INSUFFICIENT'
  | 'ERR_AUTHENTICATION'
  | 'ERR_KEYS_UNAVAILABLE'
  | 'ERR_OVERLOADED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_TOKEN_INACTIVE'
  | 'ERR_INTROSPECTION_UNAVAILABLE'
  | 'ERR_ISSUE_REFUSED'
  | 'ERR_TOKEN_UNAVAILABLE'
  | 'ERR_RECONNECT_NEEDED'
