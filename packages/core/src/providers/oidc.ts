import { invalid, requireOptions, requireString } from '../base/options.ts'
import type { Algorithm } from '../keys/algorithms.ts'
import type { SignedToken } from '../inbound/claims/policy.ts'
import type { UnverifiedToken } from '../inbound/verifier/decode-token.ts'
import type { VerifierOptions } from '../inbound/verifier/options.ts'

/** The names of this API, or of the client for ID tokens. */
export type Names = string | readonly string[]

/** What a provider gives: options of a `TokenVerifier`, to which anything can be added. */
export type ProviderOptions = VerifierOptions

/** The facts of one provider, from which its options come. */
interface ProviderFacts {
  readonly issuer: string | readonly string[]
  readonly audience: Names | null
  readonly algorithms: readonly Algorithm[]
  /** Where the keys are. Default: as the (first) issuer's metadata says. */
  readonly jwksUri?: string
  readonly check?: (token: SignedToken) => string | undefined
  readonly explain?: (token: UnverifiedToken) => string | undefined
}

/** Makes a verifier's options of a provider's facts. */
export function fromFacts({ issuer, jwksUri, ...rest }: ProviderFacts): ProviderOptions {
  const [first = ''] = [issuer].flat()
  return { issuer, keys: jwksUri === undefined ? { issuer: first } : { jwksUri }, ...rest }
}

/** Checks a host such as `example.eu.auth0.com`: what is no bare host would be another issuer. */
export function hostOption(value: unknown, name: string): string {
  const host = requireString(value, name, 253)
  if (/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i.test(host)) return host.toLowerCase()
  throw invalid(
    name,
    `"${name}" must be a host such as "login.example.com", without "https://" and "/".`,
  )
}

/** Checks one segment of a path or of a name: an id, a project, a realm. */
export function segmentOption(value: unknown, name: string): string {
  const segment = requireString(value, name, 256)
  if (/^[\w.~-]+$/.test(segment)) return segment
  throw invalid(name, `"${name}" may hold letters, digits, ".", "_", "~" and "-" only.`)
}

/** Checks an audience: leaving it out would accept tokens for any API of the provider. */
export function audienceOption(value: Names | undefined, name = 'audience'): Names {
  const names = typeof value === 'string' ? [value] : value
  if (!Array.isArray(names) || names.length === 0)
    throw invalid(name, `"${name}" is required: who the tokens are for.`)
  for (const one of names as readonly unknown[]) requireString(one, name)
  return names as readonly string[]
}

/** Says of an ID token that it is one: it is for the client, and no key to an API. */
export function explainIdToken({ unverifiedClaims: claims }: UnverifiedToken): string | undefined {
  const isIdToken = ['nonce', 'at_hash', 'c_hash'].some((name) => Object.hasOwn(claims, name))
  return isIdToken ? 'It looks like an ID token: send the access token.' : undefined
}

/**
 * Accepts access tokens of Auth0 for one API. The issuer ends in a slash; rights may stand in `permissions`
 * too, which `scopeClaims: ['scope', 'permissions']` reads.
 *
 * @example
 * ```ts
 * import { TokenVerifier } from '@mayfly/core'
 * import { auth0 } from '@mayfly/core/providers'
 *
 * const verifier = new TokenVerifier(
 *   auth0({ domain: 'example.eu.auth0.com', audience: 'https://api.example.com' }),
 * )
 * ```
 */
export function auth0(options: {
  readonly domain: string
  readonly audience: Names
}): ProviderOptions {
  requireOptions(options, 'auth0')
  return fromFacts({
    issuer: `https://${hostOption(options.domain, 'domain')}/`,
    audience: audienceOption(options.audience),
    algorithms: ['RS256'],
    explain: (token) =>
      token.unverifiedHeader['alg'] === 'dir'
        ? 'Auth0 gives an encrypted token when no "audience" is asked for: ask for this API.'
        : explainIdToken(token),
  })
}

/** What {@link okta} takes. */
export interface OktaOptions {
  /** The org's domain, such as `example.okta.com`. */
  readonly domain: string
  /** The id of a custom authorization server. Default `default`. Tokens of the org's own server are for Okta alone. */
  readonly server?: string
  readonly audience: Names
  /** The clients whose tokens are taken, as the claim `cid` names them. Default: any. */
  readonly clientIds?: Names
}

/**
 * Accepts access tokens of one custom authorization server at Okta. Rights are in `scp`, an array; `cid` names
 * the client.
 */
export function okta(options: OktaOptions): ProviderOptions {
  requireOptions(options, 'okta')
  const { domain, server = 'default', audience, clientIds } = options
  const base = `https://${hostOption(domain, 'domain')}`
  return {
    ...fromFacts({
      issuer: `${base}/oauth2/${segmentOption(server, 'server')}`,
      audience: audienceOption(audience),
      algorithms: ['RS256'],
      check: ({ claims }) =>
        Object.hasOwn(claims, 'cid')
          ? undefined
          : 'This is not an access token of Okta: it has no "cid".',
      explain: (token) =>
        token.unverifiedClaims['iss'] === base
          ? "It comes from the org's own authorization server, whose tokens only Okta can verify: ask a custom one."
          : explainIdToken(token),
    }),
    ...(clientIds !== undefined && { clientIds, clientClaim: 'cid' }),
  }
}

/** What {@link keycloak} takes. */
export interface KeycloakOptions {
  /** Where Keycloak is, as the tokens' issuer has it, such as `https://login.example.com` or, before version 17, with `/auth`. */
  readonly url: string
  readonly realm: string
  readonly audience: Names
  /** Where the keys are from here, in a network of containers. Default: as the issuer's metadata says. */
  readonly jwksUri?: string
}

/**
 * Accepts access tokens of one realm of Keycloak. Rights of realm and client are in `realm_access.roles` and
 * `resource_access`, which `scopeClaims` reads; keys for encryption in the set are passed over.
 */
export function keycloak(options: KeycloakOptions): ProviderOptions {
  requireOptions(options, 'keycloak')
  const { url, realm, audience, jwksUri } = options
  const base = requireString(url, 'url').replace(/\/+$/, '')
  return fromFacts({
    issuer: `${base}/realms/${segmentOption(realm, 'realm')}`,
    audience: audienceOption(audience),
    algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
    ...(jwksUri !== undefined && { jwksUri }),
    check: ({ claims: { typ } }) =>
      typ === undefined || typ === 'Bearer'
        ? undefined
        : 'Its claim "typ" is that of another kind of token of Keycloak: send the access token ("Bearer").',
    explain: ({ unverifiedClaims: { aud } }) =>
      aud === 'account'
        ? 'Its only audience is "account": add an audience mapper for this API to the client scope.'
        : undefined,
  })
}

/** What {@link clerk} and others without an audience take: the parties that may use their tokens. */
export interface PartyOptions {
  /** The issuer: Clerk's Frontend API URL. */
  readonly issuer: string
  /** The origins of the applications whose tokens are taken, as the claim `azp` names them. */
  readonly authorizedParties: Names
}

/** Accepts session tokens of Clerk. They have no `aud`: `azp` is compared with `authorizedParties`, and must be there. */
export function clerk(options: PartyOptions): ProviderOptions {
  requireOptions(options, 'clerk')
  return {
    ...fromFacts({
      issuer: requireString(options.issuer, 'issuer').replace(/\/$/, ''),
      audience: null,
      algorithms: ['RS256'],
      check: ({ claims: { sts } }) =>
        sts === 'pending' ? 'The session is pending: its user has tasks left.' : undefined,
    }),
    clientIds: audienceOption(options.authorizedParties, 'authorizedParties'),
    clientClaim: 'azp',
  }
}

/**
 * Accepts users' access tokens of Supabase, signed with the project's keys. Projects that still sign with the
 * shared secret have to move to signing keys first.
 */
export function supabase(options: {
  readonly project: string
  readonly audience?: Names
}): ProviderOptions {
  requireOptions(options, 'supabase')
  const base = `https://${segmentOption(options.project, 'project')}.supabase.co/auth/v1`
  return fromFacts({
    issuer: base,
    audience: audienceOption(options.audience ?? 'authenticated'),
    algorithms: ['ES256', 'RS256'],
    jwksUri: `${base}/.well-known/jwks.json`,
    explain: ({ unverifiedHeader: { alg }, unverifiedClaims: { role } }) => {
      if (alg === 'HS256')
        return 'It is signed with the shared secret: move the project to signing keys.'
      return role === 'anon' || role === 'service_role'
        ? 'It is an API key, not the token of a user.'
        : undefined
    },
  })
}

/** What issuers with plain metadata take: Duende, Spring Authorization Server, Cloud Foundry UAA. */
export interface IssuerOptions {
  readonly issuer: string
  readonly audience: Names
}

/** Accepts access tokens of an IdentityServer (Duende): `typ` is `at+jwt`, and `scope` an array. */
export function duende(options: IssuerOptions): ProviderOptions {
  requireOptions(options, 'duende')
  const issuer = requireString(options.issuer, 'issuer')
  const facts = { issuer, audience: audienceOption(options.audience), explain: explainIdToken }
  return { ...fromFacts({ ...facts, algorithms: ['RS256', 'ES256', 'PS256'] }), type: 'at+jwt' }
}

/** Accepts access tokens of Spring Authorization Server, whose `scope` is an array. */
export function springAuthorizationServer(options: IssuerOptions): ProviderOptions {
  requireOptions(options, 'springAuthorizationServer')
  return fromFacts({
    issuer: requireString(options.issuer, 'issuer'),
    audience: audienceOption(options.audience),
    algorithms: ['RS256', 'ES256'],
    explain: explainIdToken,
  })
}

/** Accepts access tokens of Cloud Foundry's UAA, whose issuer ends in `/oauth/token` and whose keys are at `/token_keys`. */
export function cloudFoundryUaa(options: IssuerOptions): ProviderOptions {
  requireOptions(options, 'cloudFoundryUaa')
  const issuer = requireString(options.issuer, 'issuer')
  return fromFacts({
    issuer,
    audience: audienceOption(options.audience),
    algorithms: ['RS256'],
    jwksUri: new URL('/token_keys', issuer).href,
    check: ({ claims }) =>
      Object.hasOwn(claims, 'grant_type') || Object.hasOwn(claims, 'cid')
        ? undefined
        : 'This is not an access token of UAA: it names no client ("cid").',
  })
}

/** What {@link google} takes. */
export interface GoogleOptions {
  /** The client ids whose ID tokens are taken. */
  readonly clientIds: Names
  /** The Workspace domains that a user must belong to, as `hd` names them. Default: any account. */
  readonly hostedDomains?: Names
}

/** Accepts Google's ID tokens (Sign in with Google). Its issuer has two spellings. */
export function google(options: GoogleOptions): ProviderOptions {
  requireOptions(options, 'google')
  const domains =
    options.hostedDomains === undefined
      ? undefined
      : [audienceOption(options.hostedDomains, 'hostedDomains')].flat()
  return fromFacts({
    issuer: ['https://accounts.google.com', 'accounts.google.com'],
    audience: audienceOption(options.clientIds, 'clientIds'),
    algorithms: ['RS256'],
    check: ({ claims: { hd } }) =>
      domains === undefined || domains.includes(String(hd))
        ? undefined
        : 'Its account belongs to no domain that is allowed ("hd").',
  })
}

/** Accepts ID tokens of Sign in with Apple, for bundle ids and service ids. */
export function apple(options: {
  readonly clientIds: Names
  readonly nonce?: string
}): ProviderOptions {
  requireOptions(options, 'apple')
  const { nonce } = options
  return fromFacts({
    issuer: 'https://appleid.apple.com',
    audience: audienceOption(options.clientIds, 'clientIds'),
    algorithms: ['RS256'],
    jwksUri: 'https://appleid.apple.com/auth/keys',
    check: ({ claims }) =>
      nonce === undefined || claims['nonce'] === nonce
        ? undefined
        : 'Its "nonce" is not that of this login.',
  })
}

/** Accepts ID tokens of Firebase Authentication, for one project. */
export function firebase(options: { readonly project: string }): ProviderOptions {
  requireOptions(options, 'firebase')
  const project = segmentOption(options.project, 'project')
  return {
    ...fromFacts({
      issuer: `https://securetoken.google.com/${project}`,
      audience: project,
      algorithms: ['RS256'],
      check: ({ claims: { sub } }) => (sub === '' ? 'Its "sub" is empty.' : undefined),
      explain: ({ unverifiedClaims: { aud } }) =>
        String(aud).startsWith('https://identitytoolkit.googleapis.com/')
          ? 'It is a custom token: exchange it for an ID token first (signInWithCustomToken).'
          : undefined,
    }),
    requiredClaims: ['sub', 'auth_time'],
  }
}
