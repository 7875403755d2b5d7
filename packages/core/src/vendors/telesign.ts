import { requireIdentifier, requireName } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import {
  describe,
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { signedSource } from '../outbound/sources/signed-source.ts'
import { refuseReplacing } from '../outbound/sources/signed-payload.ts'
import { type JwtSecret, secretKey } from '../outbound/sources/signed-secret.ts'
import type { TokenSource } from '../outbound/token.ts'
import { readApiKey } from './telesign/api-key.ts'

/** Options of {@link telesign}. */
export interface TelesignOptions {
  /** The customer id: a UUID, as TelePortal shows it. It goes into `iss`. */
  readonly customerId: string
  /** The API key, as TelePortal shows it: base64 text. Or its bytes as `{ secret }`, or a callback. */
  readonly apiKey: JwtSecret
  /**
   * The number that is to be verified: 7 to 15 digits, the country code among them, and nothing else.
   * It goes into `phn`.
   */
  readonly phoneNumber: string
  /**
   * Names the transaction, so that its status can be asked for: text of 1 to 128 characters, or a
   * function that makes one for each token. It goes into `xid`. Default: a random UUID for each token.
   */
  readonly externalId?: string | (() => string)
  /** Seconds from `iat` to `exp`. Default 90. */
  readonly lifetime?: number
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default 10. */
  readonly backdate?: number
  /** Where the tokens may go over HTTP. Default: nowhere, they are for the app that asked for them. */
  readonly origins?: readonly string[]
  /** Makes a `jti` for each token. Telesign needs none. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside Telesign's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

const MAX_EXTERNAL_ID = 128

const OPTIONS = [
  'customerId',
  'apiKey',
  'phoneNumber',
  'externalId',
  'lifetime',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

/**
 * Makes tokens for Telesign's App Verify: with one an app has one phone number verified.
 *
 * They are dated `iat = now − 10`, `exp = iat + 90`. Each is for one transaction, so do not put a
 * `TokenManager` around the source; hand `token.value` to the app, and keep its `xid` and number, by
 * which the status is asked for.
 *
 * See "JWT Service for App Verify",
 * https://developer.telesign.com/enterprise/page/app-verify-api-tutorial-jwt-service-for-app-verify-api
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name: a
 * number with anything but digits, an API key that is no base64. A `KeyError` for a key that cannot be
 * used. `getToken` rejects with an `OptionError` for an `externalId` that a function made wrong.
 *
 * @example
 * ```ts
 * import { telesign } from '@mayfly/core/vendors'
 *
 * export async function tokenFor(phoneNumber: string, apiKey: string): Promise<string> {
 *   const externalId = crypto.randomUUID() // keep it, with the number
 *   const customerId = 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890'
 *   const token = await telesign({ customerId, apiKey, phoneNumber, externalId }).getToken()
 *   return token.value
 * }
 * ```
 */
export function telesign(options: TelesignOptions): TokenSource {
  requireOptions(options, 'telesign')
  refuseUnknownOptions(options, OPTIONS, 'telesign')
  const { origins = [], backdate = 10, tokenId, clock } = options
  const customerId = requireIdentifier(options.customerId, 'customerId')
  const phoneNumber = requirePhoneNumber(options.phoneNumber)
  const nextExternalId = compileExternalId(options.externalId)
  const own = refuseReplacing(options.claims, ['iss', 'phn', 'xid'])

  return signedSource('telesign', {
    algorithm: 'HS256',
    key: secretKey(options.apiKey, 'apiKey', readApiKey),
    allowShortSecret: true,
    claims: ({ issuedAt, expiresAt }) => ({
      iss: customerId,
      iat: issuedAt,
      exp: expiresAt,
      phn: phoneNumber,
      xid: nextExternalId(),
      ...own,
    }),
    lifetime: optionalNumber(options.lifetime, 'lifetime', { min: 1, integer: true }) ?? 90,
    backdate,
    origins,
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}

/** E.164 allows 15 digits; the shortest numbers that there are have 7. */
function requirePhoneNumber(value: unknown): string {
  const text = requireName(value, 'phoneNumber', 128)
  if (/^[1-9]\d{6,14}$/.test(text)) return text
  throw invalid(
    'phoneNumber',
    '"phoneNumber" must be 7 to 15 digits that begin with the country code, such as 15555551212: no "+", no zeros before it, no spaces.',
  )
}

function compileExternalId(externalId: TelesignOptions['externalId']): () => string {
  if (externalId === undefined) return () => crypto.randomUUID()
  if (typeof externalId === 'function') {
    return () => requireName(externalId(), 'externalId', MAX_EXTERNAL_ID)
  }
  if (typeof externalId !== 'string') {
    const what = 'text, or a function that makes it'
    throw invalid('externalId', `"externalId" must be ${what}, not ${describe(externalId)}.`)
  }
  requireName(externalId, 'externalId', MAX_EXTERNAL_ID)
  return () => externalId
}
