import type { GrantEndCause } from '../../base/grant-errors.ts'
import type { JsonObject } from '../../base/json.ts'
import { describe, invalid, requireString } from '../../base/options.ts'
import { compileDestinations } from '../../http/destination.ts'
import type { ExchangeRequest } from '../../http/exchange.ts'
import type { Algorithm } from '../../keys/algorithms.ts'
import type {
  ClientAssertionOptions,
  ClientSecret,
  SecretMethod,
} from '../sources/client-authentication.ts'
import type { JwtKey } from '../sources/signed-signing.ts'

/** How a client shows who it is. Without a secret and a key it is a public one, which only has a name. */
export interface GrantClient {
  readonly clientId: string
  readonly clientSecret?: ClientSecret
  /** How the secret is sent. Default: `client_secret_basic`, unless the server takes only the other. */
  readonly authentication?: SecretMethod
  /** The key that assertions are signed with (`private_key_jwt`, RFC 7523). */
  readonly privateKey?: JwtKey
  readonly keyId?: string
  readonly algorithm?: Algorithm
  readonly assertion?: ClientAssertionOptions
}

/** What is known of a kind of authorization server beside the standards. A preset has these. */
export interface GrantFacts {
  /** Its name, for ids. */
  readonly name: string
  /** Seconds that access tokens live whose answer does not say it. */
  readonly defaultLifetime: number
  /** Errors that mean `invalid_grant`, whatever the status. */
  readonly endedErrors: readonly string[]
  /** The field of an answer with the seconds that the refresh token lives. */
  readonly endsInField: string
  /** Seconds after the last refresh that an unused refresh token ends. */
  readonly idleLifetime?: number
  /** Seconds after which a grant ends, however often it is refreshed. */
  readonly absoluteLifetime?: number
  /** Where the access token may go, where the answer says it. */
  readonly originsOf?: (response: JsonObject) => readonly string[] | undefined
  /** The request that revokes, where it isn't that of RFC 7009. */
  readonly revocation?: (grant: GrantRecord) => ExchangeRequest
  /** A revocation ends every grant that the user gave this client, a new one included. */
  readonly revokesAll?: boolean
}

/** A refresh under way. While it lives nobody else refreshes. */
export interface GrantIntent {
  readonly owner: string
  readonly attempt: string
  /** It is dead from then on, unless its owner puts it off. */
  readonly deadline: number
}

/** What is kept of a grant, sealed. All dates are the store's time, in milliseconds. */
export interface GrantRecord {
  /** Random for each `save`. */
  readonly lineage: string
  /** Counted up by answers only. */
  readonly rotation: number
  readonly accessToken: string
  readonly refreshToken: string
  readonly receivedAt: number
  readonly expiresAt: number
  /** When the refresh token ends, as far as that is known. */
  readonly endsAt?: number | undefined
  /** When it ends however often it is used. */
  readonly lastsUntil?: number | undefined
  readonly intent?: GrantIntent | undefined
  /** No request goes out before then, from any process. */
  readonly notBefore?: number | undefined
  /** Failures since the last answer. */
  readonly failures?: number | undefined
  /** Attempts of which nobody knows whether the server has spent the refresh token. */
  readonly ambiguous?: number | undefined
  /** Refreshes in a row that a refusal by the API led to, and when the last one was. */
  readonly refusals?: { readonly count: number; readonly at: number } | undefined
  readonly state: 'active' | 'ended'
  readonly cause?: GrantEndCause | undefined
  /** The attempt that ended it: so one process tells of it, and not two. */
  readonly endedBy?: string | undefined
  readonly endpoint?: string | undefined
  readonly origins?: readonly string[] | undefined
}

/** The tokens of an answer, and what it says of them. */
export type GivenTokens = Pick<
  GrantRecord,
  'accessToken' | 'refreshToken' | 'receivedAt' | 'expiresAt' | 'endsAt' | 'origins'
>

/** Where an answer's tokens stand. */
export interface GivenContext {
  readonly facts: GrantFacts
  /** The store's time that the answer's durations count from. */
  readonly receivedAt: number
  /** What was there before, for what an answer leaves out. */
  readonly before?: GrantRecord
}

/**
 * Reads the tokens of a token response (RFC 6749 section 5.1). An answer without a refresh token keeps
 * the old one (section 6).
 *
 * @throws {OptionError} naming the field that isn't as it should be.
 */
export function readTokens(response: JsonObject, context: GivenContext): GivenTokens {
  const { facts, receivedAt, before } = context
  const { access_token: accessToken, refresh_token: given, token_type: type } = response
  const refreshToken = requireToken(given ?? before?.refreshToken, 'refresh_token')
  if (typeof type === 'string' && /^(?:dpop|mac)$/i.test(type)) {
    throw invalid('token_type', '"token_type" is not "Bearer": the token cannot be sent as one.')
  }
  const lifetime = secondsOf(response['expires_in']) ?? facts.defaultLifetime
  const told = secondsOf(response[facts.endsInField])
  const idle = told ?? facts.idleLifetime
  const origins = facts.originsOf?.(response) ?? before?.origins
  return {
    accessToken: requireToken(accessToken, 'access_token'),
    refreshToken,
    receivedAt,
    expiresAt: receivedAt + lifetime * 1000,
    endsAt: idle === undefined ? before?.endsAt : receivedAt + idle * 1000,
    origins: origins && [...compileDestinations(origins, 'origins')],
  }
}

function requireToken(value: unknown, name: string): string {
  const token = requireString(value, name, 65_536)
  if (/^[\x21-\x7E]+$/.test(token)) return token
  throw invalid(name, `"${name}" must be printable ASCII without spaces.`)
}

/** Some servers write the number as a string; 0 means "no end" to some, and "now" to none. */
function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value
  if (seconds === undefined || seconds === null || seconds === 0) return undefined
  if (typeof seconds === 'number' && seconds > 0 && seconds < 1e11) return seconds
  throw invalid('expires_in', `"expires_in" must be a number of seconds, not ${describe(value)}.`)
}

/** When a grant ends, as far as that is known. */
export function endOf({ endsAt, lastsUntil }: GrantRecord): number | undefined {
  const end = Math.min(endsAt ?? Infinity, lastsUntil ?? Infinity)
  return end === Infinity ? undefined : end
}

/** What may be seen of a grant: nothing that is a token. */
export interface GrantSummary {
  readonly id: string
  /** `unreadable`: sealed under a key that isn't among those given. */
  readonly state: 'active' | 'ended' | 'unreadable'
  readonly cause?: GrantEndCause
  /** NumericDate (seconds): from when the access token is refused. */
  readonly expiresAt?: number
  /** NumericDate (seconds): when the refresh token ends, as far as that is known. */
  readonly endsAt?: number
  /** How many refreshes there have been since it was saved. */
  readonly rotation?: number
  /** Whether a refresh is under way. */
  readonly refreshing?: boolean
  readonly origins?: readonly string[]
}

/** Says of a record what may be seen. */
export function summaryOf(id: string, record: GrantRecord, now: number): GrantSummary {
  const { state, cause, expiresAt, rotation, intent, origins } = record
  const end = endOf(record)
  return {
    id,
    state,
    ...(cause !== undefined && { cause }),
    expiresAt: Math.floor(expiresAt / 1000),
    ...(end !== undefined && { endsAt: Math.floor(end / 1000) }),
    rotation,
    refreshing: intent !== undefined && now < intent.deadline,
    ...(origins !== undefined && { origins }),
  }
}
