import { createHash, randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@mayfly/core'
import jwt from 'jsonwebtoken'
import { refuseUnknownOptions } from '@mayfly/core/adapter'

/** Whose webhook it is, and how it is sent. */
export interface VonageWebhookSending {
  /** Goes into `api_key`. */
  readonly apiKey: string
  /** The account's signature secret. */
  readonly signatureSecret: string
  /** Goes into `application_id`. Default: none. */
  readonly applicationId?: string
  /** `GET` sends the payload as the query, as Vonage does for an answer URL. Default `POST`. */
  readonly method?: 'GET' | 'POST'
  /** How a POST is written. Default `json`. */
  readonly format?: 'json' | 'form'
  /** Claims that replace the usual ones, to make a faulty webhook; `undefined` leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** What is sent instead of what was signed, to make a faulty webhook. */
  readonly sent?: string
  readonly clock?: Clock
}

/** A webhook, ready to be sent. */
export interface SignedVonageWebhook {
  readonly method: 'GET' | 'POST'
  /** The query of a GET request; empty for POST. */
  readonly query: string
  /** `authorization`, and `content-type` where there is a body. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty for GET. */
  readonly body: string
}

const SENDING = [
  'apiKey',
  'signatureSecret',
  'applicationId',
  'method',
  'format',
  'claims',
  'sent',
  'clock',
]

/**
 * Signs a webhook as Vonage does: a JWT in `Authorization` (HS256, with the account's signature secret,
 * made by `jsonwebtoken`) that holds the hash of the body, or for GET of the query's parameters as JSON.
 *
 * @param payload the body as it is to be sent, or an object that is written as `format` and `method`
 * say.
 * @throws {OptionError} `ERR_OPTION_UNKNOWN`.
 *
 * @example
 * ```ts
 * import { signVonageWebhook } from '@mayfly/sandboxes'
 *
 * const { method, headers, body } = signVonageWebhook(
 *   { message_uuid: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab', status: 'delivered' },
 *   { apiKey: 'abcd1234', signatureSecret: 'a secret of the dashboard' },
 * )
 * await fetch('http://127.0.0.1:3000/webhooks/status', { method, headers, body })
 * ```
 */
export function signVonageWebhook(
  payload: string | Readonly<Record<string, unknown>>,
  sending: VonageWebhookSending,
): SignedVonageWebhook {
  refuseUnknownOptions(sending, SENDING, 'signVonageWebhook')
  const { apiKey, signatureSecret, applicationId, claims } = sending
  const { method = 'POST', format = 'json', clock = systemClock } = sending
  const written = typeof payload === 'string' ? payload : write(payload, { method, format })
  const signed =
    method === 'GET' ? JSON.stringify(Object.fromEntries(new URLSearchParams(written))) : written
  const usual = {
    iat: Math.floor(clock.now() / 1000),
    jti: randomUUID(),
    iss: 'Vonage',
    payload_hash: createHash('sha256').update(signed).digest('hex'),
    api_key: apiKey,
    ...(applicationId !== undefined && { application_id: applicationId }),
  }
  // As text the claims stay as they are: of an object the library would check and complete them.
  const token = jwt.sign(JSON.stringify({ ...usual, ...claims }), signatureSecret, {
    header: { alg: 'HS256', typ: 'JWT' },
  })
  const authorization = `Bearer ${token}`
  const { sent = written } = sending
  if (method === 'GET') return { method, query: sent, headers: { authorization }, body: '' }
  const type = format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
  return { method, query: '', headers: { authorization, 'content-type': type }, body: sent }
}

function write(
  payload: Readonly<Record<string, unknown>>,
  { method, format }: { readonly method: string; readonly format: string },
): string {
  if (method === 'POST' && format === 'json') return JSON.stringify(payload)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(payload)) query.append(name, String(value))
  return query.toString()
}
