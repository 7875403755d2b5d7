import {
  invalid,
  optionalString,
  requireOneOf,
  requireOptions,
  requireString,
} from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import type { IssueOptions } from './options.ts'

/** Gives the `typ` of a token, and refuses a token that falls short of its profile. */
export function issuedType(options: IssueOptions): string {
  const { profile } = options
  const type = optionalString(options.type, 'type', 128)
  if (profile === undefined) return type ?? 'JWT'
  requireOneOf(profile, 'profile', ['at+jwt'])
  if (type !== undefined) {
    throw invalid('type', '"type" contradicts "profile", which names the type itself.')
  }
  for (const name of ['audience', 'subject'] as const) {
    if (options[name] === undefined || options[name].length === 0) throw required(name)
  }
  const { claims = {} } = options
  requireOptions(claims, 'claims')
  if (claims['client_id'] === undefined) throw required('claims.client_id')
  requireString(claims['client_id'], 'claims.client_id')
  return profile
}

function required(option: string): OptionError {
  return new OptionError(
    'ERR_OPTION_REQUIRED',
    option,
    `"${option}" is required in an access token by RFC 9068 section 2.2.`,
  )
}
