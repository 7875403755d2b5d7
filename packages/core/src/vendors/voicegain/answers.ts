import { decodeBase64url } from '../../base/base64url.ts'
import { parseJsonObject } from '../../base/json.ts'
import {
  type GivenToken,
  type Refusal,
  unusable,
} from '../../outbound/sources/exchanged-oauth-answer.ts'
import { type ExchangeResponse, jsonOf } from '../../http/exchange.ts'

const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/**
 * Reads the token of a successful answer, which is plain text. It lives as long as was asked for, or as
 * its own dates say where that is less.
 *
 * @throws {SourceError} `ERR_TOKEN_UNUSABLE` for text that is no JWT.
 */
export function readToken({ text }: ExchangeResponse, asked: number): GivenToken {
  const value = text.trim()
  const [, payload] = JWT.exec(value) ?? []
  const bytes = payload === undefined ? undefined : decodeBase64url(payload)
  const claims = bytes && parseJsonObject(bytes)
  if (claims === undefined) throw unusable('The answer is no JWT.')
  const { iat, exp } = claims
  const lives = typeof iat === 'number' && typeof exp === 'number' ? exp - iat : asked
  return { value, expiresIn: Math.min(asked, lives) }
}

/** Reads a refusal: `{ "error": { "reason": …, "detail": … } }`. */
export function readRefusal(answer: ExchangeResponse): Refusal {
  const { error } = jsonOf(answer) ?? {}
  const { reason, detail } = isObject(error) ? error : {}
  const words = [reason, detail].filter((word): word is string => typeof word === 'string')
  return {
    description: words.join(' '),
    // Whoever explains a refusal has looked at the request, and would refuse it again.
    permanent: words.length > 0,
    retryAfterMs: resetOf(answer),
  }
}

/** `RateLimit-Reset` of a busy server: seconds until its limit is as new. */
function resetOf({ status, headers }: ExchangeResponse): number | undefined {
  const reset = headers.get('ratelimit-reset')?.trim() ?? ''
  return status === 429 && /^\d{1,9}$/.test(reset) ? Number(reset) * 1000 : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
