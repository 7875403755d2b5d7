import type { SandboxReply } from '../vendor.ts'

/** Why a request was refused. */
export type GrantRefusal =
  | 'client'
  | 'request'
  | 'refresh-token-unknown'
  | 'refresh-token-reused'
  | 'family-ended'
  | 'token-missing'
  | 'token-unknown'
  | 'token-expired'

/** Whose words a sandbox speaks. */
export type GrantDialect =
  | 'oauth'
  | 'shopify'
  | 'slack'
  | 'hubspot'
  | 'salesforce'
  | 'xero'
  | 'intuit'
  | 'google'
  | 'microsoft'
  | 'github'

/** What a dialect writes into an answer. */
interface Tokens {
  readonly access: string
  /** Absent where the old one stays. */
  readonly refresh: string | undefined
  readonly expiresIn: number
  readonly origin: string
}

interface Dialect {
  readonly expiresIn: number
  readonly rotates: boolean
  readonly tokens: (tokens: Tokens) => object
  readonly refusal: (reason: GrantRefusal) => SandboxReply
}

const DAY = 86_400

function standard(
  expiresIn: number,
  rotates: boolean,
  more: (tokens: Tokens) => object = () => ({}),
): Dialect {
  return {
    expiresIn,
    rotates,
    tokens: (tokens) => ({
      access_token: tokens.access,
      token_type: 'Bearer',
      expires_in: tokens.expiresIn,
      ...(tokens.refresh !== undefined && { refresh_token: tokens.refresh }),
      ...more(tokens),
    }),
    refusal: (reason) => {
      const error = { client: 'invalid_client', request: 'unsupported_grant_type' }[
        reason as string
      ]
      const status = reason === 'client' ? 401 : 400
      return { status, body: { error: error ?? 'invalid_grant', error_description: WORDS[reason] } }
    },
  }
}

const WORDS: Partial<Record<GrantRefusal, string>> = {
  'family-ended': 'The token has been revoked.',
  'refresh-token-reused': 'The refresh token was used before.',
}

/** Vendors answer 200 and say in the body that it is none. */
function refusesWith200(unknown: string, more: object = {}): Dialect['refusal'] {
  return (reason) => {
    const error = { client: 'incorrect_client_credentials', request: 'invalid_arguments' }
    const word = error[reason as 'client'] ?? unknown
    return { status: 200, body: { ...more, error: word, error_description: WORDS[reason] } }
  }
}

/** As the vendors' documentation has them. The presets of the core are judged by this, and not used here. */
export const DIALECTS: Readonly<Record<GrantDialect, Dialect>> = {
  oauth: standard(3600, true),
  shopify: standard(3600, true, () => ({
    refresh_token_expires_in: 90 * DAY,
    scope: 'read_orders',
  })),
  slack: {
    ...standard(43_200, true, () => ({ ok: true, team: { id: 'T1' } })),
    refusal: refusesWith200('invalid_refresh_token', { ok: false }),
  },
  hubspot: {
    ...standard(1800, false),
    refusal: (reason) =>
      reason === 'client'
        ? {
            status: 400,
            body: { status: 'BAD_CLIENT_ID', message: 'missing or unknown client id' },
          }
        : {
            status: 400,
            body: { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' },
          },
  },
  salesforce: {
    ...standard(7200, false),
    tokens: ({ access, refresh, origin }) => ({
      access_token: access,
      ...(refresh !== undefined && { refresh_token: refresh }),
      token_type: 'Bearer',
      instance_url: origin,
      id: `${origin}/id/00D/005`,
      issued_at: '1278448384422',
    }),
  },
  xero: standard(1800, true, () => ({ scope: 'accounting.transactions offline_access' })),
  intuit: standard(3600, true, () => ({ x_refresh_token_expires_in: 100 * DAY })),
  google: standard(3599, false),
  microsoft: standard(3600, true, () => ({ ext_expires_in: 3600, scope: 'User.Read' })),
  github: {
    ...standard(28_800, true, () => ({ refresh_token_expires_in: 15_897_600, scope: '' })),
    refusal: refusesWith200('bad_refresh_token'),
  },
}
