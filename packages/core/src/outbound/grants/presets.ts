import { invalid, requireString } from '../../base/options.ts'
import type { GrantManagerOptions, SaveGrantOptions } from './options.ts'
import type { GrantClient, GrantFacts } from './record.ts'

/** What a preset gives: options for a `GrantManager`. */
export type GrantPreset = Required<Pick<GrantManagerOptions, 'client' | 'facts'>> &
  Pick<GrantManagerOptions, 'endpoint' | 'revocationEndpoint' | 'origins' | 'header'>

/** What every preset takes. */
export interface GrantPresetOptions extends Pick<GrantClient, 'clientId' | 'clientSecret'> {
  /** Where the access tokens may go. Default: the vendor's API. */
  readonly origins?: readonly string[]
  /** Another token endpoint, for sandboxes. */
  readonly endpoint?: string
  /** Another revocation endpoint, for sandboxes. */
  readonly revocationEndpoint?: string
}

interface PresetData
  extends Pick<GrantPreset, 'endpoint' | 'revocationEndpoint' | 'origins' | 'header'> {
  readonly authentication: NonNullable<GrantClient['authentication']>
  readonly facts: Partial<GrantFacts>
}

const DAY = 86_400

function preset(options: GrantPresetOptions, data: PresetData): GrantPreset {
  const { clientId, clientSecret } = options
  const endpoint = options.endpoint ?? data.endpoint
  const revocationEndpoint = options.revocationEndpoint ?? data.revocationEndpoint
  return {
    client: {
      clientId,
      ...(clientSecret !== undefined && { clientSecret, authentication: data.authentication }),
    },
    facts: data.facts,
    origins: options.origins ?? data.origins ?? [],
    ...(endpoint !== undefined && { endpoint }),
    ...(revocationEndpoint !== undefined && { revocationEndpoint }),
    ...(data.header !== undefined && { header: data.header }),
  }
}

/**
 * Shopify's expiring offline tokens: an hour, and a refresh token of 90 days that rotates. Each shop has
 * its own token endpoint: save with {@link shopifyShop}. (shopify.dev, "About offline access tokens")
 */
export function shopify(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    authentication: 'client_secret_post',
    header: { name: 'X-Shopify-Access-Token', scheme: '' },
    facts: { name: 'shopify', idleLifetime: 90 * DAY },
  })
}

/**
 * Says where a shop's tokens are from and where they go, for `save`.
 *
 * @param shop such as `my-shop.myshopify.com`.
 * @throws {OptionError} for anything else but a name below `myshopify.com`.
 *
 * @example
 * ```ts
 * import { type GrantManager, type GrantResponse, shopifyShop } from '@mayfly/core/grants'
 *
 * export async function connected(grants: GrantManager, shop: string, response: GrantResponse) {
 *   await grants.save(shop, response, shopifyShop(shop))
 * }
 * ```
 */
export function shopifyShop(
  shop: string,
): Required<Pick<SaveGrantOptions, 'endpoint' | 'origins'>> {
  const name = requireString(shop, 'shop', 128)
  if (!/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/.test(name)) {
    throw invalid('shop', '"shop" must be a name such as "my-shop.myshopify.com".')
  }
  const origin = `https://${name}`
  return { endpoint: `${origin}/admin/oauth/access_token`, origins: [origin] }
}

/**
 * Slack's token rotation: twelve hours, and a refresh token that is used once. Refusals come with 200.
 * (api.slack.com, "Token rotation")
 */
export function slack(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    endpoint: 'https://slack.com/api/oauth.v2.access',
    origins: ['https://slack.com'],
    authentication: 'client_secret_basic',
    facts: {
      name: 'slack',
      defaultLifetime: 43_200,
      endedErrors: ['invalid_grant', 'invalid_refresh_token', 'token_revoked', 'account_inactive'],
      revocation: ({ accessToken }) => ({
        url: new URL('https://slack.com/api/auth.revoke'),
        headers: { authorization: `Bearer ${accessToken}` },
      }),
    },
  })
}

/** HubSpot: half an hour; the refresh token stays. (developers.hubspot.com, "OAuth") */
export function hubspot(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    endpoint: 'https://api.hubapi.com/oauth/v1/token',
    origins: ['https://api.hubapi.com'],
    authentication: 'client_secret_post',
    facts: {
      name: 'hubspot',
      defaultLifetime: 1800,
      endedErrors: ['invalid_grant', 'BAD_REFRESH_TOKEN'],
    },
  })
}

/**
 * Salesforce: answers say where the API is (`instance_url`), and not how long tokens live; two hours are
 * the default of its session settings. (help.salesforce.com, "OAuth 2.0 Refresh Token Flow")
 *
 * @param options `host`: `test.salesforce.com` for sandboxes, or a domain of your own.
 */
export function salesforce(options: GrantPresetOptions & { readonly host?: string }): GrantPreset {
  const { host = 'login.salesforce.com', ...rest } = options
  const base = `https://${requireString(host, 'host', 253)}/services/oauth2`
  return preset(rest, {
    endpoint: `${base}/token`,
    revocationEndpoint: `${base}/revoke`,
    authentication: 'client_secret_post',
    facts: {
      name: 'salesforce',
      defaultLifetime: 7200,
      originsOf: ({ instance_url: url }) =>
        typeof url === 'string' && URL.canParse(url) ? [new URL(url).origin] : undefined,
    },
  })
}

/** Xero: half an hour, and a refresh token of 60 days that rotates. (developer.xero.com, "Token types") */
export function xero(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    endpoint: 'https://identity.xero.com/connect/token',
    revocationEndpoint: 'https://identity.xero.com/connect/revocation',
    origins: ['https://api.xero.com'],
    authentication: 'client_secret_basic',
    facts: { name: 'xero', defaultLifetime: 1800, idleLifetime: 60 * DAY },
  })
}

/**
 * Intuit (QuickBooks Online): an hour, and a refresh token of 100 days whose value changes about once a
 * day. (developer.intuit.com, "OAuth 2.0")
 */
export function intuit(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    endpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    origins: ['https://quickbooks.api.intuit.com'],
    authentication: 'client_secret_basic',
    facts: { name: 'intuit', endsInField: 'x_refresh_token_expires_in' },
  })
}

/**
 * Google, for users: an hour; the refresh token stays, and ends after six months without use. A
 * revocation ends all that the user has granted. (developers.google.com, "Using OAuth 2.0 for Web Server
 * Applications")
 */
export function google(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    endpoint: 'https://oauth2.googleapis.com/token',
    revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
    origins: ['https://www.googleapis.com'],
    authentication: 'client_secret_post',
    facts: { name: 'google', revokesAll: true },
  })
}

/**
 * Microsoft identity platform: about an hour, and a refresh token of 90 days that each use replaces. The
 * old one is not revoked, and there is no revocation endpoint. (learn.microsoft.com, "Refresh tokens")
 *
 * @param options `tenant`: an id, a domain, or `common`, which is the default.
 */
export function microsoft(options: GrantPresetOptions & { readonly tenant?: string }): GrantPreset {
  const { tenant = 'common', ...rest } = options
  const path = encodeURIComponent(requireString(tenant, 'tenant', 253))
  return preset(rest, {
    endpoint: `https://login.microsoftonline.com/${path}/oauth2/v2.0/token`,
    origins: ['https://graph.microsoft.com'],
    authentication: 'client_secret_post',
    facts: {
      name: 'microsoft',
      endedErrors: ['invalid_grant', 'interaction_required'],
      idleLifetime: 90 * DAY,
    },
  })
}

/**
 * GitHub Apps' user tokens: eight hours, and a refresh token of six months that is used once. Refusals
 * come with 200. (docs.github.com, "Refreshing user access tokens")
 */
export function githubUser(options: GrantPresetOptions): GrantPreset {
  return preset(options, {
    endpoint: 'https://github.com/login/oauth/access_token',
    origins: ['https://api.github.com'],
    authentication: 'client_secret_post',
    facts: {
      name: 'github',
      defaultLifetime: 28_800,
      endedErrors: ['invalid_grant', 'bad_refresh_token'],
    },
  })
}
