import {
  describe,
  invalid,
  optionalBoolean,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../base/options.ts'
import { isInternational, toALabels, parseHost } from './host.ts'
import { isSpecialUse, listedSuffix } from './suffix.ts'

/** What a pattern is judged by. */
export interface OriginPatternOptions {
  /**
   * Names that a wildcard may stand on although strangers could have names below them: an intranet's
   * single label (`internal`), or a suffix that is rented out (`vercel.app`) where that is wanted. A
   * registry's suffix, such as `com`, cannot be named. Default: none.
   */
  readonly allowSuffixes?: readonly string[]
}

/** What {@link compileOriginPatterns} takes. */
export interface OriginOptions extends OriginPatternOptions {
  /**
   * What to do with a request that has no `Origin` header. `'allow'`, the default: it does not come
   * from another site's script. `'deny'`: refuse it. `'fetch-metadata'`: allow it when it has no
   * `Sec-Fetch-Site` either; judge a `same-origin` one by the API's own origin; refuse all others.
   */
  readonly missingOrigin?: 'allow' | 'deny' | 'fetch-metadata'
  /** Lets the pattern `null` match opaque origins. Default `false`: then it never matches. */
  readonly allowNullOrigin?: boolean
}

/** The options of {@link OriginOptions}, checked and completed. */
export interface OriginSettings {
  readonly missingOrigin: 'allow' | 'deny' | 'fetch-metadata'
  readonly allowNullOrigin: boolean
  readonly allowSuffixes: ReadonlySet<string>
}

const MAX_SUFFIXES = 100
const NO_SUFFIXES: ReadonlySet<string> = new Set()
const DEFAULTS: OriginSettings = Object.freeze({
  missingOrigin: 'allow',
  allowNullOrigin: false,
  allowSuffixes: NO_SUFFIXES,
})

/** The names of {@link OriginPatternOptions}. */
export const PATTERN_OPTIONS: readonly string[] = Object.freeze(['allowSuffixes'])
/** The names of {@link OriginOptions}. */
export const ORIGIN_OPTIONS: readonly string[] = Object.freeze([
  'missingOrigin',
  'allowNullOrigin',
  'allowSuffixes',
])

/** Checks options, once for all patterns that they are used with. */
export function readSettings(
  options: OriginOptions | undefined,
  known: readonly string[],
  where: string,
): OriginSettings {
  if (options === undefined) return DEFAULTS
  requireOptions(options, where)
  refuseUnknownOptions(options, known, where)
  return Object.freeze({
    missingOrigin: requireOneOf(options.missingOrigin ?? 'allow', 'missingOrigin', [
      'allow',
      'deny',
      'fetch-metadata',
    ]),
    allowNullOrigin: optionalBoolean(options.allowNullOrigin, 'allowNullOrigin') ?? false,
    allowSuffixes: readSuffixes(options.allowSuffixes),
  })
}

function readSuffixes(value: unknown): ReadonlySet<string> {
  if (value === undefined) return NO_SUFFIXES
  if (!Array.isArray(value)) {
    throw invalid('allowSuffixes', `"allowSuffixes" must be an array, not ${describe(value)}.`)
  }
  if (value.length > MAX_SUFFIXES) {
    throw invalid('allowSuffixes', `"allowSuffixes" must have at most ${MAX_SUFFIXES} entries.`)
  }
  return new Set(value.map((suffix: unknown, index) => readSuffix(suffix, index)))
}

function readSuffix(value: unknown, index: number): string {
  const option = `allowSuffixes[${index}]`
  if (typeof value !== 'string') {
    throw invalid(option, `"${option}" must be a string, not ${describe(value)}.`)
  }
  const host = parseHost(isInternational(value) ? (toALabels(value) ?? '') : value)
  if (typeof host === 'string' || host.kind !== 'name') {
    throw invalid(option, `"${option}" must be a plain name such as "internal", without "*.".`)
  }
  if (listedSuffix(host.name) === 'icann' && !isSpecialUse(host.name)) {
    throw invalid(
      option,
      `"${option}" is "${host.name}": anybody can register a name below it. Name what is yours alone.`,
    )
  }
  return host.name
}
