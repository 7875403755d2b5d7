import {
  isInternational,
  toALabels,
  type Authority,
  type Host,
  parseHost,
  parseOpaqueHost,
  parsePort,
  splitAuthority,
} from './host.ts'
import { parseScheme } from './header.ts'
import {
  type CustomOriginPattern,
  type OriginPattern,
  type WebOriginPattern,
  webPattern,
} from './pattern.ts'
import { MAX_PATTERN, type Refusal, type RefusalKind, refuse, patternError } from './refusal.ts'
import { wildcardProblem } from './suffix.ts'
import { describe, invalid } from '../base/options.ts'
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

function requirePattern(
  text: unknown,
  option: string,
  allowSuffixes: ReadonlySet<string>,
): OriginPattern {
  const pattern = readPattern(text, allowSuffixes)
  if ('refused' in pattern) throw patternError(pattern, option)
  return pattern
}

/** A pattern, cut into its parts. */
interface Parts {
  /** `undefined` when the pattern names none. */
  readonly scheme: string | undefined
  /** Host and port, as they are written. */
  readonly authority: string
  /** What follows them. */
  readonly rest: string
}

const ANY: OriginPattern = Object.freeze({ kind: 'any', text: '*' })
const NULL: OriginPattern = Object.freeze({ kind: 'null', text: 'null' })
const LOCAL_FILES: CustomOriginPattern = Object.freeze({ kind: 'custom', text: 'file://' })
const CUSTOM_SCHEMES: readonly string[] = Object.freeze([
  'capacitor',
  'ionic',
  'tauri',
  'chrome-extension',
  'moz-extension',
  'app',
  'vscode-webview',
])

/** Reads a pattern, or says why it is none. Never throws. */
export function readPattern(
  text: unknown,
  allowSuffixes: ReadonlySet<string>,
): OriginPattern | Refusal {
  if (text === '*') return ANY
  if (text === 'null') return NULL
  if (typeof text !== 'string') return refuse('type')
  if (text === '') return refuse('empty')
  if (text.length > MAX_PATTERN) return refuse('length')
  if (/[\0-\u0020\u007f]|\s/.test(text)) return refuse('space')
  const parts = split(text)
  if ('refused' in parts) return parts
  const { scheme } = parts
  if (scheme === undefined || scheme === 'https' || scheme === 'http') {
    return readWeb(scheme, parts, allowSuffixes)
  }
  return readOther(scheme, parts)
}

function split(text: string): Parts | Refusal {
  const first = text.search(/[:/?#@\\]/)
  const schemed = first !== -1 && text.startsWith('://', first)
  const scheme = schemed ? parseScheme(text.slice(0, first)) : undefined
  if (schemed && scheme === undefined) return refuse('scheme_invalid')
  const hierarchy = schemed ? text.slice(first + 3) : text
  const end = hierarchy.search(/[/?#\\]/)
  const authority = end === -1 ? hierarchy : hierarchy.slice(0, end)
  if (authority.includes('@')) return refuse('user_info')
  return { scheme, authority, rest: hierarchy.slice(authority.length) }
}

function readWeb(
  scheme: 'https' | 'http' | undefined,
  { authority, rest }: Parts,
  allowSuffixes: ReadonlySet<string>,
): WebOriginPattern | Refusal {
  const wildcard = authority.startsWith('*.')
  const cut = cutAuthority(wildcard ? authority.slice(2) : authority)
  if ('refused' in cut) return cut
  const host = readHost(cut.host)
  if ('refused' in host) return host
  const port = cut.port === '*' ? '*' : readPort(cut.port)
  if (port === 'bad') return refuse('port')
  if (scheme === undefined && !wildcard && host.name === 'null') return refuse('null')
  if (wildcard && host.kind !== 'name') return refuse('wildcard_address')
  const trusted = allowSuffixes.has(host.name)
  const problem = wildcard && !trusted ? wildcardProblem(host.name) : undefined
  if (problem !== undefined) return refuse(problem, host.name)
  const pattern = webPattern({ scheme, host, wildcard, port, guarded: wildcard && !trusted })
  // A slash alone is what a copied address ends in, and says nothing.
  return rest === '' || rest === '/' ? pattern : refuse(restProblem(rest), pattern.text)
}

function readOther(scheme: string, { authority, rest }: Parts): CustomOriginPattern | Refusal {
  if (scheme === 'file') return authority === '' && rest === '' ? LOCAL_FILES : refuse('file')
  if (scheme === 'ws' || scheme === 'wss') return refuse('websocket')
  if (!CUSTOM_SCHEMES.includes(scheme)) return refuse('scheme', scheme)
  if (authority.includes('*')) return refuse('wildcard_custom', scheme)
  const cut = cutAuthority(authority)
  if ('refused' in cut) return cut
  const host = readHost(cut.host, parseOpaqueHost)
  if ('refused' in host) return host
  const port = readPort(cut.port)
  if (port === 'bad') return refuse('port')
  const text = `${scheme}://${host.name}${port === undefined ? '' : `:${port}`}`
  return rest === '' ? { kind: 'custom', text } : refuse(restProblem(rest), text)
}

function cutAuthority(text: string): Authority | Refusal {
  const cut = splitAuthority(text)
  if (cut === undefined) return refuse('ipv6')
  return !text.startsWith('[') && cut.port?.includes(':') === true ? refuse('brackets') : cut
}

function readHost(text: string, parse: typeof parseHost = parseHost): Host | Refusal {
  if (text.includes('*')) return refuse('wildcard')
  const dotted = text.endsWith('.')
  const written = dotted ? text.slice(0, -1) : text
  if (/(?:^|\.)-|-(?:\.|$)/.test(written)) return refuse('hyphen')
  const ascii = isInternational(written) ? toALabels(written) : written
  if (ascii === undefined) return refuse('international')
  const host = parse(ascii)
  if (typeof host === 'string') return refuse(host)
  return dotted ? refuse('trailing_dot', host.name) : host
}

function readPort(text: string | undefined): number | undefined | 'bad' {
  return text === undefined ? undefined : (parsePort(text) ?? 'bad')
}

function restProblem(rest: string): RefusalKind {
  if (rest === '/') return 'slash'
  if (rest.startsWith('/')) return 'path'
  return rest.startsWith('\\') ? 'character' : 'query'
}
