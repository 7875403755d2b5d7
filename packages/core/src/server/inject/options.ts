import { type BearerSessionOptions, compileHeader } from '../../outbound/fetch/options.ts'
import type { TokenHeader } from '../../outbound/token.ts'
import {
  invalid,
  optionalStrings,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'

/** Header fields by which a caller shows who it is. They are not for the server behind. */
const CALLER_CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', 'dpop'] as const

/** Options of `injectBearer`. */
export interface InjectOptions extends BearerSessionOptions {
  /**
   * The URL or origin that the proxy behind this calls. Needed where the source's tokens go to
   * several origins; checked against them when given.
   */
  readonly upstream?: string
  /**
   * Header fields of the caller's that go upstream although they hold credentials, such as
   * `['cookie']`. `authorization` is always replaced. Default: none.
   */
  readonly keepHeaders?: readonly string[]
  /** Query parameters that are taken off because they may hold a token. Default `['access_token']`. */
  readonly stripQuery?: readonly string[]
  /**
   * Whether the answer is watched: a 401 drops the token, a 401, 403 or 429 is explained to `observe`,
   * and a `Date` that the proxy copied teaches the server's clock. Switch it off where a handler behind
   * this answers 401 of its own accord. Default `true`.
   */
  readonly watchResponses?: boolean
}

/** Refuses what is no set of options for `injectBearer`. The parts check their own. */
export function requireInjectOptions(options: object): void {
  requireOptions(options, 'injectBearer')
  if ('dpop' in options) {
    throw invalid(
      'dpop',
      '"dpop": injectBearer cannot send proofs. It does not know the URL that the proxy behind it is going to call, nor can it send a request again whose server asks for a nonce. Call bearerFetch with "dpop" in a handler.',
    )
  }
  refuseUnknownOptions(
    options,
    [
      'origins',
      'clocks',
      'clock',
      'observe',
      'header',
      'allowHttp',
      'upstream',
      'keepHeaders',
      'stripQuery',
      'watchResponses',
    ],
    'injectBearer',
  )
}

/** The header fields that are taken off, by lower-case name. */
export function strippedFields(
  keepHeaders: readonly string[] | undefined,
  header: TokenHeader | undefined,
): ReadonlySet<string> {
  const names = optionalStrings(keepHeaders, 'keepHeaders') ?? []
  const kept = new Set(names.map((name) => name.toLowerCase()))
  if (kept.has('authorization')) {
    throw invalid('keepHeaders', '"keepHeaders": the Authorization header is always replaced.')
  }
  const token = header === undefined ? [] : [compileHeader(header).name]
  return new Set([...CALLER_CREDENTIALS.filter((name) => !kept.has(name)), ...token])
}
