/**
 * The two functions here know one spelling of an address and no other: the one that the URL standard
 * writes, which for IPv6 is RFC 5952 with the mapped IPv4 addresses in hexadecimal. A browser sends no
 * other, and two spellings of one host would be two keys to one lock.
 */

const LONGEST_IPV4 = '255.255.255.255'.length
const LONGEST_IPV6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'.length
const GROUPS = 8

/** Tells whether text is an IPv4 address in its canonical spelling. */
function isCanonicalIpv4(text: string): boolean {
  if (text.length > LONGEST_IPV4) return false
  const octets = text.split('.')
  return octets.length === 4 && octets.every((octet) => isDecimal(octet) && Number(octet) <= 255)
}

/** Tells whether text, without its brackets, is an IPv6 address in its canonical spelling. */
function isCanonicalIpv6(text: string): boolean {
  if (text.length > LONGEST_IPV6) return false
  const groups = expand(text)
  return groups !== undefined && compress(groups) === text
}

/** Tells whether the URL standard would take a host for an IPv4 address because of its last label. */
function endsInNumber(host: string): boolean {
  return /^(?:\d+|0x[\da-f]*)$/i.test(host.slice(host.lastIndexOf('.') + 1))
}

function isDecimal(text: string): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text)
}

function expand(text: string): readonly string[] | undefined {
  const gap = text.indexOf('::')
  if (gap === -1) {
    const groups = text.split(':')
    return groups.length === GROUPS && groups.every(isGroup) ? groups : undefined
  }
  const head = gap === 0 ? [] : text.slice(0, gap).split(':')
  const rest = text.slice(gap + 2)
  const tail = rest === '' ? [] : rest.split(':')
  const missing = GROUPS - head.length - tail.length
  if (missing < 2 || !head.every(isGroup) || !tail.every(isGroup)) return undefined
  return [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
}

function isGroup(text: string): boolean {
  return /^(?:0|[1-9a-f][\da-f]{0,3})$/.test(text)
}

/** Shortens the longest run of zeros, the first of several, if it is longer than one. */
function compress(groups: readonly string[]): string {
  let start = 0
  let longest = 1
  let run = 0
  groups.forEach((group, index) => {
    run = group === '0' ? run + 1 : 0
    if (run > longest) [start, longest] = [index - run + 1, run]
  })
  if (longest === 1) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + longest).join(':')}`
}

/** What is wrong with a host. */
export type HostProblem =
  | 'host_empty'
  | 'host_length'
  | 'label_empty'
  | 'label_length'
  | 'character'
  | 'ipv4'
  | 'ipv6'

/** A host in the spelling that browsers send it in: lower case, IPv6 in brackets. */
export interface Host {
  readonly name: string
  readonly kind: 'name' | 'ipv4' | 'ipv6'
}

/** An authority without user information, cut at its port. */
export interface Authority {
  readonly host: string
  /** What follows the colon, as it is written; `undefined` when there is no colon. */
  readonly port: string | undefined
}

const MAX_HOST = 253
const MAX_LABEL = 63
const DOT = 46

/** Cuts an authority at its port. Text after a bracketed host that is no port makes no authority. */
export function splitAuthority(text: string): Authority | undefined {
  const hostEnd = text.startsWith('[') ? text.indexOf(']') + 1 : firstColon(text)
  if (hostEnd === 0 && text.startsWith('[')) return undefined
  if (hostEnd === text.length) return { host: text, port: undefined }
  if (text[hostEnd] !== ':') return undefined
  return { host: text.slice(0, hostEnd), port: text.slice(hostEnd + 1) }
}

/** Reads a port in its canonical spelling: 1 to 65535, no leading zero. */
export function parsePort(text: string): number | undefined {
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65_535 ? port : undefined
}

/** Reads the host of an http or https origin: a DNS name in ASCII, or a canonical IP address. */
export function parseHost(text: string): Host | HostProblem {
  if (text.startsWith('[')) return parseBracketed(text)
  const problem = nameProblem(text)
  if (problem !== undefined) return problem
  if (!endsInNumber(text)) return { name: text.toLowerCase(), kind: 'name' }
  return isCanonicalIpv4(text) ? { name: text, kind: 'ipv4' } : 'ipv4'
}

/** Reads the host of another scheme, where the URL standard knows no IPv4 addresses. */
export function parseOpaqueHost(text: string): Host | HostProblem {
  if (text.startsWith('[')) return parseBracketed(text)
  return nameProblem(text) ?? { name: text.toLowerCase(), kind: 'name' }
}

function firstColon(text: string): number {
  const colon = text.indexOf(':')
  return colon === -1 ? text.length : colon
}

function parseBracketed(text: string): Host | HostProblem {
  const address = text.slice(1, -1)
  return text.endsWith(']') && isCanonicalIpv6(address) ? { name: text, kind: 'ipv6' } : 'ipv6'
}

function nameProblem(text: string): HostProblem | undefined {
  if (text === '') return 'host_empty'
  if (text.length > MAX_HOST) return 'host_length'
  let start = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? DOT : text.charCodeAt(index)
    if (code === DOT) {
      if (index === start) return 'label_empty'
      if (index - start > MAX_LABEL) return 'label_length'
      start = index + 1
    } else if (!isLabelCode(code)) {
      return 'character'
    }
  }
  return undefined
}

/** Letters, digits, the hyphen, and the underscore, which browsers and DNS let pass. */
function isLabelCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    code === 45 ||
    (code >= 65 && code <= 90) ||
    code === 95
  )
}

/**
 * Turns a host with letters outside ASCII into its A-labels (UTS 46, as the URL standard applies it).
 * The platform's `URL` has the tables; because it also decodes, strips and rewrites, the host is
 * guarded on both sides: nothing goes in that could end a host, and each label must come out as
 * itself or as an A-label. `undefined` when it does not, and when the platform refuses it.
 */
export function toALabels(host: string): string | undefined {
  if (!isGuarded(host) || !URL.canParse(`https://${host}`)) return undefined
  const before = host.split('.')
  const { hostname } = new URL(`https://${host}`)
  const after = hostname.split('.')
  if (after.length !== before.length) return undefined
  return before.every((label, index) => isFaithful(label, after[index] ?? ''))
    ? hostname
    : undefined
}

/** Tells whether a host has anything outside ASCII. */
export function isInternational(host: string): boolean {
  return /[^\0-\u007f]/.test(host)
}

function isGuarded(host: string): boolean {
  return /^(?:[a-z\d._-]|[^\0-\u007f])+$/i.test(host)
}

/** A label that was not ASCII and becomes so was a look-alike, such as a full-width "ｅxample". */
function isFaithful(before: string, after: string): boolean {
  return isInternational(before) ? after.startsWith('xn--') : after === before.toLowerCase()
}
