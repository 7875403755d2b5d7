import { parseDate } from '../../base/clock.ts'
import {
  type GivenToken,
  type Refusal,
  unusable,
} from '../../outbound/sources/exchanged-oauth-answer.ts'
import { type ExchangeResponse, jsonOf } from '../../http/exchange.ts'

/** Statuses that no other try can mend, unless they stand for a rate limit. */
const PERMANENT: ReadonlySet<number> = new Set([401, 403, 404, 422])

/** Reads the answer of "Create an installation access token for an app". */
export function readInstallationToken(answer: ExchangeResponse): GivenToken {
  const { token, expires_at: expires } = jsonOf(answer) ?? {}
  if (typeof token !== 'string') throw unusable('There is no "token" in it.')
  const expiresAt = typeof expires === 'string' ? parseDate(expires) / 1000 : Number.NaN
  if (Number.isNaN(expiresAt)) throw unusable('"expires_at" is no date.')
  return { value: token, expiresAt }
}

/** Reads a refusal of GitHub's: it has a message and no code. */
export function readGitHubRefusal(answer: ExchangeResponse): Refusal {
  const { status, headers } = answer
  const { message } = jsonOf(answer) ?? {}
  const usedUp = headers.get('x-ratelimit-remaining') === '0'
  const limited =
    usedUp ||
    headers.has('retry-after') ||
    /rate limit/i.test(typeof message === 'string' ? message : '')
  return {
    description: message,
    permanent: PERMANENT.has(status) && !limited,
    ...(usedUp && { retryAfterMs: untilReset(answer) }),
  }
}

/** `X-RateLimit-Reset` is a date in seconds, on GitHub's clock. */
function untilReset({ headers, receivedAt }: ExchangeResponse): number | undefined {
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000
  const date = parseDate(headers.get('date') ?? '')
  const left = reset - (Number.isNaN(date) ? receivedAt : date)
  return left >= 0 ? left : undefined
}
