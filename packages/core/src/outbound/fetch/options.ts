import type { Clock } from '../../base/clock.ts'
import type { Diagnosis } from '../diagnose/diagnose.ts'
import {
  clockOption,
  describe,
  hasMethod,
  invalid,
  optionalFunction,
  optionalString,
  optionalStrings,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import type { TokenHeader } from '../token.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { compileDestinations, type Destinations } from '../../http/destination.ts'
import type { Observe } from '../../base/observe.ts'
import type { LearnedClocks } from '../learned-clock.ts'

/** What happened to a request that was refused. */
export type RefusalOutcome =
  /** The request goes out again with another token. */
  | 'resent'
  /** The token is so new that the server may not know it yet; it is sent again, after a pause. */
  | 'same-token'
  /** No other token could be had; the refusal goes to the caller. */
  | 'no-other-token'
  /** The request was already sent twice, or its body cannot be sent again. */
  | 'not-resent'
  /**
   * Another token would fare no better, as with most 403s, each 429, and after a 401 that a new token
   * did not cure: this one stays in use.
   */
  | 'token-kept'

/** What a proof was refused with (RFC 9449 sections 7.1 and 9). */
export type ProofRefusal = 'use_dpop_nonce' | 'invalid_dpop_proof'

/** What a session tells its observer. Origins come from the source's own list; times are in ms. */
export type BearerEvent =
  | {
      readonly type: 'response'
      readonly origin: string
      readonly status: number
      readonly durationMs: number
      /** 1, or more after a refusal. */
      readonly attempt: number
    }
  | {
      readonly type: 'refused'
      readonly origin: string
      readonly outcome: RefusalOutcome
      /** Why, most likely, and what to do about it. */
      readonly diagnosis: Diagnosis
    }
  | {
      readonly type: 'proof-refused'
      readonly origin: string
      readonly error: ProofRefusal
      /** Whether the request goes out again, with the same token and a better proof. */
      readonly outcome: 'resent' | 'not-resent'
      /** Why, most likely, and what to do about it. */
      readonly advice: string
    }
  | {
      /** A request came with an `Authorization` header of the caller's own. */
      readonly type: 'own-authorization'
      readonly origin: string
      readonly outcome: 'kept' | 'replaced' | 'refused'
    }
  /** Tokens go to this origin over plain http, as `allowHttp` says. Told once. */
  | { readonly type: 'plain-http'; readonly origin: string }
  | { readonly type: 'token-failed'; readonly origin: string; readonly code: ErrorCode | undefined }
  | {
      readonly type: 'skew'
      readonly origin: string
      /** How far the server's clock is ahead of the local one, as its taking a token has proved. */
      readonly offsetMs: number
      readonly changeMs: number
    }

/** Options of a {@link BearerSession}. */
export interface BearerSessionOptions {
  /** Where tokens may go. Replaces the source's own origins. */
  readonly origins?: readonly string[]
  /**
   * The learned clocks. Share one object between sources that call the same servers. Default: one for
   * all wrappers of the same source.
   */
  readonly clocks?: LearnedClocks
  /** The local clock. Default: the machine's. */
  readonly clock?: Clock
  /**
   * Hosts, by name alone, that tokens may go to over plain http, such as `['keycloak']` in a network of
   * containers: whoever listens there has the tokens. Default: the source's own, or none but loopback.
   */
  readonly allowHttp?: readonly string[]
  /** The header field that the token goes into. Default: the source's own, or `Authorization: Bearer`. */
  readonly header?: TokenHeader
  readonly observe?: Observe<BearerEvent>
}

/** Checked {@link BearerSessionOptions}. */
export interface SessionParts {
  readonly allowHttp: readonly string[] | undefined
  readonly origins: Destinations | undefined
  readonly clock: Clock
  /** Default: those of the source. */
  readonly clocks: LearnedClocks | undefined
  readonly header: TokenField | undefined
  readonly observe: Observe<BearerEvent> | undefined
}

/** Checks the options of a session. */
export function requireSessionOptions(
  options: BearerSessionOptions,
  ofSource?: readonly string[],
): SessionParts {
  const clock = clockOption(options.clock)
  const { clocks } = options
  if (clocks !== undefined && !(hasMethod(clocks, 'of') && hasMethod(clocks, 'offsets'))) {
    throw invalid('clocks', `"clocks" must be a LearnedClocks, not ${describe(clocks)}.`)
  }
  const { origins } = options
  const allowHttp = optionalStrings(options.allowHttp, 'allowHttp')
  return {
    allowHttp: allowHttp ?? ofSource,
    origins:
      origins === undefined
        ? undefined
        : compileDestinations(origins, 'origins', allowHttp ?? ofSource),
    clock,
    clocks,
    header: options.header === undefined ? undefined : compileHeader(options.header),
    observe: optionalFunction(options.observe, 'observe'),
  }
}

/** A checked {@link TokenHeader}. */
export interface TokenField {
  /** In lower case. */
  readonly name: string
  readonly valueOf: (token: string) => string
}

/** Fields that mean something else to a server or a proxy, and are never a token's. */
const NO_TOKEN_FIELD =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|cookie|set-cookie|date|origin|dpop|expect|keep-alive)$/

/** Checks the option `header`. */
export function compileHeader(header: TokenHeader = {}): TokenField {
  requireOptions(header, 'header')
  refuseUnknownOptions(header, ['name', 'scheme'], 'header')
  const name = (optionalString(header.name, 'header.name', 128) ?? 'authorization').toLowerCase()
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || NO_TOKEN_FIELD.test(name)) {
    throw invalid('header.name', '"header.name" must be the name of a header field for tokens.')
  }
  const usual = name === 'authorization' ? 'Bearer' : ''
  const { scheme = usual } = header
  if (typeof scheme !== 'string' || !/^[!#$%&'*+.^_`|~\w-]{0,64}$/.test(scheme)) {
    throw invalid('header.scheme', '"header.scheme" must be one word, such as "Token", or empty.')
  }
  return { name, valueOf: (token) => (scheme === '' ? token : `${scheme} ${token}`) }
}
