import { invalid, requireString } from '../base/options.ts'
import { isSecure } from './destination.ts'
import { nameOfUrl } from './endpoint.ts'

/**
 * Reads an address that keys are fetched from.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` for anything but an `https:` URL
 * (`http:` on loopback only) without user name, password and fragment.
 */
export function requireAddress(value: unknown, option: 'jwksUri' | 'issuer'): URL {
  const text = value instanceof URL ? value.href : requireString(value, option)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) {
    throw invalid(option, `"${option}" must be a URL such as "https://auth.example.com".`)
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw invalid(option, `"${option}" must come without user name, password and fragment.`)
  }
  if (!isSecure(url)) {
    throw invalid(
      option,
      `"${option}": keys that come from ${nameOfUrl(url)} could be exchanged on their way. Use https (http is for loopback).`,
    )
  }
  return url
}
