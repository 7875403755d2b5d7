import { requireIdentifier } from '../../base/identifiers.ts'
import { describe, invalid } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import { requireEndpoint } from '../../http/endpoint.ts'
import type { JwtKey } from '../../outbound/sources/signed-signing.ts'

/** A service account's key file, as Google hands it out. What says nothing of the key is ignored. */
export interface GoogleCredentials {
  readonly type?: string
  readonly client_email: string
  /** PKCS#8 PEM, as the file has it; or anything else that a private key is taken from. */
  readonly private_key: JwtKey
  readonly private_key_id?: string
  /** Where assertions are exchanged. Default `https://oauth2.googleapis.com/token`. */
  readonly token_uri?: string
  readonly project_id?: string
  readonly client_id?: string
  readonly auth_uri?: string
  readonly auth_provider_x509_cert_url?: string
  readonly client_x509_cert_url?: string
  readonly universe_domain?: string
}

/**
 * A service account's key: the text of its file, or the object that is in it, or a function that gives
 * the one that is in force. `googleCredentialsFile` of `@mayfly/core/node` is such a function.
 */
export type GoogleCredentialsOption =
  | GoogleCredentials
  | string
  | (() => GoogleCredentials | string | Promise<GoogleCredentials | string>)

/** What is needed of a key file. */
export interface ServiceAccount {
  readonly email: string
  readonly privateKey: JwtKey
  readonly keyId: string | undefined
  readonly tokenUri: URL
}

/** Where assertions are exchanged. */
export const TOKEN_URI = 'https://oauth2.googleapis.com/token'

/** What other files of Google's are, by their `type`. */
const OTHER_TYPES: ReadonlyMap<string, string> = new Map([
  ['authorized_user', 'a user’s own credentials, from gcloud auth application-default login'],
  ['external_account', 'a configuration of workload identity federation'],
  ['impersonated_service_account', 'a configuration of impersonation'],
])

/**
 * Reads a key file, parsed or as text.
 *
 * @throws {OptionError} that says what the given thing is, where it is something else.
 */
export function readCredentials(given: unknown): ServiceAccount {
  if (given === undefined || given === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'credentials', '"credentials" is required.')
  }
  const file = typeof given === 'string' ? parseText(given) : given
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw unfit(`must be the JSON of a service account’s key, not ${describe(file)}`)
  }
  const credentials = canonical(file as Readonly<Record<string, unknown>>)
  requireServiceAccount(credentials)
  const { client_email, private_key, private_key_id, token_uri = TOKEN_URI } = credentials
  const keyId = private_key_id === undefined ? undefined : member(private_key_id, 'private_key_id')
  if (private_key === undefined || private_key === null || private_key === '') {
    throw unfit('has no "private_key": the file may have been stripped of it')
  }
  if (!['string', 'object', 'function'].includes(typeof private_key)) {
    throw unfit(`has a "private_key" that is ${describe(private_key)}; it must be PEM text`)
  }
  return {
    email: member(client_email, 'client_email'),
    privateKey: private_key,
    keyId,
    tokenUri: requireEndpoint(token_uri, 'credentials.token_uri'),
  }
}

function parseText(text: string): unknown {
  const trimmed = text.trim()
  if (trimmed.startsWith('-----BEGIN')) {
    throw unfit('is the private key alone; give the whole JSON, which names the account too')
  }
  if (!trimmed.startsWith('{')) {
    const isPath = /^[^\s{}"]{1,1024}\.json$/i.test(trimmed)
    if (isPath) {
      throw unfit(
        "is the path of a file; give googleCredentialsFile('…') from '@mayfly/core/node', or what is in the file",
      )
    }
    const inner = withoutWrapping(trimmed)
    if (inner !== undefined) return parseText(inner)
    throw unfit('is text, but no JSON')
  }
  try {
    return JSON.parse(trimmed)
  } catch {
    // The parser's own message would repeat a piece of the file.
    const hasLineEnds = /"private_key"\s*:\s*"[^"]*\n/.test(trimmed)
    throw unfit(
      hasLineEnds
        ? 'is no JSON: the line ends within "private_key" must be written as \\n. Something has unescaped them on the way'
        : 'is no JSON. Was it cut off, or quoted by a shell?',
    )
  }
}

/** What a variable or a secret store has put around the JSON: quotes, base64, or a JSON string. */
function withoutWrapping(text: string): string | undefined {
  const [, quote, inner = ''] = /^(["'`])([^]*)\1$/.exec(text) ?? []
  if (quote === '"') {
    try {
      const unescaped: unknown = JSON.parse(text)
      if (typeof unescaped === 'string') return unescaped
    } catch {
      // Quotes that a shell left: what is in them is no JSON string.
    }
  }
  if (quote !== undefined && inner.trim().length > 1) return inner.trim()
  if (!/^[\w+/=\s-]{100,}$/.test(text)) return undefined
  try {
    const digits = text.replaceAll(/\s/g, '').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(digits), (letter) => letter.codePointAt(0) ?? 0)
    const decoded = new TextDecoder().decode(bytes).trim()
    return decoded.startsWith('{') ? decoded : undefined
  } catch {
    return undefined
  }
}

/** Names that other tools give to the members of a key file: in camel case, in capitals, with a prefix. */
function canonical(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(file)) {
    const known = name
      .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toLowerCase()
      .replace(/^(?:google|gcp|gcloud|firebase)_/, '')
    if (!(known in members) || name === known) members[known] = value
  }
  return members
}

function requireServiceAccount(credentials: Readonly<Record<string, unknown>>): void {
  const { type } = credentials
  if (type === 'service_account') return
  if ('installed' in credentials || 'web' in credentials) {
    throw unfit('is the file of an OAuth client; a service account’s key is another file')
  }
  // A part of the file, put together from environment variables, may have no type.
  if (type === undefined) return
  const known = typeof type === 'string' ? OTHER_TYPES.get(type) : undefined
  throw unfit(
    `is ${known ?? 'of another "type"'}; what is needed has "type": "service_account" (IAM, Service accounts, Keys)`,
  )
}

function member(value: unknown, name: string): string {
  if (value === undefined) throw unfit(`has no "${name}"`)
  return requireIdentifier(value, `credentials.${name}`, 1024)
}

function unfit(what: string): OptionError {
  return invalid('credentials', `"credentials" ${what}.`)
}
