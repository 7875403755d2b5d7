import type { JwtPayload } from '../claims/payload.ts'
import { invalid } from '../encoding/options.ts'

/** Which claim names the origins that a token may be used from, and how strict to be. */
export interface OriginBinding {
  /**
   * The claim with the origin patterns. With `aud` one claim does both jobs: values equal to the
   * verifier's audience count as audience, all others as patterns.
   */
  readonly claim: string
}

/** Where a token came from; all of it is needed only by a verifier that binds tokens to origins. */
export interface VerifyContext {
  /** The `Origin` header. Several of them: joined with ", ", which never matches. */
  readonly origin?: string | undefined
  /** The `Sec-Fetch-Site` header. */
  readonly secFetchSite?: string | undefined
  /** The API's own origin, from its configuration and never from the request. */
  readonly selfOrigin?: string | undefined
  /** The place that the token was found in. */
  readonly tokenFrom?: 'header' | 'cookie' | 'query' | 'body' | undefined
}

/** Binds tokens to origins. */
export interface OriginCheck {
  /** Compiles a token's patterns, once per token. */
  compile(claims: JwtPayload): object
  /** Judges one use of the token. */
  check(compiled: object, context: VerifyContext): void
}

/** Compiles an `origin` option. */
export function compileOriginBinding(
  binding: OriginBinding | undefined,
  _audience: readonly string[] | null,
): OriginCheck | undefined {
  if (binding === undefined) return undefined
  throw invalid('origin', '"origin" is not supported yet.')
}
