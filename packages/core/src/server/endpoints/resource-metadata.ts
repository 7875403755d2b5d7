import {
  invalid,
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
  requireString,
} from '../../base/options.ts'
import { isSecure } from '../../http/destination.ts'
import { documentEndpoint, type DocumentOptions, type Endpoint } from './document.ts'

/** What a protected resource says of itself (RFC 9728 section 2). */
export interface ResourceMetadataOptions extends DocumentOptions {
  /** The API's own identifier: an https URL without a fragment, as clients know it. */
  readonly resource: string
  /** The issuers whose tokens it takes, as https URLs. */
  readonly authorizationServers?: readonly string[]
  /** The https URL of the API's own public keys, where it signs what it answers. */
  readonly jwksUri?: string
  /** The scopes that a client may ask for. */
  readonly scopesSupported?: readonly string[]
  /** Where it takes tokens. Default: in the header. */
  readonly bearerMethodsSupported?: readonly ('header' | 'body' | 'query')[]
  /** The algorithms that DPoP proofs may be signed with: `algorithms` of your `DpopVerifier`. */
  readonly dpopSigningAlgValuesSupported?: readonly string[]
  /** It takes no tokens but those that are bound to a key (DPoP). */
  readonly dpopBoundAccessTokensRequired?: boolean
  /** Its name, for people. */
  readonly resourceName?: string
  /** The URL of a page for developers. */
  readonly resourceDocumentation?: string
  /** The URL of a page on what clients may do with the data. */
  readonly resourcePolicyUri?: string
  /** The URL of the terms of service. */
  readonly resourceTosUri?: string
  /** Further members, by the names that they have on the wire. */
  readonly members?: Readonly<Record<string, unknown>>
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Each option's name on the wire. */
const MEMBERS = {
  resource: 'resource',
  authorizationServers: 'authorization_servers',
  jwksUri: 'jwks_uri',
  scopesSupported: 'scopes_supported',
  bearerMethodsSupported: 'bearer_methods_supported',
  dpopSigningAlgValuesSupported: 'dpop_signing_alg_values_supported',
  dpopBoundAccessTokensRequired: 'dpop_bound_access_tokens_required',
  resourceName: 'resource_name',
  resourceDocumentation: 'resource_documentation',
  resourcePolicyUri: 'resource_policy_uri',
  resourceTosUri: 'resource_tos_uri',
} as const

/**
 * Makes the endpoint that tells clients where to get tokens for an API (RFC 9728), for the path of
 * {@link resourceMetadataUrl}. Give that URL to the guard too, as `resourceMetadata`: then its
 * challenges lead clients here.
 *
 * It answers GET and HEAD; 304 to a client that has the document already; 405 to other methods. Caches
 * may keep it for `maxAge` seconds, 3600 by default.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 *
 * @example
 * ```ts
 * import { resourceMetadataEndpoint } from '@mayfly/core/adapter'
 *
 * const endpoint = resourceMetadataEndpoint({
 *   resource: 'https://api.example.com',
 *   authorizationServers: ['https://auth.example.com'],
 *   scopesSupported: ['orders:read', 'orders:write'],
 * })
 *
 * const answer = await endpoint({ method: 'GET', url: '/', header: () => [] })
 * console.log(JSON.parse(answer.body).authorization_servers) // [ 'https://auth.example.com' ]
 * ```
 */
export function resourceMetadataEndpoint(options: ResourceMetadataOptions): Endpoint {
  refuseUnknownOptions(options, [...Object.keys(MEMBERS), 'members', 'maxAge'], 'resourceMetadata')
  resourceUrl(options.resource)
  for (const server of optionalList(options.authorizationServers, 'authorizationServers')) {
    requireUrl(server, 'authorizationServers')
  }
  optionalList(options.scopesSupported, 'scopesSupported')
  optionalList(options.bearerMethodsSupported, 'bearerMethodsSupported')
  optionalList(options.dpopSigningAlgValuesSupported, 'dpopSigningAlgValuesSupported')
  optionalBoolean(options.dpopBoundAccessTokensRequired, 'dpopBoundAccessTokensRequired')
  optionalString(options.resourceName, 'resourceName')
  for (const name of URL_OPTIONS) {
    if (options[name] !== undefined) requireUrl(options[name], name)
  }
  const document = documentOf(options)
  return documentEndpoint(() => document, options.maxAge ?? 3600)
}

/**
 * Gives the URL at which clients look for an API's metadata (RFC 9728 section 3.1): its well-known path
 * goes between the host and the API's own path.
 *
 * @throws {OptionError} when `resource` is no https URL, or has a fragment.
 *
 * @example
 * ```ts
 * import { resourceMetadataUrl } from '@mayfly/core'
 *
 * console.log(resourceMetadataUrl('https://example.com/orders'))
 * // https://example.com/.well-known/oauth-protected-resource/orders
 * ```
 */
export function resourceMetadataUrl(resource: string): string {
  const { origin, pathname, search } = resourceUrl(resource)
  return origin + WELL_KNOWN + (pathname === '/' ? '' : pathname) + search
}

const URL_OPTIONS = [
  'jwksUri',
  'resourceDocumentation',
  'resourcePolicyUri',
  'resourceTosUri',
] as const

function documentOf(options: ResourceMetadataOptions): object {
  const described = { bearerMethodsSupported: ['header'], ...options }
  const document: Record<string, unknown> = {}
  for (const [option, member] of Object.entries(MEMBERS) as [keyof typeof MEMBERS, string][]) {
    const value: unknown = described[option]
    // A list without elements is left out (RFC 9728 section 3.2).
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    document[member] = structuredClone(value)
  }
  for (const [member, value] of Object.entries(options.members ?? {})) {
    if (Object.values<string>(MEMBERS).includes(member)) {
      throw invalid('members', `"members" may not hold "${member}": it has an option of its own.`)
    }
    document[member] = structuredClone(value)
  }
  return document
}

function resourceUrl(resource: string): URL {
  const url = requireUrl(resource, 'resource')
  if (resource.includes('#')) throw invalid('resource', '"resource" must not have a fragment.')
  return url
}

function requireUrl(value: unknown, option: string): URL {
  const text = requireString(value, option)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && isSecure(url)) return url
  throw invalid(option, `"${option}" must be an https URL (http is for loopback).`)
}

function optionalList(value: readonly string[] | undefined, option: string): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid(option, `"${option}" must be an array.`)
  return value.map((item: unknown) => requireString(item, option))
}
