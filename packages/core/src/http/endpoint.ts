import { requireIdentifier } from '../base/identifiers.ts'
import { invalid } from '../base/options.ts'
import { type HttpHosts, isAllowed, isSecure } from './destination.ts'

/**
 * Reads the URL of a server that gets credentials.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` for anything but an `https:` URL
 * (`http:` on loopback only) without user name, password and fragment (RFC 6749 section 3.2).
 */
export function requireEndpoint(
  value: unknown,
  option: string,
  allowHttp: readonly string[] = [],
): URL {
  const text = value instanceof URL ? value.href : requireIdentifier(value, option, 2048)
  if (!URL.canParse(text)) {
    throw invalid(option, `"${option}" must be a URL such as "https://auth.example.com/token".`)
  }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalid(option, `"${option}" must come without user name, password and fragment.`)
  }
  if (!isSecure(url, allowHttp)) {
    throw invalid(
      option,
      `"${option}": ${nameOfUrl(url)} would carry credentials in the clear. Use https (http is for loopback, and for hosts that "allowHttp" names).`,
    )
  }
  return url
}

/** Names a URL for a message: all of it but the query. */
export function nameOfUrl(url: URL): string {
  return url.origin === 'null' ? url.protocol : `${url.origin}${url.pathname}`
}

/**
 * Reads an address that keys are fetched from.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` for anything but an `https:` URL
 * (`http:` on loopback, and for `hosts`) without user name, password and fragment.
 */
export function requireAddress(
  value: unknown,
  option: 'jwksUri' | 'issuer',
  hosts: HttpHosts = new Set(),
): URL {
  const text = value instanceof URL ? value.href : requireIdentifier(value, option, 2048)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) {
    throw invalid(option, `"${option}" must be a URL such as "https://auth.example.com".`)
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalid(option, `"${option}" must come without user name, password and fragment.`)
  }
  if (!isAllowed(url, hosts)) {
    throw invalid(
      option,
      `"${option}": keys that come from ${nameOfUrl(url)} could be exchanged on their way. Use https (http is for loopback, and for hosts that "allowHttp" names).`,
    )
  }
  return url
}
