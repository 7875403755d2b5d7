import { OptionError } from '../base/errors.ts'
import { checkOrigin } from './check.ts'
import { compiledOrigins } from './matcher.ts'
import { requirePatterns } from './grammar.ts'
import { type OriginOptions, readSettings } from './settings.ts'

/** Says whether CORS admits an origin, in the forms that two packages ask for it. */
export interface CorsOriginCheck {
  /** For `cors`: calls back with the origin that was received, or `false`. */
  (origin: string | undefined, callback: (error: null, allowed: string | false) => void): void
  /** For `@koa/cors`: gives the origin that was received, or `''`. */
  (ctx: { get(field: string): string }): string
}

/** What {@link corsOriginCheck} takes beside patterns. */
export type CorsOriginOptions = Pick<OriginOptions, 'allowNullOrigin' | 'allowSuffixes'>

/**
 * Makes the `origin` option of the `cors` and `@koa/cors` packages from origin patterns, so that CORS
 * and the verifier beside it go by one list. A preflight carries no token: this list comes from the
 * configuration, and never from a token.
 *
 * `*` is refused here. It would answer every site with that site's own name, and so also let it read
 * what cookies open; where that is wanted, say `origin: '*'` to the package itself.
 *
 * @throws {OptionError} `ERR_ORIGIN_PATTERN` for a pattern that is not sound; `ERR_OPTION_UNKNOWN`,
 * `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { corsOriginCheck } from '@mayfly/core'
 *
 * const origin = corsOriginCheck(['app.example.com', '*.example.org'])
 * // Express: app.use(cors({ origin }))    Koa: app.use(cors({ origin }))
 * ```
 */
export function corsOriginCheck(
  patterns: string | readonly string[],
  options?: CorsOriginOptions,
): CorsOriginCheck {
  const settings = readSettings(options, ['allowNullOrigin', 'allowSuffixes'], 'corsOriginCheck')
  const compiled = compiledOrigins(
    requirePatterns(patterns, 'patterns', settings.allowSuffixes),
    settings,
  )
  if (compiled.patterns.some(({ kind }) => kind === 'any')) {
    throw new OptionError(
      'ERR_ORIGIN_PATTERN',
      'patterns',
      'corsOriginCheck takes no "*": write origin: "*" in the options of the CORS package itself.',
    )
  }
  const admitted = (origin: string | undefined): string =>
    origin !== undefined && checkOrigin(compiled, origin).allowed ? origin : ''

  function originCheck(ctx: { get(field: string): string }): string
  function originCheck(
    origin: string | undefined,
    callback: (error: null, allowed: string | false) => void,
  ): void
  function originCheck(
    from: string | undefined | { get(field: string): string },
    callback?: (error: null, allowed: string | false) => void,
  ): string | void {
    if (typeof from === 'object') return admitted(from.get('Origin'))
    callback?.(null, admitted(from) || false)
  }
  return originCheck
}
