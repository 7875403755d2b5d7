import { Bounded } from '../../base/bounded.ts'
import { deadline, holdProcess, pause, untilAborted } from '../../base/clock.ts'
import { MayflyError, SourceError } from '../../base/errors.ts'
import { GrantError } from '../../base/grant-errors.ts'
import { notify } from '../../base/observe.ts'
import { type AccessToken, createAccessToken, type GetTokenOptions } from '../token.ts'
import type { ReuseWindow } from '../manager/reuse-policy.ts'
import { GrantAttempts, type GrantParts, type SeenRecord } from './attempts.ts'
import { isSpentBy, lost, type Refusals, refusalBrake } from './changes.ts'
import type { GrantEvent } from './options.ts'
import { endOf, type GrantRecord } from './record.ts'
import { braked } from './server.ts'

/** A record in memory is read again when it was last seen so long ago, in milliseconds. */
const LOOK_AGAIN_MS = 60_000
const LONGEST_POLL_MS = 1000

/** What one call has waited for. */
interface Waited {
  told?: boolean
  /** The version with an intent that was found dead. */
  dead?: string
}

/** What is known here of a grant. */
interface Held extends SeenRecord {
  readonly token: AccessToken
  readonly window: ReuseWindow
  readonly draw: number
}

/**
 * One grant in one process. What it may do to the store and the server, and in which order, is the whole
 * of it: a refresh token must be used once, by any process, whatever dies in between.
 */
export class Grant {
  readonly #id: string
  readonly #parts: GrantParts
  readonly #attempts: GrantAttempts
  readonly #refused = new Bounded<string>(16)
  #held: Held | undefined
  #flight: Promise<'refreshed' | 'braked'> | undefined
  #looking: Promise<SeenRecord> | undefined
  #accepted: string | undefined
  #told: number | undefined

  constructor(id: string, parts: GrantParts) {
    this.#id = id
    this.#parts = parts
    this.#attempts = new GrantAttempts(id, parts, {
      write: async (record, over) => this.#write(record, over),
      tell: (event) => this.#tell(event),
    })
  }

  /** The origins of the token in memory. */
  get origins(): readonly string[] | undefined {
    return this.#held?.token.origins
  }

  /** Gives the access token, and refreshes it first where it is of no use. */
  async getToken(wanted: GetTokenOptions): Promise<AccessToken> {
    const { signal, minLifetime = 0 } = wanted
    signal?.throwIfAborted()
    if (this.#held === undefined) await this.#within(this.#load(), signal)
    const unwanted = wanted.forceRefresh === true ? this.#held?.token.value : undefined
    for (let tries = 0; tries < 3; tries++) {
      const held = this.#held
      if (held !== undefined && minLifetime >= held.window.lifetime) break
      const serves = (until: (held: Held) => number): boolean =>
        held !== undefined && held.token.value !== unwanted && this.#serves(held, until(held))
      if (held !== undefined && serves((each) => edgeOf(each, minLifetime))) return this.#give(held)
      let outcome: 'refreshed' | 'braked'
      try {
        outcome = await this.#within(this.#refresh(minLifetime, unwanted), signal)
      } catch (error) {
        if (signal?.aborted === true || isOver(error)) throw error
        if (held === undefined || !serves((each) => each.window.usableUntil)) throw error
        return held.token
      }
      // A token that no refresh cures goes on serving: the API says no to whatever it is sent.
      if (outcome === 'braked' && this.#held !== undefined) return this.#held.token
    }
    throw new SourceError(
      'ERR_TOKEN_TOO_SHORT',
      `The server gives no token that lives for ${minLifetime} s.`,
    )
  }

  /** Takes the token for refused. */
  invalidate(rejected: AccessToken): void {
    this.#refused.add(rejected.value)
  }

  /** Takes the token for accepted. */
  confirm(accepted: AccessToken): void {
    this.#accepted = accepted.value
  }

  /** Learns where its token may go, which only its record tells. */
  async load(): Promise<void> {
    if (this.#held === undefined) await this.#within(this.#load(), undefined)
  }

  /** Takes what was just written. */
  hold(seen: SeenRecord): void {
    const { record, offsetMs } = seen
    const before = this.#held
    const isSame = before !== undefined && isSameToken(before.record, record)
    const draw = isSame ? before.draw : Math.random()
    const token = isSame && before.offsetMs === offsetMs ? before.token : this.#tokenOf(seen)
    const window = this.#parts.policy.windowOf(token, token.issuedAt * 1000, draw)
    this.#held = { ...seen, token, window, draw }
    this.#tellEnd(seen)
  }

  /** Takes the intent, revokes at the server, then deletes. */
  async revoke(): Promise<void> {
    const waited: Waited = {}
    for (let lineage: string | undefined; ; ) {
      const seen = await this.#parts.records.read(this.#id)
      lineage ??= seen?.record.lineage
      // Saved anew meanwhile: that one is somebody's wish.
      if (seen === undefined || seen.record.lineage !== lineage) break
      if (await this.#waitsFor(seen, waited)) continue
      const intent = this.#attempts.intent(seen)
      this.#parts.sent.add(intent.attempt)
      const mine = await this.#write(
        { ...seen.record, intent, state: 'ended', cause: 'revoked' },
        seen,
      )
      if (mine === undefined) continue
      await this.#revokeAtServer(mine)
      if (await this.#parts.records.delete(this.#id, mine)) break
    }
    this.#held = undefined
  }

  async #revokeAtServer(mine: SeenRecord): Promise<void> {
    try {
      await this.#parts.server.revoke(mine.record)
    } catch (cause) {
      await this.#attempts.settle(mine, ({ record }) =>
        isSpentBy(record, mine.record) ? { ...record, intent: undefined } : undefined,
      )
      throw new GrantError(
        'ERR_GRANT_REVOCATION',
        this.#id,
        'The server did not take the revocation. The grant serves no more; revoke it once more.',
        { cause },
      )
    }
  }

  #serves(held: Held, until: number): boolean {
    if (held.record.state === 'ended' || this.#refused.has(held.token.value)) return false
    return this.#parts.clock.now() < until
  }

  #give(held: Held): AccessToken {
    const now = this.#parts.clock.now()
    if (now >= held.window.freshUntil) this.#inBackground(this.#refresh(0, undefined))
    else if (now - held.seenAt >= LOOK_AGAIN_MS) this.#inBackground(this.#load())
    return held.token
  }

  #inBackground(work: Promise<unknown>): void {
    const quiet = work.catch(() => {})
    this.#parts.waitUntil?.(quiet)
  }

  #refresh(minLifetime: number, unwanted: string | undefined): Promise<'refreshed' | 'braked'> {
    if (this.#flight !== undefined) return this.#flight
    const { running } = this.#parts
    const flight = this.#run(minLifetime, unwanted).finally(() => {
      this.#flight = undefined
      running.delete(flight)
    })
    running.add(flight)
    this.#flight = flight
    return flight
  }

  #load(): Promise<SeenRecord> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Time limits and signals end a caller's wait, and nothing else. */
  async #within<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
    const { clock, timeoutMs } = this.#parts
    const letGo = holdProcess()
    const limit = deadline(clock, timeoutMs, signal)
    try {
      return await untilAborted(work, limit.signal)
    } catch (error) {
      if (!limit.isOver || error !== limit.signal.reason) throw error
      const message = `The grant was not refreshed within ${timeoutMs} ms. The refresh goes on.`
      throw new SourceError('ERR_MINT_TIMEOUT', message)
    } finally {
      limit.end()
      letGo()
    }
  }

  /** Reads the record, and takes what is newer in it. What is older than memory is written forward. */
  async #look(): Promise<SeenRecord> {
    for (;;) {
      const { records } = this.#parts
      const seen = await records.read(this.#id)
      if (seen === undefined) {
        this.#held = undefined
        throw new GrantError(
          'ERR_GRANT_MISSING',
          this.#id,
          'No grant is saved under this id: its user has to connect.',
        )
      }
      const held = this.#held
      const isSame = held?.record.lineage === seen.record.lineage
      if (isSame && seen.record.rotation < held.record.rotation) {
        // A restored backup, or a failover: its refresh token is spent.
        await this.#write({ ...held.record, intent: undefined }, seen)
        continue
      }
      if (held !== undefined && !(isSame && seen.record.rotation === held.record.rotation)) {
        this.#tell({ type: 'adopted', id: this.#id, rotation: seen.record.rotation })
      }
      this.hold(seen)
      return seen
    }
  }

  /** Refreshes, or takes what another process got. */
  async #run(minLifetime: number, unwanted: string | undefined): Promise<'refreshed' | 'braked'> {
    const waited: Waited = {}
    for (;;) {
      this.#parts.requireOpen()
      const seen = await this.#look()
      const { record } = seen
      if (record.state === 'ended') throw this.#ended(record)
      if (this.#isGood(minLifetime, unwanted)) return 'refreshed'
      if (await this.#waitsFor(seen, waited)) continue
      const waitMs = (record.notBefore ?? 0) - seen.now
      if (waitMs > 0) throw braked(waitMs)
      const refusals = this.#refusals(seen)
      if (refusals === 'braked') return 'braked'
      const send = await this.#parts.server.prepare(record)
      const outcome = await this.#attempts.run({ ...seen, record: { ...record, refusals } }, send)
      if (outcome?.error !== undefined) throw outcome.error
    }
  }

  #isGood(minLifetime: number, unwanted: string | undefined): boolean {
    const held = this.#held
    if (held === undefined || held.token.value === unwanted) return false
    return this.#serves(held, Math.min(held.window.freshUntil, edgeOf(held, minLifetime)))
  }

  #refusals({ record, now }: SeenRecord): Refusals | 'braked' {
    if (!this.#refused.has(record.accessToken)) return undefined
    return refusalBrake(record, now, this.#accepted === record.accessToken)
  }

  /**
   * Waits while somebody else's intent lives. One that is dead is given a little longer, since a store
   * that stood still made it older than it is; what its owner sent may have spent the refresh token.
   */
  async #waitsFor(seen: SeenRecord, waited: Waited): Promise<boolean> {
    const { record, version, now } = seen
    const { intent } = record
    const { clock, leaseMs, owner, sent } = this.#parts
    // One of our own that was never sent: its write was carried out after it had been given up.
    if (intent === undefined || (intent.owner === owner && !sent.has(intent.attempt))) return false
    if (now < intent.deadline) {
      if (waited.told !== true) this.#tell({ type: 'waiting', id: this.#id })
      waited.told = true
      const pollMs = Math.min(intent.deadline - now, LONGEST_POLL_MS)
      await pause(clock, pollMs * (0.1 + 0.4 * Math.random()), undefined)
    } else if (waited.dead !== version) {
      waited.dead = version
      await pause(clock, leaseMs / 10, undefined)
    } else {
      await this.#write(lost(record, now), seen)
    }
    return true
  }

  async #write(record: GrantRecord, over: SeenRecord): Promise<SeenRecord | undefined> {
    const written = await this.#parts.records.write(this.#id, record, over)
    if (written !== undefined) this.hold(written)
    return written
  }

  #tokenOf({ record, offsetMs }: SeenRecord): AccessToken {
    const issuedAt = Math.floor((record.receivedAt - offsetMs) / 1000)
    const expiresAt = Math.floor((record.expiresAt - offsetMs) / 1000)
    return createAccessToken({
      value: record.accessToken,
      issuedAt,
      expiresAt: Math.max(expiresAt, issuedAt + 1),
      origins: record.origins ?? this.#parts.origins,
    })
  }

  #tellEnd({ record, now }: SeenRecord): void {
    const end = endOf(record)
    if (end === undefined || end === this.#told || record.state === 'ended') return
    if (end - now > this.#parts.expiringMarginMs) return
    this.#told = end
    this.#tell({ type: 'expiring', id: this.#id, endsAt: Math.floor(end / 1000) })
  }

  #ended({ cause = 'unknown' }: GrantRecord): GrantError {
    return new GrantError(
      'ERR_GRANT_ENDED',
      this.#id,
      `The grant has ended (${cause}): its user has to connect again.`,
      { permanent: true, cause },
    )
  }

  #tell(event: GrantEvent): void {
    notify(this.#parts.observe, event)
  }
}

/** Until when a token serves a caller, in milliseconds of the local clock. */
function edgeOf({ window }: Held, minLifetime: number): number {
  return Math.min(window.staleUntil, window.usableUntil - minLifetime * 1000)
}

function isSameToken(a: GrantRecord, b: GrantRecord): boolean {
  return a.lineage === b.lineage && a.accessToken === b.accessToken && a.expiresAt === b.expiresAt
}

/** Nothing is left that could serve. */
function isOver(error: unknown): boolean {
  if (!(error instanceof MayflyError)) return false
  return ['ERR_GRANT_MISSING', 'ERR_GRANT_ENDED', 'ERR_CLOSED'].includes(error.code)
}
