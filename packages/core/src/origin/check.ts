import { type OriginHeader, parseOriginHeader } from './header.ts'
import { admits, type CompiledOrigins } from './matcher.ts'
import { RequestError } from '../base/errors.ts'

const MESSAGES: Readonly<Record<OriginReason, string>> = Object.freeze({
  origin_malformed: 'The Origin header holds no origin.',
  origin_mismatch: 'The token may not be used from this origin.',
  origin_null:
    'The token may not be used from an opaque origin, such as a sandboxed frame, a data: URL or a local file.',
  origin_trailing_dot:
    'The token may not be used from this origin: its host ends in a dot, which makes it another one.',
  origin_required: 'The request must have an Origin header.',
  origin_unprovable:
    'The request does not show that it came from an origin that may use the token.',
})

/**
 * Makes the error of a denied origin, to answer a request with. It names the origin that was received,
 * and never those that are allowed. A header that holds no origin is not repeated.
 */
export function originError({ status, reason }: OriginDenied, header?: string): RequestError {
  const received = parseOriginHeader(header)
  return new RequestError('ERR_ORIGIN', MESSAGES[reason], {
    reason,
    status,
    headers: { vary: 'Origin' },
    ...(received.kind === 'origin' && { origin: received.text }),
    ...(received.kind === 'null' && { origin: 'null' }),
  })
}

/** What {@link checkOrigin} may know of a request beside its `Origin`. */
export interface OriginContext {
  /** Where the token was found. Default `'header'`. */
  readonly tokenFrom?: 'header' | 'cookie' | 'query' | 'body' | undefined
  /** The `Sec-Fetch-Site` header (Fetch Metadata), `undefined` when the request has none. */
  readonly secFetchSite?: string | undefined
  /** The API's own origin, from its configuration and never from the request. */
  readonly selfOrigin?: string | undefined
}

/** The token may be used from where the request came. */
export interface OriginAllowed {
  readonly allowed: true
}

/** The token may not be used from there, and why. */
export interface OriginDenied {
  readonly allowed: false
  readonly status: 400 | 403
  readonly reason: OriginReason
}

/** Why an origin was denied; each is a `Reason` of `RequestError` too. */
export type OriginReason =
  | 'origin_malformed'
  | 'origin_mismatch'
  | 'origin_null'
  | 'origin_trailing_dot'
  | 'origin_required'
  | 'origin_unprovable'

const NO_CONTEXT: OriginContext = Object.freeze({})
// Verdicts are shared: nothing is allocated per request for one.
const ALLOWED: OriginAllowed = Object.freeze({ allowed: true })
const MALFORMED: OriginDenied = deny(400, 'origin_malformed')
const MISMATCH: OriginDenied = deny(403, 'origin_mismatch')
const NULL: OriginDenied = deny(403, 'origin_null')
const TRAILING_DOT: OriginDenied = deny(403, 'origin_trailing_dot')
const REQUIRED: OriginDenied = deny(403, 'origin_required')
const UNPROVABLE: OriginDenied = deny(403, 'origin_unprovable')

/**
 * Judges where a request came from. A header that is no origin is denied with 400 whatever the
 * patterns are; one that no pattern admits, with 403. Without the header `missingOrigin` decides, and
 * a token that did not come in a header is denied unless the browser says that the request is the
 * site's own: an `<img>` of another site sends no `Origin` either.
 *
 * @param header the `Origin` field, `undefined` when the request has none; never `''` for that.
 *
 * @example
 * ```ts
 * import { checkOrigin, compileOriginPatterns } from '@mayfly/core'
 *
 * const compiled = compileOriginPatterns('*.example.com')
 * const verdict = checkOrigin(compiled, 'https://evil.example.net')
 * if (!verdict.allowed) console.log(verdict.status, verdict.reason) // 403 origin_mismatch
 * ```
 */
export function checkOrigin(
  compiled: CompiledOrigins,
  header: string | undefined,
  context: OriginContext = NO_CONTEXT,
): OriginAllowed | OriginDenied {
  return judgeOrigin(compiled, header, { context, read: parseOriginHeader })
}

/** Judges as {@link checkOrigin} does, with another way to read a header. */
export function judgeOrigin(
  compiled: CompiledOrigins,
  header: string | undefined,
  by: { readonly context: OriginContext; readonly read: (header: string) => OriginHeader },
): OriginAllowed | OriginDenied {
  if (header === undefined) return judgeMissing(compiled, by.context)
  if (compiled.exact.includes(header)) return ALLOWED
  return judge(compiled, by.read(header))
}

function judge(compiled: CompiledOrigins, header: OriginHeader): OriginAllowed | OriginDenied {
  if (header.kind !== 'origin' && header.kind !== 'null') return MALFORMED
  if (admits(compiled, header)) return ALLOWED
  if (header.kind === 'null') return NULL
  return header.trailingDot ? TRAILING_DOT : MISMATCH
}

function judgeMissing(
  compiled: CompiledOrigins,
  { tokenFrom = 'header', secFetchSite, selfOrigin }: OriginContext,
): OriginAllowed | OriginDenied {
  const { missingOrigin } = compiled
  if (missingOrigin === 'deny') return REQUIRED
  if (missingOrigin === 'allow') {
    return tokenFrom === 'header' || isOwn(secFetchSite) ? ALLOWED : UNPROVABLE
  }
  if (secFetchSite === undefined) return ALLOWED
  return secFetchSite === 'same-origin' ? judgeSelf(compiled, selfOrigin) : UNPROVABLE
}

/** The API's own pages are a place like any other: the token must name it. */
function judgeSelf(
  compiled: CompiledOrigins,
  selfOrigin: string | undefined,
): OriginAllowed | OriginDenied {
  const own = parseOriginHeader(selfOrigin)
  return own.kind === 'origin' ? judge(compiled, own) : UNPROVABLE
}

/** No browser, or the site's own page, or an address that somebody typed. */
function isOwn(secFetchSite: string | undefined): boolean {
  return secFetchSite === undefined || secFetchSite === 'same-origin' || secFetchSite === 'none'
}

function deny(status: 400 | 403, reason: OriginReason): OriginDenied {
  return Object.freeze({ allowed: false, status, reason })
}

/** The values of one `aud`, by the job that each does. */
export interface SplitAudience {
  /** Those that name the verifier. */
  readonly audience: readonly string[]
  /** All others: origin patterns, sound or not. */
  readonly patterns: readonly string[]
}

/**
 * Splits an `aud` that does both jobs: values equal to the verifier's audience count as audience, the
 * others as origin patterns. Equal means to the letter, as RFC 7519 section 4.1.3 has it. What is no
 * string is neither.
 *
 * @param claim the claim as the token has it: a string or an array of strings.
 * @param audience what the verifier goes by; `null` or an empty list: nothing, all values are patterns.
 */
export function splitAudience(claim: unknown, audience: readonly string[] | null): SplitAudience {
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  const named: string[] = []
  const patterns: string[] = []
  for (const value of values) {
    if (typeof value !== 'string') continue
    if (audience?.includes(value) === true) named.push(value)
    else patterns.push(value)
  }
  return { audience: named, patterns }
}
