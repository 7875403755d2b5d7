import type { DpopVerifier } from '../../inbound/dpop/verifier.ts'
import type { MutualTls } from '../../inbound/mutual-tls/mutual-tls.ts'
import {
  invalid,
  optionalString,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import type { Reason, RequestError } from '../../base/errors.ts'
import type { Observe } from '../../base/observe.ts'
import type { VerifyContext } from '../../inbound/verifier/origin-binding.ts'
import type { VerifiedToken } from '../../inbound/verifier/verified-token.ts'
import { CHALLENGE_OPTIONS, type ChallengeOptions } from './challenge.ts'
import type { TokenPlaces } from './token-places.ts'

/** What a guard needs of a verifier. A `TokenVerifier` is one. */
export interface GuardVerifier<Payload> {
  /** Whether it judges the context, so that the answer varies with the request's `Origin`. */
  readonly checksOrigin: boolean
  /** Verifies a token as it came in, or rejects with a `RequestError`. */
  verify(token: string, context?: VerifyContext): Promise<VerifiedToken<Payload>>
}

/** Reports a request that a guard refused before its verifier saw a token. */
export interface DenyEvent {
  readonly type: 'deny'
  readonly reason: Reason
}

/** How a {@link Guard} treats requests. */
export interface GuardOptions extends ChallengeOptions {
  /** Lets a request without a token pass. One with an invalid token is refused all the same. */
  readonly optional?: boolean
  /** Where to look for the token. Default: the `Authorization` header alone. */
  readonly tokenFrom?: TokenPlaces
  /**
   * Gives the accepted token itself as `auth.token`, for calls on behalf of its user. It is no member that is
   * listed, logged or serialized; the rest is up to you. Default `false`.
   */
  readonly exposeToken?: boolean
  /**
   * The origin that browsers know this API by, such as `https://api.example.com`. Same-origin
   * requests without an `Origin` header are judged with it; the `Host` header is never believed.
   */
  readonly publicOrigin?: string
  /**
   * What becomes of a CORS preflight, which never carries a token. `deny`: it is a request without
   * credentials, so put your CORS middleware before the guard. `pass`: it goes on unauthenticated to
   * whatever stands behind the guard, which must then answer `OPTIONS` itself and do nothing else.
   * Default `deny`.
   */
  readonly preflight?: 'deny' | 'pass'
  /**
   * Takes tokens that are bound to a key, with a proof of it (DPoP, RFC 9449), and no others. Without
   * it a bound token is refused: nobody would look at its proof.
   */
  readonly dpop?: DpopVerifier
  /**
   * Takes tokens that are bound to the certificate of a client (mutual TLS, RFC 8705), from that client, and
   * no others but those of `dpop`. Without it such a token is refused: nobody would look at the certificate.
   */
  readonly mutualTls?: MutualTls
  /**
   * With `dpop` or `mutualTls`: takes tokens that are bound to nothing as well, as `Bearer`, while clients
   * move over. A bound token always needs its proof, or its certificate. Default `false`.
   */
  readonly allowBearer?: boolean
  /**
   * Gets an event for each request that was refused without a look at its token. The verifier's own
   * observer gets the others.
   */
  readonly observe?: Observe<DenyEvent>
}

/** What became of a request. `headers` go onto the answer; merge `vary` with what is there. */
export type Outcome<Payload> =
  | {
      readonly ok: true
      readonly auth: VerifiedToken<Payload> | undefined
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly ok: false; readonly error: RequestError }

/** Refuses what is no set of guard options. The parts check their own. */
export function requireGuardOptions(options: object): void {
  requireOptions(options, 'Guard')
  refuseUnknownOptions(options, [...GUARD_OPTIONS, ...CHALLENGE_OPTIONS], 'Guard')
}

const GUARD_OPTIONS = [
  'optional',
  'tokenFrom',
  'exposeToken',
  'publicOrigin',
  'preflight',
  'dpop',
  'mutualTls',
  'allowBearer',
  'observe',
] as const

/** Checks an adapter's `requestProperty`: a name that neither the framework nor JavaScript has a use for. */
export function requireProperty(name: string | undefined): string {
  const text = optionalString(name, 'requestProperty', 64) ?? 'auth'
  if (/^[A-Za-z_$][\w$]*$/.test(text) && !(text in {}) && !TAKEN.has(text)) return text
  throw invalid(
    'requestProperty',
    '"requestProperty" must be the name of a property that a request does not have, such as "user".',
  )
}

const TAKEN: ReadonlySet<string> = new Set(
  'headers rawHeaders url originalUrl baseUrl method body query params path route app res next socket complete on'.split(
    ' ',
  ),
)
