import type { Holder } from '../claims/key-binding.ts'
import { type JwtPayload, malformed } from '../claims/payload.ts'
import { invalid, requireOptions, requireString } from '../../base/options.ts'
import { splitAudience, judgeOrigin, type OriginContext, originError } from '../../origin/check.ts'
import { originReader } from '../../origin/header.ts'
import { type CompiledOrigins, originCompiler } from '../../origin/matcher.ts'
import type { OriginOptions } from '../../origin/settings.ts'

/** What {@link originBinding} takes. */
export interface OriginBindingOptions extends OriginOptions {
  /**
   * The claim with the origin patterns, a string or an array of them. With `aud` one claim does both
   * jobs: values equal to the verifier's `audience` count as audience, and all others as patterns; one
   * value has to be the audience still, unless `audience` is `null`.
   */
  readonly claim: string
}

/**
 * Where a token came from, and what its sender holds. Origins are needed only by a verifier that binds tokens to origins.
 */
export interface VerifyContext extends OriginContext, Holder {
  /** The `Origin` header. Several of them: joined with ", ", which is malformed. */
  readonly origin?: string | undefined
}

/** Binds the tokens of one verifier. */
export interface OriginCheck {
  /** Compiles a token's patterns, once per token. */
  compile(claims: JwtPayload): CompiledOrigins
  /** Judges one use of the token. Throws a `RequestError`. */
  check(compiled: CompiledOrigins, context: VerifyContext): void
}

/** Binds tokens to browser origins: what the option `origin` of a verifier takes. */
export interface OriginBinding {
  /** The claim that names the origins. */
  readonly claim: string
  /** Makes the check of a verifier, by the audience that it has. */
  forAudience(audience: readonly string[] | null): OriginCheck
}

/**
 * Binds tokens to the browser origins that they name. A token that names none may be used from no
 * origin at all: an issuer that leaves the patterns out has not lifted the restriction. It is handed
 * in, so that a program that binds nothing does not load the public suffix list.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 *
 * @example
 * ```ts
 * import { originBinding, TokenVerifier, type VerifierKeys } from '@mayfly/core'
 *
 * export function pageVerifier(keys: VerifierKeys): TokenVerifier {
 *   return new TokenVerifier({
 *     issuer: 'https://auth.example.com',
 *     audience: 'https://api.example.com',
 *     keys,
 *     origin: originBinding({ claim: 'aud' }),
 *   })
 * }
 * ```
 */
export function originBinding(binding: OriginBindingOptions): OriginBinding {
  requireOptions(binding, 'originBinding')
  const { claim, ...options } = binding
  const name = requireString(claim, 'origin.claim', 128)
  if (REGISTERED.has(name)) {
    throw invalid('origin.claim', `"origin.claim" may not be "${name}": it names no origins.`)
  }
  const compilePatterns = originCompiler(options)
  return Object.freeze({
    claim: name,
    forAudience: (audience: readonly string[] | null): OriginCheck => ({
      compile: (claims) =>
        compilePatterns(
          name === 'aud' ? splitAudience(claims.aud, audience).patterns : patternsIn(claims, name),
        ),
      check: admission(),
    }),
  })
}

function admission(): OriginCheck['check'] {
  const read = originReader()
  return (compiled, context) => {
    const verdict = judgeOrigin(compiled, context.origin, { context, read })
    if (!verdict.allowed) throw originError(verdict, context.origin)
  }
}

const REGISTERED: ReadonlySet<string> = new Set(['iss', 'sub', 'exp', 'nbf', 'iat', 'jti'])

function patternsIn(claims: JwtPayload, name: string): readonly string[] {
  const value: unknown = Object.hasOwn(claims, name) ? claims[name] : []
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.every((one) => typeof one === 'string')) return values
  throw malformed(name, 'a string or an array of strings')
}
