import { isIPv4, isIPv6 } from 'node:net'

/**
 * Gives what one party's requests are counted by: an IPv4 address, or the /64 of an IPv6 address, since
 * whoever has one of those has all the addresses in it. Some proxies write a port behind the address,
 * which is another one for each connection; what is no address at all is counted as one party.
 */
export function addressBucket(address: string | undefined): string {
  const [plain = ''] = withoutPort(address ?? '').split('%')
  if (isIPv4(plain)) return plain
  if (!isIPv6(plain)) return 'unknown'
  return mappedIPv4(plain) ?? `${groupsOf(plain).slice(0, 4).join(':')}/64`
}

function withoutPort(address: string): string {
  const found = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>\d+\.\d+\.\d+\.\d+))(?::\d+)?$/.exec(address)?.groups
  return found?.['v6'] ?? found?.['v4'] ?? address
}

/** The IPv4 address that `::ffff:192.0.2.7` stands for, however it is written. */
function mappedIPv4(address: string): string | undefined {
  const groups = groupsOf(address)
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return undefined
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}

/** All eight groups, written out. */
function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = asGroups(address).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - before.length - after.length
  const zeros = Array.from({ length: missing }, () => '0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16))
}

/** An IPv4 address at the end stands for two groups. */
function asGroups(address: string): string {
  return address.replace(/\d+\.\d+\.\d+\.\d+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
}
