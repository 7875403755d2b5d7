import type { Bounded } from '../../base/bounded.ts'
import { alarm, type Clock, holdProcess, pause } from '../../base/clock.ts'
import type { Observe } from '../../base/observe.ts'
import type { ReusePolicy } from '../manager/reuse-policy.ts'
import { type SourceError } from '../../base/errors.ts'
import { GrantError } from '../../base/grant-errors.ts'
import { failed, isBehind, isSpentBy, lost, rotated } from './changes.ts'
import type { GrantEvent } from './options.ts'
import { endOf, type GrantIntent, type GrantRecord } from './record.ts'
import type { SealedRecords, SeenRecord as Seen } from '../../keys/sealed-records.ts'
import type { GrantServer, Outcome } from './server.ts'

/** A grant's record as it was seen. */
export type SeenRecord = Seen<GrantRecord>

/** What the grants of one manager share. */
export interface GrantParts {
  readonly records: SealedRecords<GrantRecord>
  readonly server: GrantServer
  readonly policy: ReusePolicy
  readonly origins: readonly string[]
  readonly leaseMs: number
  readonly timeoutMs: number
  readonly expiringMarginMs: number
  readonly clock: Clock
  readonly observe: Observe<GrantEvent> | undefined
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined
  /** Names the manager among all processes. */
  readonly owner: string
  /** The attempts that were sent from here, or are about to be. */
  readonly sent: Bounded<string>
  /** The refreshes that are under way. */
  readonly running: Set<Promise<unknown>>
  /** Throws once the manager is closed. */
  readonly requireOpen: () => void
}

/** What an attempt does to the grant that it is for. */
export interface AttemptTarget {
  /** Writes over a version, and keeps in memory what was written. */
  readonly write: (record: GrantRecord, over: SeenRecord) => Promise<SeenRecord | undefined>
  readonly tell: (event: GrantEvent) => void
}

/** Refreshes a grant once, and sees to it that what came of it is stored. */
export class GrantAttempts {
  readonly #id: string
  readonly #parts: GrantParts
  readonly #grant: AttemptTarget

  constructor(id: string, parts: GrantParts, grant: AttemptTarget) {
    this.#id = id
    this.#parts = parts
    this.#grant = grant
  }

  /** Makes the intent of an attempt. The time is that of the read before it, so that it ends too soon. */
  intent({ now }: SeenRecord): GrantIntent {
    const { owner, leaseMs } = this.#parts
    return { owner, attempt: crypto.randomUUID(), deadline: now + leaseMs }
  }

  /** Takes the intent, sends the request once, and writes what came of it. */
  async run(
    seen: SeenRecord,
    send: () => Promise<Outcome>,
  ): Promise<{ readonly error?: SourceError } | undefined> {
    const { clock, leaseMs } = this.#parts
    const intent = this.intent(seen)
    const began = clock.now()
    const { sent } = this.#parts
    sent.add(intent.attempt)
    let mine: SeenRecord | undefined
    try {
      mine = await this.#grant.write({ ...seen.record, intent }, seen)
    } finally {
      // A process that was paused must not send beside the one that took it for dead.
      const isLate = Math.abs(clock.now() - began) > leaseMs / 2
      if (isLate) mine = undefined
      if (mine === undefined) sent.delete(intent.attempt)
    }
    if (mine === undefined) return undefined
    const letGo = holdProcess()
    const stopExtending = this.#extend(mine, intent.attempt)
    try {
      const sentAt = clock.now()
      const outcome = await send()
      const latest = await stopExtending()
      return await this.#conclude({ mine, latest, sentAt }, outcome)
    } finally {
      letGo()
    }
  }

  /** Puts the deadline off while the request runs. */
  #extend(mine: SeenRecord, attempt: string): () => Promise<SeenRecord> {
    const { clock, leaseMs, records } = this.#parts
    let latest = mine
    let running: Promise<void> | undefined
    let cancel: (() => void) | undefined
    const beat = async (): Promise<void> => {
      const { intent } = latest.record
      if (intent?.attempt !== attempt) return
      const deadline = clock.now() + latest.offsetMs + leaseMs
      try {
        const record = { ...latest.record, intent: { ...intent, deadline } }
        const written = await this.#grant.write(record, latest)
        latest = written ?? (await records.read(this.#id)) ?? latest
      } catch {
        // Nobody else can write either, while the store is away.
      }
      if (cancel !== undefined) again()
    }
    const again = (): void => {
      cancel = alarm(clock, leaseMs / 3, () => {
        running = beat()
      })
    }
    again()
    return async () => {
      cancel?.()
      cancel = undefined
      await running
      return latest
    }
  }

  async #conclude(
    sent: { readonly mine: SeenRecord; readonly latest: SeenRecord; readonly sentAt: number },
    outcome: Outcome,
  ): Promise<{ readonly error?: SourceError }> {
    const { mine, latest, sentAt } = sent
    const { facts } = this.#parts.server
    const attempt = mine.record.intent?.attempt ?? ''
    if (outcome.kind === 'tokens') {
      const receivedAt = sentAt + mine.offsetMs
      const { record, error } = rotated(mine.record, outcome.response, { facts, receivedAt })
      const rotation = mine.record.rotation + 1
      const settled = await this.settle(latest, ({ record: now }) => {
        // An answer beats an intent and a state.
        const isOurs = isSpentBy(now, mine.record) || isBehind(now, mine.record)
        return isOurs ? { ...now, ...record, rotation } : undefined
      })
      const kept = await this.#keepOrDrop(settled, { ...mine.record, ...record })
      if (error !== undefined) return this.#failed(error, false)
      if (kept) {
        const durationMs = this.#parts.clock.now() - sentAt
        this.#grant.tell({ type: 'refreshed', id: this.#id, rotation, durationMs })
      }
      return {}
    }
    if (outcome.kind === 'ended') {
      const settled = await this.settle(latest, (seen) => ended(seen, mine.record, outcome.said))
      const { state, endedBy, cause = 'unknown' } = settled?.record ?? {}
      if (state === 'ended' && endedBy === attempt) {
        this.#grant.tell({ type: 'reconnect-needed', id: this.#id, cause })
      }
      return {}
    }
    const ambiguous = outcome.kind === 'ambiguous'
    const settled = await this.settle(latest, ({ record, now }) => {
      if (record.intent?.attempt !== attempt) return undefined
      return ambiguous ? lost(record, now) : failed(record, now, outcome.error)
    })
    const failure = this.#failed(outcome.error, ambiguous)
    // After one lost answer the same token is tried once more.
    return ambiguous && settled?.record.notBefore === undefined ? {} : failure
  }

  #failed(error: SourceError, ambiguous: boolean): { readonly error: SourceError } {
    const { code, retryAfterMs } = error
    this.#grant.tell({ type: 'refresh-failed', id: this.#id, code, ambiguous, retryAfterMs })
    return { error }
  }

  /** The new token is nobody's where the grant was disconnected, or connected anew, meanwhile. */
  async #keepOrDrop(settled: SeenRecord | undefined, answer: GrantRecord): Promise<boolean> {
    const { server } = this.#parts
    if (settled?.record.lineage === answer.lineage) {
      return settled.record.accessToken === answer.accessToken
    }
    this.#grant.tell({ type: 'dropped', id: this.#id })
    const isSafe = settled === undefined || server.facts.revokesAll !== true
    if (isSafe) await server.revoke(answer).catch(() => {})
    return false
  }

  /**
   * Writes an outcome over whatever has changed since, and tries until the store has it, or something
   * newer. `undefined`: the record is gone.
   */
  async settle(
    known: SeenRecord,
    change: (seen: SeenRecord) => GrantRecord | undefined,
  ): Promise<SeenRecord | undefined> {
    const { clock, records } = this.#parts
    let seen: SeenRecord | undefined = { ...known, now: clock.now() + known.offsetMs }
    for (let failures = 0; ; ) {
      try {
        // What failed may have been carried out, or will be.
        seen ??= await records.read(this.#id)
        const next = seen && change(seen)
        if (seen === undefined || next === undefined) return seen
        const written = await this.#grant.write(next, seen)
        if (written !== undefined) return written
      } catch (error) {
        if (!(error instanceof GrantError)) throw error
        this.#grant.tell({ type: 'store-failed', id: this.#id })
        await pause(clock, Math.min(100 * 2 ** failures++, 5000), undefined)
      }
      seen = undefined
    }
  }
}

/** Only the server's own word ends a grant, and only if nothing newer is there. */
function ended(
  { record, now }: SeenRecord,
  spent: GrantRecord,
  said: 'revoked' | 'expired' | undefined,
): GrantRecord | undefined {
  const attempt = spent.intent?.attempt
  const { intent } = record
  if (!isSpentBy(record, spent) || record.state === 'ended') return undefined
  if (intent !== undefined && intent.attempt !== attempt && now < intent.deadline) return undefined
  const end = endOf(record)
  const isPast = end !== undefined && end <= now
  const answerLost = (record.ambiguous ?? 0) > 0 ? 'answer_lost' : undefined
  const cause = isPast ? 'expired' : (answerLost ?? said ?? 'unknown')
  return { ...record, intent: undefined, state: 'ended', cause, endedBy: attempt }
}
