import { describe, invalid } from '../base/options.ts'
import { readPattern } from './grammar.ts'
import type { OriginPattern } from './pattern.ts'
import { patternError } from './refusal.ts'
import { type OriginPatternOptions, PATTERN_OPTIONS, readSettings } from './settings.ts'

/** How many patterns one list can have. */
export const MAX_PATTERNS = 100

/**
 * Compiles one origin pattern: a host (`app.example.com`), all names below one (`*.example.com`), with
 * a scheme, a port or `:*` if need be; an app's origin such as `capacitor://localhost`; `file://`,
 * `null` or `*`. A host without a scheme means https; on loopback it means http as well, on any port.
 * A wildcard ends where a public suffix begins further down: the names below that are strangers'.
 *
 * The pattern's `text` is its normal form: scheme and host in lower case, letters outside ASCII as
 * A-labels, no slash at the end, and no port where it is the one that the pattern would have without
 * it. Nothing else is changed: what would have to be guessed is refused.
 *
 * @throws {OptionError} `ERR_ORIGIN_PATTERN` for a pattern that is not sound: the message says why, and
 * what to write instead, and does not repeat the pattern.
 *
 * @example
 * ```ts
 * import { parseOriginPattern } from '@mayfly/core'
 *
 * parseOriginPattern('https://App.Example.com:443/').text // 'https://app.example.com'
 * parseOriginPattern('*.github.io') // throws: a public suffix
 * ```
 */
export function parseOriginPattern(text: string, options?: OriginPatternOptions): OriginPattern {
  const { allowSuffixes } = readSettings(options, PATTERN_OPTIONS, 'parseOriginPattern')
  return requirePattern(text, 'pattern', allowSuffixes)
}

/**
 * Compiles a list of patterns, and throws for the first that is not sound.
 *
 * @param option the name of the option that they came in; an error adds the index.
 */
export function requirePatterns(
  patterns: unknown,
  option: string,
  allowSuffixes: ReadonlySet<string>,
): readonly OriginPattern[] {
  if (typeof patterns === 'string') return [requirePattern(patterns, option, allowSuffixes)]
  if (!Array.isArray(patterns)) {
    throw invalid(option, `"${option}" must be an array of strings, not ${describe(patterns)}.`)
  }
  if (patterns.length > MAX_PATTERNS) {
    throw invalid(
      option,
      `"${option}" has ${patterns.length} entries, and more than ${MAX_PATTERNS} are never looked at; a wildcard may say it shorter.`,
    )
  }
  return Array.from(patterns, (text: unknown, index) =>
    requirePattern(text, `${option}[${index}]`, allowSuffixes),
  )
}

/**
 * Checks an issuer's patterns and gives each in its normal form, without repetitions and in their
 * order; what is normalised is said at {@link parseOriginPattern}.
 *
 * @throws {OptionError} `ERR_ORIGIN_PATTERN` for the first that no token should name.
 */
export function normaliseOriginPatterns(
  patterns: string | readonly string[],
  options?: OriginPatternOptions,
): readonly string[] {
  const { allowSuffixes } = readSettings(options, PATTERN_OPTIONS, 'origins')
  const compiled = requirePatterns(patterns, 'origins', allowSuffixes)
  return [...new Set(compiled.map(({ text }) => text))]
}

/**
 * Tells which warning a pattern deserves when it is issued: `*` binds a token to no place at all, and
 * `file://` to every page that is opened from a disk.
 *
 * @param text the pattern in its normal form.
 */
export function originWarning(text: string): 'origin_any' | 'origin_file' | undefined {
  if (text === '*') return 'origin_any'
  return text === 'file://' ? 'origin_file' : undefined
}

function requirePattern(
  text: unknown,
  option: string,
  allowSuffixes: ReadonlySet<string>,
): OriginPattern {
  const pattern = readPattern(text, allowSuffixes)
  if ('refused' in pattern) throw patternError(pattern, option)
  return pattern
}
