import { readPattern, MAX_PATTERNS } from './grammar.ts'
import type { OriginHeader } from './header.ts'
import { exactOrigin, matchesOrigin, type OriginPattern } from './pattern.ts'
import {
  ORIGIN_OPTIONS,
  type OriginOptions,
  type OriginSettings,
  readSettings,
} from './settings.ts'

/** Patterns and policy, compiled for {@link checkOrigin}. Immutable; good for any number of requests. */
export interface CompiledOrigins {
  /** The patterns that can match, in their order. Those that were refused are not among them. */
  readonly patterns: readonly OriginPattern[]
  /** Origins that are admitted as they are: a header that is one of them need not be parsed. */
  readonly exact: readonly string[]
  readonly missingOrigin: 'allow' | 'deny' | 'fetch-metadata'
  readonly allowNullOrigin: boolean
}

/**
 * Compiles the patterns of a token, or of a configuration, for {@link checkOrigin}. A pattern that is
 * not sound, as {@link parseOriginPattern} judges it, never matches, and neither does one after the
 * hundredth; no pattern at all admits no origin. What is no string is passed over, so that a claim can
 * be handed in as it is.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID` for the options; never for patterns.
 *
 * @example
 * ```ts
 * import { checkOrigin, compileOriginPatterns } from '@mayfly/core'
 *
 * const compiled = compileOriginPatterns(['app.example.com', '*.example.org'])
 * checkOrigin(compiled, 'https://a.example.org') // { allowed: true }
 * checkOrigin(compiled, 'https://example.org') // { allowed: false, status: 403, … }
 * ```
 */
export function compileOriginPatterns(patterns: unknown, options?: OriginOptions): CompiledOrigins {
  return compileWith(patterns, readSettings(options, ORIGIN_OPTIONS, 'compileOriginPatterns'))
}

/**
 * Checks the options now, and gives a function that compiles patterns by them: what a verifier wants,
 * which compiles once per token.
 */
export function originCompiler(options: OriginOptions): (patterns: unknown) => CompiledOrigins {
  const settings = readSettings(options, ORIGIN_OPTIONS, 'origin')
  return (patterns) => compileWith(patterns, settings)
}

/** Compiles patterns that were parsed already. */
export function compiledOrigins(
  patterns: readonly OriginPattern[],
  { missingOrigin, allowNullOrigin }: OriginSettings,
): CompiledOrigins {
  const exact = patterns.map(exactOrigin).filter((origin) => origin !== undefined)
  return Object.freeze({
    patterns: Object.freeze([...patterns]),
    exact: Object.freeze(exact),
    missingOrigin,
    allowNullOrigin,
  })
}

/** Tells whether one of the patterns admits an origin, or the opaque one. */
export function admits(
  { patterns, allowNullOrigin }: CompiledOrigins,
  header: Extract<OriginHeader, { kind: 'origin' | 'null' }>,
): boolean {
  return patterns.some((pattern) =>
    header.kind === 'origin'
      ? matchesOrigin(pattern, header)
      : pattern.kind === 'any' || (pattern.kind === 'null' && allowNullOrigin),
  )
}

function compileWith(patterns: unknown, settings: OriginSettings): CompiledOrigins {
  const compiled: OriginPattern[] = []
  const values: readonly unknown[] = Array.isArray(patterns) ? patterns : [patterns]
  for (const value of values.slice(0, MAX_PATTERNS)) {
    const pattern = readPattern(value, settings.allowSuffixes)
    if (!('refused' in pattern)) compiled.push(pattern)
  }
  return compiledOrigins(compiled, settings)
}
