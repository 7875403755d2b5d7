import { RequestError, type RequestErrorCode, type Reason } from '../../base/errors.ts'
import { requireName } from '../../base/identifiers.ts'
import { notify, type Observe } from '../../base/observe.ts'
import {
  clockOption,
  hasMethod,
  invalid,
  optionalFunction,
  optionalString,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'
import { SealedRecords, type SeenRecord } from '../../keys/sealed-records.ts'
import { requireSealing, Sealing } from '../../keys/sealing.ts'
import { createIssuedToken, type IssuedToken } from '../issuer/issued-token.ts'
import {
  SESSION_OPTIONS,
  type SessionChange,
  type SessionEnd,
  type SessionEndCause,
  type SessionEvent,
  type SessionPair,
  type SessionStart,
  type SessionTokensOptions,
} from './options.ts'
import {
  answerKey,
  isOfFamily,
  randomText,
  readRefreshToken,
  type RefreshTokenParts,
  writeRefreshToken,
} from './refresh-token.ts'
import { SessionSubjects, type SubjectState } from './subjects.ts'

/** What is kept of a family of refresh tokens, sealed. Dates are the store's time, in milliseconds. */
interface FamilyRecord extends SubjectState {
  /** What the secrets of its refresh tokens derive from. */
  readonly key: string
  /** That of the refresh token that is good now. */
  readonly generation: number
  readonly audience?: string | readonly string[] | undefined
  readonly origins?: readonly string[] | undefined
  readonly type?: string | undefined
  readonly usedAt: number
  readonly endsAt: number
  readonly from?: string | undefined
  /** The access tokens that live, for their revocation. */
  readonly tokens: readonly { readonly id: string; readonly expiresAt: number }[]
  /** What the generation before this one was answered, sealed under a key that derives from it. */
  readonly answer?: { readonly sealed: string; readonly at: number } | undefined
  readonly ended?: SessionEndCause | undefined
}

type SeenFamily = SeenRecord<FamilyRecord>

/**
 * Keeps the users of an application of your own logged in: access tokens of minutes, and refresh tokens
 * that rotate. A refresh token that comes a second time was stolen, or its successor was, and ends its
 * family (RFC 9700 section 4.14).
 *
 * @example
 * ```ts
 * import { TokenIssuer } from '@mayfly/core'
 * import { MemoryGrantStore, SessionTokens } from '@mayfly/core/grants'
 *
 * const sessions = new SessionTokens({
 *   issuer: new TokenIssuer({ issuer: 'https://auth.example.com' }),
 *   store: new MemoryGrantStore(),
 *   sealing: null, // in memory only
 * })
 * const { refresh } = await sessions.start({ subject: 'alice', audience: 'orders' })
 * const next = await sessions.refresh(refresh.value)
 * console.log(next.access.expiresAt - next.access.issuedAt) // 300
 * ```
 */
export class SessionTokens {
  readonly #options: SessionTokensOptions
  readonly #families: SealedRecords<FamilyRecord>
  readonly #subjects: SessionSubjects
  readonly #observe: Observe<SessionEvent> | undefined
  readonly #accessLifetime: number
  readonly #idleMs: number
  readonly #absoluteMs: number
  readonly #leewayMs: number

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: SessionTokensOptions) {
    requireOptions(options, 'SessionTokens')
    refuseUnknownOptions(options, SESSION_OPTIONS, 'SessionTokens')
    requireRole(options.issuer, 'issuer', ['issue'])
    requireRole(options.store, 'store', ['read', 'write', 'delete', 'list'])
    const { revocations, generations, sealing, store } = options
    if (revocations !== undefined) requireRole(revocations, 'revocations', ['revoke'])
    if (generations !== undefined) requireRole(generations, 'generations', ['bump'])
    const whole = { min: 1, integer: true }
    this.#options = { ...options }
    this.#observe = optionalFunction(options.observe, 'observe')
    this.#accessLifetime = requireNumber(options.accessLifetime ?? 300, 'accessLifetime', whole)
    const seconds = (name: 'idleLifetime' | 'absoluteLifetime', usual: number): number =>
      requireNumber(options[name] ?? usual, name, { min: this.#accessLifetime }) * 1000
    this.#idleMs = seconds('idleLifetime', 1_209_600)
    this.#absoluteMs = seconds('absoluteLifetime', 7_776_000)
    this.#leewayMs = requireNumber(options.reuseLeeway ?? 10, 'reuseLeeway', { max: 300 }) * 1000
    const timeout = { min: 1, max: 60_000, unit: 'milliseconds' }
    const parts = {
      store,
      sealing: sealing === null ? undefined : requireSealing(sealing, 'sealing'),
      clock: clockOption(options.clock),
      timeoutMs: requireNumber(options.storeTimeoutMs ?? 5000, 'storeTimeoutMs', timeout),
      failure: storeUnavailable,
    }
    this.#families = new SealedRecords({ ...parts, prefix: 'session:' })
    const subjects = { ...parts, prefix: 'session-subject:' }
    this.#subjects = new SessionSubjects(new SealedRecords(subjects), this.#absoluteMs)
  }

  /**
   * Begins a family, for a user who has just logged in.
   *
   * @throws {RequestError} `ERR_STORE_UNAVAILABLE` (503).
   * @throws {OptionError} for what the issuer does not take.
   */
  async start(options: SessionStart): Promise<SessionPair> {
    requireOptions(options, 'start')
    const known = ['subject', 'audience', 'origins', 'claims', 'type', 'from']
    refuseUnknownOptions(options, known, 'start')
    const { audience, origins, claims, type } = options
    const subject = requireName(options.subject, 'subject')
    const from = optionalString(options.from, 'from', 256)
    const family = randomText(16)
    const { last: change } = await this.#subjects.of(subject)
    const { now } = this.#families
    const state = { subject, change, claims: claims && { ...claims } }
    const more = { audience, origins, type, from, usedAt: now, endsAt: now + this.#absoluteMs }
    const record: FamilyRecord = {
      ...state,
      ...more,
      key: randomText(32),
      generation: 0,
      tokens: [],
    }
    const { pair, next } = await this.#pair(family, record, now)
    await this.#families.write(family, next, undefined)
    this.#tell({ type: 'session-started', family, subject })
    return pair
  }

  /**
   * Takes a refresh token, once, and gives the next pair. Within `reuseLeeway`, and while the new one is
   * unused, it gives the same pair again.
   *
   * @throws {RequestError} 400 for a token that is of no use (`invalid_grant`): `ERR_TOKEN_MALFORMED`,
   * `ERR_TOKEN_SIGNATURE`, `ERR_TOKEN_EXPIRED`, `ERR_TOKEN_REVOKED`, and `ERR_TOKEN_REPLAYED`, which has
   * ended its family; `ERR_STORE_UNAVAILABLE` (503).
   */
  async refresh(
    token: string | Pick<IssuedToken, 'value'>,
    options: { readonly from?: string | undefined } = {},
  ): Promise<SessionPair> {
    const text = typeof token === 'string' ? token : token?.value
    const from = optionalString(options.from, 'from', 256)
    for (;;) {
      const { seen, parts } = await this.#find(text)
      const { record, now } = seen
      if (record.ended !== undefined) throw refused('token_revoked', 'its session has ended')
      if (now >= Math.min(record.endsAt, record.usedAt + this.#idleMs)) {
        throw refused('token_expired', 'its session has expired')
      }
      const state = await this.#subjects.resolve(record)
      if (state === undefined) {
        await this.#end(parts.family, 'ended')
        throw refused('token_revoked', 'its session has ended')
      }
      if (parts.generation !== record.generation) {
        const repeated = await this.#repeat(seen, parts, text)
        if (repeated !== undefined) return repeated
        await this.#end(parts.family, 'reused', from)
        throw refused('token_replayed', 'it was used before, so that its session has ended')
      }
      const pair = await this.#rotate(
        { ...seen, record: { ...record, ...state, from } },
        parts,
        text,
      )
      if (pair !== undefined) return pair
    }
  }

  /**
   * Changes a subject's name or claims: in every family of it, from its next refresh on. The older
   * access tokens are refused where `generations` is on.
   *
   * @throws {RequestError} `ERR_STORE_UNAVAILABLE` (503).
   */
  async replace(subject: string, change: SessionChange): Promise<void> {
    requireName(subject, 'subject')
    requireOptions(change, 'replace')
    refuseUnknownOptions(change, ['subject', 'claims'], 'replace')
    const { claims } = change
    const to = change.subject === undefined ? undefined : requireName(change.subject, 'subject')
    await this.#subjects.change(subject, to === subject ? { claims } : { to, claims })
    await this.#options.generations?.bump(subject)
  }

  /**
   * Ends a family, by one of its refresh tokens or its id, or all families of a subject. A token that is
   * none ends nothing.
   *
   * @throws {RequestError} `ERR_STORE_UNAVAILABLE` (503).
   */
  async end(which: SessionEnd): Promise<void> {
    requireOptions(which, 'end')
    if ('subject' in which) {
      await this.#subjects.change(requireName(which.subject, 'subject'), { ended: true })
      await this.#options.generations?.bump(which.subject)
      return
    }
    if ('family' in which) {
      await this.#end(requireName(which.family, 'family'), 'ended')
      return
    }
    try {
      const { parts } = await this.#find(which.token)
      await this.#end(parts.family, 'ended')
    } catch (error) {
      if (!(error instanceof RequestError) || error.status !== 400) throw error
    }
  }

  /** Deletes the families that are over, and gives their number. Call it once a day. */
  async purge(): Promise<number> {
    let count = 0
    for await (const id of this.#families.ids()) {
      const seen = await this.#families.read(id)
      if (seen === undefined) continue
      const { endsAt, usedAt } = seen.record
      const isOver = seen.now >= Math.min(endsAt, usedAt + this.#idleMs)
      if (isOver && (await this.#families.delete(id, seen))) count++
    }
    return count
  }

  async #find(token: string): Promise<{ seen: SeenFamily; parts: RefreshTokenParts }> {
    const parts = readRefreshToken(token)
    if (parts === undefined) throw refused('token_malformed', 'it has another form')
    const seen = await this.#families.read(parts.family)
    const isOurs = seen !== undefined && (await isOfFamily(parts, seen.record.key))
    if (isOurs && parts.generation <= seen.record.generation) return { seen, parts }
    throw refused('signature_invalid', 'it is none of ours, or its session is long over')
  }

  /** Rotation and sealed answer are one write. `undefined`: somebody else's came first. */
  async #rotate(
    seen: SeenFamily,
    { family }: RefreshTokenParts,
    token: string,
  ): Promise<SessionPair | undefined> {
    const { record, now } = seen
    const generation = record.generation + 1
    const { pair, next } = await this.#pair(family, { ...record, generation, usedAt: now }, now)
    const answer = { sealed: await sealAnswer(pair, token, family), at: now }
    const written = await this.#families.write(family, { ...next, answer }, seen)
    if (written === undefined) return undefined
    if ((await this.#subjects.resolve(written.record)) === undefined) {
      await this.#end(family, 'ended')
      throw refused('token_revoked', 'its session has ended')
    }
    const { subject } = record
    this.#tell({ type: 'session-refreshed', family, subject, generation })
    return pair
  }

  async #repeat(
    { record, now }: SeenFamily,
    { family, generation }: RefreshTokenParts,
    token: string,
  ): Promise<SessionPair | undefined> {
    const { answer, subject } = record
    if (answer === undefined || generation !== record.generation - 1) return undefined
    if (now - answer.at >= this.#leewayMs) return undefined
    const pair = await openAnswer(answer.sealed, token, family)
    this.#tell({ type: 'session-repeated', family, subject })
    return pair
  }

  async #pair(
    family: string,
    record: FamilyRecord,
    now: number,
  ): Promise<{ readonly pair: SessionPair; readonly next: FamilyRecord }> {
    const { subject, audience, origins, type, claims } = record
    const access = await this.#options.issuer.issue({
      subject,
      ...(audience !== undefined && { audience }),
      ...(origins !== undefined && { origins }),
      ...(type !== undefined && { type }),
      claims: { sid: family, ...claims },
      expiresIn: this.#accessLifetime,
    })
    const endsMs = Math.min(record.endsAt, now + this.#idleMs) - now
    const refresh = createIssuedToken({
      value: await writeRefreshToken(family, record.generation, record.key),
      issuedAt: access.issuedAt,
      expiresAt: access.issuedAt + Math.floor(endsMs / 1000),
      tokenId: family,
    })
    const alive = record.tokens.filter(({ expiresAt }) => expiresAt > access.issuedAt)
    const tokens = [...alive, { id: access.tokenId, expiresAt: access.expiresAt }]
    return { pair: { access, refresh }, next: { ...record, tokens } }
  }

  async #end(family: string, cause: SessionEndCause, from?: string): Promise<void> {
    for (;;) {
      const seen = await this.#families.read(family)
      if (seen === undefined) return
      const { tokens, subject, from: lastFrom, ended } = seen.record
      const next = { ...seen.record, ended: ended ?? cause, tokens: [], answer: undefined }
      // Revoked first: should that fail, the family is ended by the next try.
      const { revocations } = this.#options
      if (revocations !== undefined) {
        for (const { id, expiresAt } of tokens) await revocations.revoke(id, expiresAt)
      }
      if (ended !== undefined && tokens.length === 0) return
      if ((await this.#families.write(family, next, seen)) === undefined) continue
      this.#tell({
        type: 'session-ended',
        family,
        subject,
        cause,
        ...(from !== undefined && { from }),
        ...(lastFrom !== undefined && { lastFrom }),
      })
      return
    }
  }

  #tell(event: SessionEvent): void {
    notify(this.#observe, event)
  }
}

function requireRole(value: unknown, name: string, methods: readonly string[]): void {
  const missing = methods.find((method) => !hasMethod(value, method))
  if (missing === undefined) return
  throw invalid(name, `"${name}" must be an object with a method "${missing}".`)
}

const CODES: Partial<Record<Reason, RequestErrorCode>> = {
  token_malformed: 'ERR_TOKEN_MALFORMED',
  signature_invalid: 'ERR_TOKEN_SIGNATURE',
  token_expired: 'ERR_TOKEN_EXPIRED',
  token_revoked: 'ERR_TOKEN_REVOKED',
  token_replayed: 'ERR_TOKEN_REPLAYED',
}

function refused(reason: Reason, why: string): RequestError {
  return new RequestError(
    CODES[reason] ?? 'ERR_REQUEST_INVALID',
    `The refresh token is of no use (invalid_grant): ${why}.`,
    { reason, status: 400 },
  )
}

function storeUnavailable(_id: string, cause: unknown): RequestError {
  return new RequestError('ERR_STORE_UNAVAILABLE', 'Sessions cannot be read at the moment.', {
    reason: 'store_unavailable',
    status: 503,
    headers: { 'retry-after': '5' },
    cause,
  })
}

async function answerSealing(token: string): Promise<Sealing> {
  return new Sealing([{ keyId: 'answer', key: await answerKey(token) }])
}

async function sealAnswer(pair: SessionPair, token: string, family: string): Promise<string> {
  const plain = [pair.access, pair.refresh].map(({ value, issuedAt, expiresAt, tokenId }) => ({
    value,
    issuedAt,
    expiresAt,
    tokenId,
  }))
  return (await answerSealing(token)).seal(JSON.stringify(plain), family)
}

async function openAnswer(sealed: string, token: string, family: string): Promise<SessionPair> {
  const text = await (await answerSealing(token)).open(sealed, family)
  const [access, refresh] = JSON.parse(text) as [IssuedToken, IssuedToken]
  return { access: createIssuedToken(access), refresh: createIssuedToken(refresh) }
}
