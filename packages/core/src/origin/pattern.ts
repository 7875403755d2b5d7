import { defaultPort, type OriginValue } from './header.ts'
import { isStranger } from './suffix.ts'
import type { Host } from './host.ts'

/** A compiled pattern: what it admits, and its text in normal form. */
export type OriginPattern =
  | AnyOriginPattern
  | NullOriginPattern
  | CustomOriginPattern
  | WebOriginPattern

/** `*`: every origin, opaque ones included. */
export interface AnyOriginPattern {
  readonly kind: 'any'
  readonly text: '*'
}

/** `null`: opaque origins. It matches only where `allowNullOrigin` says so too. */
export interface NullOriginPattern {
  readonly kind: 'null'
  readonly text: 'null'
}

/** An app's own scheme, such as `capacitor://localhost`, or `file://`: matched to the letter. */
export interface CustomOriginPattern {
  readonly kind: 'custom'
  readonly text: string
}

/** A host of the web, or all names below one. */
export interface WebOriginPattern {
  readonly kind: 'web'
  readonly text: string
  /** In lower case and A-labels, without the wildcard. */
  readonly host: string
  /** Whether it stands for all names below `host`, and not for `host` itself. */
  readonly wildcard: boolean
  /** The port over https, `'*'` for any; `undefined`: not over https. */
  readonly https: number | '*' | undefined
  /** The port over http, `'*'` for any; `undefined`: not over http. */
  readonly http: number | '*' | undefined
  /** Whether the wildcard ends at a public suffix below `host`: what is below that is a stranger's. */
  readonly guarded: boolean
}

/** Tells whether a pattern admits an origin. `null` is no origin here, and is judged elsewhere. */
export function matchesOrigin(pattern: OriginPattern, origin: OriginValue): boolean {
  if (pattern.kind === 'any') return true
  if (pattern.kind === 'custom') return pattern.text === origin.text
  return pattern.kind === 'web' && matchesPort(pattern, origin) && matchesHost(pattern, origin.host)
}

/**
 * Gives an origin that a pattern admits to the letter, where it names one: over https, if it admits
 * http too.
 */
export function exactOrigin(pattern: OriginPattern): string | undefined {
  if (pattern.kind === 'custom') return pattern.text
  if (pattern.kind !== 'web' || pattern.wildcard) return undefined
  const scheme = pattern.https === undefined ? 'http' : 'https'
  const port = pattern[scheme]
  if (port === '*') return undefined
  return `${scheme}://${pattern.host}${port === defaultPort(scheme) ? '' : `:${port}`}`
}

function matchesPort(pattern: WebOriginPattern, { scheme, port }: OriginValue): boolean {
  if (scheme !== 'https' && scheme !== 'http') return false
  const admitted = pattern[scheme]
  return admitted === '*' || (admitted !== undefined && admitted === port)
}

function matchesHost({ host, wildcard, guarded }: WebOriginPattern, name: string): boolean {
  if (!wildcard) return name === host
  // The dot keeps "evilexample.com" out, and what is before it keeps the apex out.
  if (!name.endsWith(host) || name[name.length - host.length - 1] !== '.') return false
  return !guarded || !isStranger(name, host)
}

/** A web pattern's parts, parsed. */
export interface WebParts {
  readonly scheme: 'https' | 'http' | undefined
  readonly host: Host
  readonly wildcard: boolean
  readonly port: number | '*' | undefined
  readonly guarded: boolean
}

/**
 * Compiles a pattern for the web. Without a scheme it means https, except on loopback: there
 * development servers speak http on any port, and nobody else can listen.
 */
export function webPattern({ scheme, host, wildcard, port, guarded }: WebParts): WebOriginPattern {
  const open = scheme === undefined && isLoopback(host)
  const implied = open ? '*' : defaultPort(scheme ?? 'https')
  const admitted = port ?? implied
  return {
    kind: 'web',
    text: [
      scheme === undefined ? '' : `${scheme}://`,
      wildcard ? '*.' : '',
      host.name,
      port === undefined || (port === implied && port !== '*') ? '' : `:${port}`,
    ].join(''),
    host: host.name,
    wildcard,
    https: scheme === 'http' ? undefined : admitted,
    http: scheme === 'http' || open ? admitted : undefined,
    guarded,
  }
}

function isLoopback({ name, kind }: Host): boolean {
  if (kind === 'ipv4') return name.startsWith('127.')
  if (kind === 'ipv6') return name === '[::1]'
  return name === 'localhost' || name.endsWith('.localhost')
}
