import { invalid, requireOneOf, requireOptions, requireString } from '../base/options.ts'
import {
  audienceOption,
  explainIdToken,
  fromFacts,
  hostOption,
  type Names,
  type ProviderOptions,
  segmentOption,
} from './oidc.ts'

const TENANT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What {@link entra} takes. */
export interface EntraOptions {
  /**
   * The tenant's id (a UUID), several of them, or `any`: then whoever has an account at Microsoft gets
   * past the issuer, and what they may do is for `audience`, roles and your own records to say.
   */
  readonly tenant: string | readonly string[]
  /** The API's application id, or its `api://…` URI. */
  readonly audience: Names
  /** The version of the API's tokens, as its manifest has it (`accessTokenAcceptedVersion`). Default 2; 1 is taken as well where it is named. */
  readonly versions?: readonly (1 | 2)[]
}

/**
 * Accepts access tokens of Microsoft Entra ID. Keys without `alg` are used for RS256; a key that names one
 * tenant verifies no other's tokens; the tenant in `tid` has to be that of the issuer.
 *
 * @example
 * ```ts
 * import { TokenVerifier } from '@mayfly/core'
 * import { entra } from '@mayfly/core/providers'
 *
 * const verifier = new TokenVerifier(
 *   entra({ tenant: '9188040d-6c67-4c5b-b112-36a304b66dad', audience: 'api://orders' }),
 * )
 * ```
 */
export function entra(options: EntraOptions): ProviderOptions {
  requireOptions(options, 'entra')
  const { tenant, versions = [2] } = options
  const tenants = tenant === 'any' ? undefined : [tenant].flat().map((one) => tenantOption(one))
  for (const version of versions) requireOneOf(String(version), 'versions', ['1', '2'])
  const issuersOf = (id: string): string[] =>
    versions.map((version) =>
      version === 1
        ? `https://sts.windows.net/${id}/`
        : `https://login.microsoftonline.com/${id}/v2.0`,
    )
  const [only] = tenants?.length === 1 ? tenants : ['common']
  return {
    issuer: tenants === undefined ? null : tenants.flatMap(issuersOf),
    audience: audienceOption(options.audience),
    algorithms: ['RS256'],
    keys: { jwksUri: `https://login.microsoftonline.com/${only ?? 'common'}/discovery/v2.0/keys` },
    check: ({ claims: { tid, iss } }) =>
      typeof tid === 'string' && TENANT.test(tid) && issuersOf(tid).includes(String(iss))
        ? undefined
        : 'Its issuer is not that of its tenant ("tid").',
    explain: (token) => {
      const { unverifiedHeader: header, unverifiedClaims: claims } = token
      if (Object.hasOwn(header, 'nonce')) {
        return 'It is a token for Microsoft Graph, which nobody else can verify: ask for the scope of this API.'
      }
      const other = String(claims['iss']).startsWith('https://sts.windows.net/') ? 1 : 2
      if (!versions.includes(other)) {
        return `It is a token of version ${other}: set "accessTokenAcceptedVersion" of the API, or name the version.`
      }
      return explainIdToken(token)
    },
  }
}

function tenantOption(value: unknown): string {
  const tenant = requireString(value, 'tenant', 64)
  if (TENANT.test(tenant)) return tenant.toLowerCase()
  throw invalid(
    'tenant',
    '"tenant" must be the tenant\'s id, a UUID: tokens name no domain. Or "any".',
  )
}

/** What {@link cognito} takes. */
export interface CognitoOptions {
  readonly region: string
  readonly userPoolId: string
  /** The app clients whose tokens are taken. */
  readonly clientIds: Names
  /** Which tokens are taken. Default `access`. */
  readonly tokenUse?: 'access' | 'id'
}

/**
 * Accepts tokens of one user pool of Amazon Cognito. Access tokens have no `aud`: `client_id` is compared
 * with `clientIds`. ID tokens have the client in `aud`.
 */
export function cognito(options: CognitoOptions): ProviderOptions {
  requireOptions(options, 'cognito')
  const { tokenUse = 'access' } = options
  requireOneOf(tokenUse, 'tokenUse', ['access', 'id'])
  const clients = audienceOption(options.clientIds, 'clientIds')
  const region = segmentOption(options.region, 'region')
  const isAccess = tokenUse === 'access'
  return {
    ...fromFacts({
      issuer: `https://cognito-idp.${region}.amazonaws.com/${segmentOption(options.userPoolId, 'userPoolId')}`,
      audience: isAccess ? null : clients,
      algorithms: ['RS256'],
      check: ({ claims: { token_use: use } }) =>
        use === tokenUse ? undefined : `Its "token_use" is not "${tokenUse}".`,
      explain: ({ unverifiedClaims: { token_use: use } }) =>
        isAccess && use === 'id' ? 'It is an ID token: send the access token.' : undefined,
    }),
    ...(isAccess && { clientIds: clients, clientClaim: 'client_id' }),
  }
}

/** Accepts what Google's Identity-Aware Proxy sends in `x-goog-iap-jwt-assertion`. */
export function googleIap(options: { readonly audience: Names }): ProviderOptions {
  requireOptions(options, 'googleIap')
  return fromFacts({
    issuer: 'https://cloud.google.com/iap',
    audience: audienceOption(options.audience),
    algorithms: ['ES256'],
    jwksUri: 'https://www.gstatic.com/iap/verify/public_key-jwk',
  })
}

/** Accepts what Cloudflare Access sends in `Cf-Access-Jwt-Assertion`, or in the cookie `CF_Authorization`. */
export function cloudflareAccess(options: {
  readonly team: string
  readonly audience: Names
}): ProviderOptions {
  requireOptions(options, 'cloudflareAccess')
  const issuer = `https://${hostOption(options.team, 'team').replace(/\.cloudflareaccess\.com$/, '')}.cloudflareaccess.com`
  return fromFacts({
    issuer,
    audience: audienceOption(options.audience),
    algorithms: ['RS256'],
    jwksUri: `${issuer}/cdn-cgi/access/certs`,
    check: ({ claims: { type } }) =>
      type === undefined || type === 'app'
        ? undefined
        : 'It is a token of the team, not of this application ("type").',
  })
}

/** Accepts identity tokens of GitHub Actions. `sub` names repository and environment; ids never change hands. */
export function githubActions(options: {
  readonly audience: Names
  readonly repositoryIds?: Names
  readonly repositoryOwnerIds?: Names
}): ProviderOptions {
  requireOptions(options, 'githubActions')
  const { repositoryIds, repositoryOwnerIds } = options
  if (repositoryIds === undefined && repositoryOwnerIds === undefined) {
    throw invalid(
      'repositoryIds',
      'Name "repositoryIds" or "repositoryOwnerIds": anybody\'s workflow gets tokens for any audience.',
    )
  }
  return fromFacts({
    issuer: 'https://token.actions.githubusercontent.com',
    audience: audienceOption(options.audience),
    algorithms: ['RS256'],
    check: ({ claims }) =>
      notAmong(claims['repository_id'], repositoryIds, 'repository_id') ??
      notAmong(claims['repository_owner_id'], repositoryOwnerIds, 'repository_owner_id'),
  })
}

/** Accepts ID tokens of GitLab CI jobs, for named projects. */
export function gitlab(options: {
  readonly audience: Names
  readonly projectIds: Names
  readonly url?: string
}): ProviderOptions {
  requireOptions(options, 'gitlab')
  const projects = audienceOption(options.projectIds, 'projectIds')
  return fromFacts({
    issuer: requireString(options.url ?? 'https://gitlab.com', 'url').replace(/\/$/, ''),
    audience: audienceOption(options.audience),
    algorithms: ['RS256'],
    check: ({ claims }) => notAmong(claims['project_id'], projects, 'project_id'),
  })
}

/** Accepts OIDC tokens of one team's deployments at Vercel. */
export function vercel(options: {
  readonly team: string
  readonly projectIds: Names
  readonly environments?: Names
}): ProviderOptions {
  requireOptions(options, 'vercel')
  const team = segmentOption(options.team, 'team')
  const projects = audienceOption(options.projectIds, 'projectIds')
  return fromFacts({
    issuer: `https://oidc.vercel.com/${team}`,
    audience: `https://vercel.com/${team}`,
    algorithms: ['RS256'],
    check: ({ claims }) =>
      notAmong(claims['project_id'], projects, 'project_id') ??
      notAmong(claims['environment'], options.environments, 'environment'),
  })
}

/** What {@link kubernetes} takes. */
export interface KubernetesOptions {
  /** The cluster's issuer (`kubectl get --raw /.well-known/openid-configuration`). */
  readonly issuer: string
  readonly audience: Names
  /** `namespace/name` of the service accounts whose tokens are taken. Default: any of the cluster. */
  readonly serviceAccounts?: Names
  /** Where the keys are from here. Inside the cluster they stand behind a bearer: give a `fetch` that sends it. */
  readonly jwksUri?: string
  /** The `fetch` that gets the keys. Default: the global one. */
  readonly fetch?: typeof fetch
}

/** Accepts projected service account tokens of one Kubernetes cluster. Legacy ones, without an end, are refused. */
export function kubernetes(options: KubernetesOptions): ProviderOptions {
  requireOptions(options, 'kubernetes')
  const issuer = requireString(options.issuer, 'issuer')
  const { jwksUri, fetch: own, serviceAccounts } = options
  const accounts =
    serviceAccounts === undefined
      ? undefined
      : [audienceOption(serviceAccounts, 'serviceAccounts')]
          .flat()
          .map((name) => `system:serviceaccount:${name.replace('/', ':')}`)
  return {
    issuer,
    audience: audienceOption(options.audience),
    algorithms: ['RS256', 'ES256'],
    keys: {
      ...(jwksUri === undefined ? { issuer } : { jwksUri }),
      ...(own !== undefined && { fetch: own }),
    },
    check: ({ claims: { sub } }) => notAmong(sub, accounts, 'sub'),
    explain: ({ unverifiedClaims: { exp } }) =>
      exp === undefined
        ? 'It is a legacy token without an end: project one with an expiry.'
        : undefined,
  }
}

/** Accepts JWT-SVIDs of one SPIFFE trust domain, whose bundle is at `bundleUrl`. */
export function spiffe(options: {
  readonly trustDomain: string
  readonly audience: Names
  readonly bundleUrl: string
}): ProviderOptions {
  requireOptions(options, 'spiffe')
  const prefix = `spiffe://${hostOption(options.trustDomain, 'trustDomain')}/`
  return {
    issuer: null,
    audience: audienceOption(options.audience),
    algorithms: ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    keys: { jwksUri: requireString(options.bundleUrl, 'bundleUrl'), fetch: svidKeys },
    check: ({ claims: { sub } }) =>
      typeof sub === 'string' && sub.startsWith(prefix) && sub.length > prefix.length
        ? undefined
        : 'Its "sub" is no identity of this trust domain.',
  }
}

/** A SPIFFE bundle marks the keys of JWT-SVIDs `"use": "jwt-svid"`, and holds others besides. */
const svidKeys: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (!response.ok) return response
  const bundle: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  const keys: unknown = Object(bundle).keys
  if (!Array.isArray(keys)) return response
  const svid = keys.filter((key: unknown) => Object(key).use === 'jwt-svid')
  return Response.json(
    { keys: svid.map((key: object) => Object.assign(key, { use: 'sig' })) },
    { headers: response.headers },
  )
}

function notAmong(value: unknown, allowed: Names | undefined, claim: string): string | undefined {
  if (allowed === undefined || [allowed].flat().includes(String(value))) return undefined
  return `Its "${claim}" is not among those that are allowed.`
}
