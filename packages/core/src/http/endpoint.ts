import { requireString, invalid } from '../base/options.ts'
import { isSecure } from './destination.ts'

/**
 * Reads the URL of a server that gets credentials.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` for anything but an `https:` URL
 * (`http:` on loopback only) without user name, password and fragment (RFC 6749 section 3.2).
 */
export function requireEndpoint(value: unknown, option: string): URL {
  const text = value instanceof URL ? value.href : requireString(value, option)
  if (!URL.canParse(text)) {
    throw invalid(option, `"${option}" must be a URL such as "https://auth.example.com/token".`)
  }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalid(option, `"${option}" must come without user name, password and fragment.`)
  }
  if (!isSecure(url)) {
    throw invalid(
      option,
      `"${option}": ${nameOfUrl(url)} would carry credentials in the clear. Use https (http is for loopback).`,
    )
  }
  return url
}

/** Names a URL for a message: all of it but the query. */
export function nameOfUrl(url: URL): string {
  return url.origin === 'null' ? url.protocol : `${url.origin}${url.pathname}`
}
