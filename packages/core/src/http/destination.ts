import { describe, invalid } from '../base/options.ts'

const LOOPBACK = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** Origins that a token may be sent to: exact in scheme, host and port. */
export type Destinations = ReadonlySet<string>

/**
 * Reads a list of origins.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for anything but `https://host[:port]` (`http://` on
 * loopback only).
 */
export function compileDestinations(origins: readonly string[], option: string): Destinations {
  if (!Array.isArray(origins)) {
    throw invalid(option, `"${option}" must be an array of origins, not ${describe(origins)}.`)
  }
  return new Set(origins.map((origin) => requireDestination(origin, option)))
}

/** Whether a URL is safe to send a bearer token to at all: https, or http on loopback. */
export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
}

function requireDestination(origin: unknown, option: string): string {
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
  if (!isSecure(url)) {
    throw invalid(
      option,
      `"${option}": ${url.origin} would carry tokens in the clear. Use https (http is for loopback).`,
    )
  }
  return url.origin
}
