import { getPublicSuffix, parse } from 'tldts'

/**
 * The list's private section counts: whoever rents a name below `github.io` is a stranger to all
 * others there. Hosts come here parsed, so that nothing is to be extracted or validated again.
 */
const LOOKUP = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
} as const

/** Which part of the Public Suffix List names a host itself; the list's "anything else" names none. */
export function listedSuffix(host: string): 'icann' | 'private' | undefined {
  const { publicSuffix, isIcann, isPrivate } = parse(host, LOOKUP)
  if (publicSuffix !== host) return undefined
  if (isPrivate === true) return 'private'
  return isIcann === true ? 'icann' : undefined
}

/** Tells whether a name is set aside for local use, as `home.arpa` is, and sold by no registry. */
export function isSpecialUse(host: string): boolean {
  return parse(host, { ...LOOKUP, detectSpecialUse: true }).isSpecialUse === true
}

/**
 * Tells whether a public suffix lies between a name and one of the names above it: then they belong
 * to strangers, as `x.s3.amazonaws.com` and `amazonaws.com` do.
 */
export function isStranger(host: string, above: string): boolean {
  return suffixLength(host) > above.length
}

/** What the list says of the hosts that were asked about last; pages ask from the same few again. */
const known = new Map<string, number>()
const MAX_KNOWN = 1024

function suffixLength(host: string): number {
  const before = known.get(host)
  if (before !== undefined) return before
  const { length } = getPublicSuffix(host, LOOKUP) ?? host
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(host, length)
  return length
}

/** Says why a wildcard may not stand on a name: strangers have names below it, or might. */
export function wildcardProblem(
  host: string,
): 'wildcard_registry' | 'wildcard_rented' | 'wildcard_single' | undefined {
  const listed = listedSuffix(host)
  if (listed === 'private') return 'wildcard_rented'
  if (listed === 'icann') return isSpecialUse(host) ? 'wildcard_rented' : 'wildcard_registry'
  // Every name below localhost is this machine (RFC 6761 section 6.3).
  return host.includes('.') || host === 'localhost' ? undefined : 'wildcard_single'
}
