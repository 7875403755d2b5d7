import { endsInNumber, isCanonicalIpv4, isCanonicalIpv6 } from './ip.ts'

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
