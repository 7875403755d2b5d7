import type { Algorithm } from '../../keys/algorithms.ts'
import type { VerifiedTokensOptions } from './verified-tokens.ts'
import type { JwtPayload } from '../claims/payload.ts'
import { CLAIMS_OPTIONS, type ClaimsOptions } from '../claims/policy.ts'
import type { Clock } from '../../base/clock.ts'
import { refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import type { Reason, RequestError } from '../../base/errors.ts'
import type { UnverifiedToken } from './decode-token.ts'
import type { VerifierKeys } from './key-set.ts'
import type { Observe } from '../../base/observe.ts'
import type { RemoteKeysEvent, RemoteKeysHealth } from '../remote-keys/options.ts'
import type { TokenIntrospection } from '../introspection/introspection.ts'
import type { OriginBinding, VerifyContext } from './origin-binding.ts'
import type { PayloadSchema } from './schema.ts'
import { STATE_OPTIONS, type StateOptions } from './state.ts'
import type { VerifiedToken } from './verified-token.ts'

/** What a `TokenVerifier` is told. */
export interface VerifierOptions<Payload = JwtPayload> extends ClaimsOptions, StateOptions {
  /** What signatures are checked with. */
  readonly keys: VerifierKeys
  /**
   * The algorithms that are allowed. Required with a JWK set. Left out, they are otherwise those of the
   * keys; with keys over HTTP, all that take a public key.
   */
  readonly algorithms?: readonly Algorithm[]
  /**
   * Binds tokens to the browser origins that they name: made by `originBinding`. Default: origins are
   * not looked at.
   */
  readonly origin?: OriginBinding
  /** The longest token that is looked at, in characters. Default 12 288: Node takes 16 KiB of header fields. */
  readonly maxTokenLength?: number
  /** Judges the payload last of all claims, and gives it its type. */
  readonly schema?: PayloadSchema<Payload>
  /**
   * Asks the issuer about tokens that are no JWTs: a `TokenIntrospection`. What it answers is judged as the
   * claims of a JWT are. Default: such tokens are refused.
   */
  readonly introspection?: Pick<TokenIntrospection, 'introspect'>
  /** The cache of good signatures. `false`: none. Default `true`. */
  readonly cache?: boolean | VerifiedTokensOptions
  readonly clock?: Clock
  /**
   * Says what is known about tokens like this one, in a sentence that is added to the message of a
   * refusal. It changes nothing else, and may believe nothing that the token says.
   */
  readonly explain?: (token: UnverifiedToken, error: RequestError) => string | undefined
  /** Gets an event for every token that was accepted or refused, and for every fetch of keys. */
  readonly observe?: Observe<VerifierEvent>
}

/** What a verifier reports. Durations are those of its clock. */
export type VerifierEvent =
  | { readonly type: 'verify'; readonly cached: boolean; readonly durationMs: number }
  | { readonly type: 'deny'; readonly reason: Reason; readonly durationMs: number }
  | RemoteKeysEvent

/** Where a verifier stands. */
export interface VerifierHealth {
  /** There are keys for an algorithm that is allowed, be they old ones. */
  readonly ready: boolean
  /** The key sets that are fetched over HTTP. */
  readonly keys: readonly RemoteKeysHealth[]
}

/** A verifier that judges tokens which it knows at once: for the guard, which a promise would cost more. */
export interface KnowingVerifier<Payload> {
  /**
   * Does for a known token what `verify` does: gives it, or throws a `RequestError`. `undefined`: somebody
   * has to be waited for.
   *
   * @param verify what is called otherwise. It counts: a subclass or a spy may have put another in place.
   */
  verifyKnown(
    verify: unknown,
    token: string,
    context: VerifyContext,
  ): VerifiedToken<Payload> | undefined
}

/** The names of {@link VerifierOptions}. */
export const VERIFIER_OPTIONS: readonly (keyof VerifierOptions)[] = [
  ...CLAIMS_OPTIONS,
  ...STATE_OPTIONS,
  'keys',
  'algorithms',
  'origin',
  'maxTokenLength',
  'schema',
  'introspection',
  'cache',
  'clock',
  'observe',
  'explain',
]

/** Refuses what is no set of verifier options. The parts check their own. */
export function requireVerifierOptions(options: object): void {
  requireOptions(options, 'TokenVerifier')
  refuseUnknownOptions(options, VERIFIER_OPTIONS, 'TokenVerifier')
}
