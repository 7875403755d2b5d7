import { OptionError, SourceError } from '../../base/errors.ts'
import type { JsonObject } from '../../base/json.ts'
import { type GivenContext, type GrantRecord, readTokens } from './record.ts'

/** The brake for refusals that no token can cure (LIFECYCLE: 5 s, doubling to 5 minutes). */
const FIRST_BRAKE_MS = 5000
const LONGEST_BRAKE_MS = 300_000
/** Refusals that are so far apart have nothing to do with each other. */
const APART_MS = 600_000

const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 30_000
const PERMANENT_BACKOFF_MS = 60_000
const LONGEST_RETRY_AFTER_MS = 3_600_000

export type Refusals = GrantRecord['refusals']

/** Whether a record still has the refresh token that an attempt has spent. */
export function isSpentBy(record: GrantRecord, spent: GrantRecord): boolean {
  const { lineage, refreshToken, rotation } = spent
  // Where refresh tokens do not rotate, one answer is told from the next by its number.
  return (
    record.lineage === lineage &&
    record.refreshToken === refreshToken &&
    record.rotation === rotation
  )
}

/** Whether a record is older than an attempt: a backup was restored while its request ran. */
export function isBehind(record: GrantRecord, spent: GrantRecord): boolean {
  return record.lineage === spent.lineage && record.rotation < spent.rotation
}

/**
 * Reads an answer. A new refresh token is kept whatever else is wrong with the answer: the old one is
 * spent.
 */
export function rotated(
  before: GrantRecord,
  response: JsonObject,
  context: Omit<GivenContext, 'before'>,
): { readonly record: Partial<GrantRecord>; readonly error?: SourceError } {
  const fresh = {
    intent: undefined,
    notBefore: undefined,
    failures: undefined,
    ambiguous: undefined,
    state: 'active',
    cause: undefined,
    endedBy: undefined,
    refusals: before.refusals,
  } as const
  try {
    return { record: { ...readTokens(response, { ...context, before }), ...fresh } }
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause
    const given = response['refresh_token']
    const refreshToken = typeof given === 'string' && given !== '' ? given : before.refreshToken
    const message = `The answer to a refresh can't be used: ${cause.message}`
    const error = new SourceError('ERR_TOKEN_UNUSABLE', message)
    const { receivedAt } = context
    // The old access token is out of use as well: nobody knows whether it still serves.
    const backoff = failed({ ...before, intent: undefined }, receivedAt, error)
    const { failures, notBefore } = backoff
    const record = { ...fresh, refreshToken, failures, notBefore }
    return { record: { ...record, expiresAt: before.expiresAt }, error }
  }
}

/** The request was surely not processed: the intent goes at once, and all processes wait. */
export function failed(record: GrantRecord, now: number, error: SourceError): GrantRecord {
  const failures = (record.failures ?? 0) + 1
  const backoff = error.permanent
    ? PERMANENT_BACKOFF_MS
    : Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS)
  const asked = Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
  return { ...record, intent: undefined, failures, notBefore: now + Math.max(backoff, asked) }
}

/**
 * An answer is lost, or its process died before it was kept. The new refresh token is gone either way,
 * so that one more try with the same one can only help: one, for all processes.
 */
export function lost(record: GrantRecord, now: number): GrantRecord {
  const ambiguous = (record.ambiguous ?? 0) + 1
  const waitMs = Math.min(1000 * 2 ** ambiguous, LONGEST_BACKOFF_MS)
  const notBefore = ambiguous < 2 ? undefined : now + waitMs
  return { ...record, intent: undefined, ambiguous, notBefore }
}

/**
 * Counts a refresh that a refusal by the API leads to, or says that it has to wait: a token as new as
 * this one was refused before, so that another would hardly do better.
 */
export function refusalBrake(
  { refusals }: GrantRecord,
  now: number,
  wasAccepted: boolean,
): NonNullable<Refusals> | 'braked' {
  if (refusals === undefined || now - refusals.at > APART_MS) return { count: 1, at: now }
  const { count, at } = refusals
  const quick = wasAccepted ? 1 : 0
  const waitMs = Math.min(FIRST_BRAKE_MS * 2 ** (count - 1 - quick), LONGEST_BRAKE_MS)
  if (count > quick && now - at < waitMs) return 'braked'
  return { count: count + 1, at: now }
}
