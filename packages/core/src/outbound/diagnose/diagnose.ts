import { type Clock, deadline, systemClock } from '../../base/clock.ts'
import { adviceFor, type RefusalCause } from './advice.ts'
import { vendorCodeIn } from './vendor-code.ts'
import { clockOption } from '../../base/options.ts'
import { readBoundedText } from '../../http/call.ts'
import { offsetOf, suspectedOffsetOf } from '../learned-clock.ts'
import type { AccessToken, TokenSource } from '../token.ts'

/** A clock that differs by more than this is worth a word, in milliseconds. */
const NOTABLE_OFFSET_MS = 1000

/** More of a body is not looked at. */
const MAX_BODY_BYTES = 4096

/** A body that is slower than this is done without, in milliseconds. */
const BODY_TIMEOUT_MS = 2000

/** Why a server most likely refused a request, without anything that must not be seen. */
export interface Diagnosis {
  /** The HTTP status. */
  readonly status: number
  /** The most likely cause. */
  readonly cause: RefusalCause
  /** What to do about it, in a sentence or two. */
  readonly advice: string
  /** Seconds that the token still had, by the server's clock as far as it is known. */
  readonly remainingLife: number
  /** Seconds from `iat` to `exp`. */
  readonly lifetime: number
  /** The longest lifetime that the vendor takes, where it is known. */
  readonly maxLifetime: number | undefined
  /** How far the server's clock is ahead of the local one, in milliseconds. */
  readonly clockOffsetMs: number
  readonly keyId: string | undefined
  /** The thumbprint of the key (RFC 7638). Of secrets there is none. */
  readonly keyFingerprint: string | undefined
  /** Whether the server had accepted this very token before. */
  readonly tokenWorked: boolean
  /** Whether the server had accepted any token of this key before. */
  readonly keyWorked: boolean
  /** The vendor's own error code, where the body has one. */
  readonly vendorCode: string | undefined
}

/** The answer that refused a token: a `Response`, or as much of one as is known. */
export type RefusingResponse = Response | { readonly status: number; readonly body?: string }

/** What is known beside the answer and the token. */
export interface DiagnoseContext {
  /** Where the token came from; it knows the vendor's limit. */
  readonly source?: TokenSource
  /** The server's clock as far as it is known, such as a `LearnedClock`. Default: the machine's. */
  readonly clock?: Clock
  /** The server had accepted this token before. Default `false`. */
  readonly tokenWorked?: boolean
  /** The server had accepted a token of this key before. Default: as `tokenWorked`. */
  readonly keyWorked?: boolean
  /** Another token of this key was refused just before. Default `false`. */
  readonly anotherRefused?: boolean
}

/**
 * Explains why a server refused a request with a token. Vendors answer alike for a wrong clock, a wrong
 * key and an expired token; what is known on this side tells them apart.
 *
 * A `Response` can still be read afterwards. `bearerFetch` does this at every refusal (401, 403, 429, and
 * what the source says refuses its token), and hands the outcome to `observe`.
 *
 * @example
 * ```ts
 * import { diagnose, type TokenManager } from '@mayfly/core'
 *
 * export async function explain(manager: TokenManager, response: Response): Promise<string> {
 *   const { cause, advice } = await diagnose(response, await manager.getToken(), { source: manager })
 *   return `${cause}: ${advice}`
 * }
 * ```
 */
export async function diagnose(
  response: RefusingResponse,
  token: AccessToken,
  context: DiagnoseContext = {},
): Promise<Diagnosis> {
  const { status } = response
  const body = response instanceof Response ? await peekBody(response) : (response.body ?? '')
  const headers = response instanceof Response ? response.headers : new Headers()
  return explainRefusal({ status, body, headers }, token, context)
}

/** The same of an answer whose body was read already. */
export function explainRefusal(
  response: { readonly status: number; readonly body: string; readonly headers?: Headers },
  token: AccessToken,
  context: DiagnoseContext,
): Diagnosis {
  const { status, body } = response
  const { source, tokenWorked = false, keyWorked = tokenWorked } = context
  const clock = clockOption(context.clock)
  const clockOffsetMs = suspectedOffsetOf(clock)
  const serverTime = (clock.now() - offsetOf(clock) + clockOffsetMs) / 1000
  const maxLifetime = source?.maxLifetime
  const facts = {
    status,
    remainingLife: Math.floor(token.expiresAt - serverTime),
    lifetime: token.expiresAt - token.issuedAt,
    maxLifetime,
    clockOffsetMs,
    keyId: token.keyId,
    keyFingerprint: token.keyFingerprint,
    tokenWorked,
    keyWorked,
    vendorCode: vendorCodeIn(body, { token: token.value, status }),
  }
  const cause = causeOf(facts, {
    secondsUntilIssued: token.issuedAt - serverTime,
    hasEnded: token.expiresAt <= serverTime,
    anotherRefused: context.anotherRefused ?? false,
    isLimit: status === 429 || (status === 403 && /rate limit/i.test(body)),
    isRefusal: status === 401 || isRefusedBy(source, response),
  })
  return Object.freeze({ ...facts, cause, advice: adviceFor(cause, facts) })
}

/** What else decides, and is not for the report. */
interface Signs {
  readonly secondsUntilIssued: number
  /** By the server's clock, as far as it is known. */
  readonly hasEnded: boolean
  readonly anotherRefused: boolean
  /** The answer is about the number of requests. */
  readonly isLimit: boolean
  /** The answer is about the token, and not about what was asked for. */
  readonly isRefusal: boolean
}

function causeOf(facts: Omit<Diagnosis, 'cause' | 'advice'>, signs: Signs): RefusalCause {
  const { status, remainingLife, lifetime, maxLifetime = Infinity, vendorCode = '' } = facts
  const { secondsUntilIssued, hasEnded, isLimit } = signs
  if (isLimit) return 'rate-limit'
  if (status >= 500) return 'server-error'
  const clockIsOff = Math.abs(facts.clockOffsetMs) > NOTABLE_OFFSET_MS
  if (hasEnded) return clockIsOff ? 'clock-slow' : 'token-expired'
  if (lifetime > maxLifetime) return 'lifetime-too-long'
  // By the server's clock it was made in the future, or ends later than the vendor ever allows.
  if (secondsUntilIssued > 1 || remainingLife > maxLifetime) return 'clock-fast'
  if (/AGREEMENT/i.test(vendorCode)) return 'agreement'
  // APNs refuses tokens with 403, in these words.
  const isRefusal = signs.isRefusal || vendorCode.endsWith('ProviderToken')
  if (isRefusal && /expired/i.test(vendorCode)) return 'token-expired'
  if (!isRefusal) return status === 403 ? 'permission' : 'unknown'
  if (facts.tokenWorked) return 'token-revoked'
  if (!facts.keyWorked) return 'key-never-worked'
  return signs.anotherRefused ? 'key-revoked' : 'new-token-refused'
}

function isRefusedBy(
  source: TokenSource | undefined,
  { status, body, headers = new Headers() }: Parameters<typeof explainRefusal>[0],
): boolean {
  return source?.isRefusal?.({ status, body, headers }) ?? false
}

async function peekBody(response: Response): Promise<string> {
  if (response.bodyUsed) return ''
  const limit = deadline(systemClock, BODY_TIMEOUT_MS)
  try {
    const text = await readBoundedText(response.clone(), MAX_BODY_BYTES, limit.signal)
    return limit.isOver ? '' : text
  } catch {
    return ''
  } finally {
    limit.end()
  }
}
