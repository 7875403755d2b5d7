import { describe, invalid, optionalStrings } from '../base/options.ts'

const LOOPBACK = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** Origins that a token may be sent to: exact in scheme, host and port. */
export type Destinations = ReadonlySet<string>

/**
 * Reads a list of origins.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for anything but `https://host[:port]` (`http://` on
 * loopback, and on the hosts of `allowHttp`, only).
 */
export function compileDestinations(
  origins: readonly string[],
  option: string,
  allowHttp: readonly string[] = [],
): Destinations {
  if (!Array.isArray(origins)) {
    throw invalid(option, `"${option}" must be an array of origins, not ${describe(origins)}.`)
  }
  return new Set(origins.map((origin) => requireDestination(origin, option, allowHttp)))
}

/**
 * Whether a URL is safe to send a bearer token to at all: https, or http on loopback.
 *
 * @param allowHttp hosts to which http will do as well.
 */
export function isSecure(url: URL, allowHttp: readonly string[] = []): boolean {
  if (url.protocol !== 'http:') return url.protocol === 'https:'
  return (
    LOOPBACK.test(url.hostname) || allowHttp.includes(url.hostname) || allowHttp.includes(url.host)
  )
}

/** Hosts that http will do for, each with its port or for all ports. */
export type HttpHosts = ReadonlySet<string>

/** Checks the option `allowHttp`: hosts by name, one by one. */
export function readHttpHosts(value: unknown): HttpHosts {
  const hosts = optionalStrings(value, 'allowHttp') ?? []
  for (const host of hosts) {
    const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined
    if (url !== undefined && url.host === host.toLowerCase() && !host.includes('*')) continue
    throw invalid(
      'allowHttp',
      '"allowHttp" must name hosts such as "idp.internal" or "10.0.0.7:8080", one by one.',
    )
  }
  return new Set(hosts.map((host) => host.toLowerCase()))
}

/** Whether a URL is secure, or of a host that was named for http. */
export function isAllowed(url: URL, hosts: HttpHosts): boolean {
  if (isSecure(url)) return true
  return url.protocol === 'http:' && (hosts.has(url.host) || hosts.has(url.hostname))
}

function requireDestination(origin: unknown, option: string, allowHttp: readonly string[]): string {
  const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined
  if (url === undefined || url.origin === 'null') {
    throw invalid(option, `"${option}" must hold origins such as "https://api.example.com".`)
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(option, `"${option}": ${url.origin} must come without credentials and query.`)
  }
  if (url.pathname !== '/') {
    throw invalid(
      option,
      `"${option}": write ${url.origin} without a path; a token is bound to an origin.`,
    )
  }
  if (!isSecure(url, allowHttp)) {
    throw invalid(
      option,
      `"${option}": ${url.origin} would carry tokens in the clear. Use https (http is for loopback, and for hosts that "allowHttp" names).`,
    )
  }
  return url.origin
}
