/**
 * The two functions here know one spelling of an address and no other: the one that the URL standard
 * writes, which for IPv6 is RFC 5952 with the mapped IPv4 addresses in hexadecimal. A browser sends no
 * other, and two spellings of one host would be two keys to one lock.
 */

const LONGEST_IPV4 = '255.255.255.255'.length
const LONGEST_IPV6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'.length
const GROUPS = 8

/** Tells whether text is an IPv4 address in its canonical spelling. */
export function isCanonicalIpv4(text: string): boolean {
  if (text.length > LONGEST_IPV4) return false
  const octets = text.split('.')
  return octets.length === 4 && octets.every((octet) => isDecimal(octet) && Number(octet) <= 255)
}

/** Tells whether text, without its brackets, is an IPv6 address in its canonical spelling. */
export function isCanonicalIpv6(text: string): boolean {
  if (text.length > LONGEST_IPV6) return false
  const groups = expand(text)
  return groups !== undefined && compress(groups) === text
}

/** Tells whether the URL standard would take a host for an IPv4 address because of its last label. */
export function endsInNumber(host: string): boolean {
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
