import { alarm, pause, systemClock } from '../../base/clock.ts'
import { SourceError } from '../../base/errors.ts'
import { invalid, optionalNumber } from '../../base/options.ts'
import { notify } from '../../base/observe.ts'
import { type AccessToken, isUnshared, type TokenSource } from '../token.ts'
import type { TokenManagerOptions, WaitOutcome } from './options.ts'
import { type HeldLock, StoreAccess, type StoreAccessParts, StoreFailure } from './store-access.ts'

/** How often a token in hand is compared with the store's, at the most, while it is in use. */
const LOOK_EVERY_MS = 1000

/** Seconds, where a source does not say how long its tokens live. */
const USUAL_LIFETIME = 3600

/** A token that could not be written is written again after so long. */
const REWRITE_MS = 1000

/** Makes the view of a manager's store, if it was given one. */
export function sharedToken(
  source: TokenSource,
  options: TokenManagerOptions,
): SharedToken | undefined {
  const { store } = options
  const bounds = { min: 1, max: 60_000, unit: 'milliseconds' }
  const timeoutMs = optionalNumber(options.storeTimeoutMs, 'storeTimeoutMs', bounds) ?? 200
  if (store === undefined) return undefined
  if (typeof store?.get !== 'function' || typeof store.set !== 'function') {
    throw invalid('store', '"store" must be a token store: { get, set, delete }.')
  }
  const { clock = systemClock, observe } = options
  if (isUnshared(source.id)) {
    if (source.revokesPrevious === true) {
      throw invalid(
        'store',
        '"store" can share nothing: this source\'s secret is short or comes from a callback, so that its "id" is random in each process. Give it one that all processes have: wrapSource(source, { id: \'…\' }), another for each account and secret.',
      )
    }
    notify(observe, { type: 'store-unused', reason: 'random-id' })
  }
  return new SharedToken({ store, source, timeoutMs, clock, observe })
}

/** How a process waits for its turn. */
export interface TurnOptions {
  /** Ends the wait, with its reason. */
  readonly signal: AbortSignal
  readonly random: () => number
  /** How long a mint may take: a process that is minting is waited for as long, and its lock's life. */
  readonly timeoutMs: number
  /** A token in hand still serves: nobody needs to wait for a store that does not answer. */
  readonly hasUsable: () => boolean
}

/** What the store has, or the turn to mint. */
export interface Turn<Found> {
  readonly found?: Found | undefined
  /** Ends the turn, with the token that the next process is to find. Nobody waits for that. */
  end(token?: AccessToken): void
}

/** One source's token in a store that may be down, slow, or wrong. */
export class SharedToken {
  readonly #parts: StoreAccessParts
  readonly #store: StoreAccess
  /** A new token ends the others: none is minted beside other processes. */
  readonly #isExclusive: boolean
  #lookAt = 0
  /** From when on a token may be minted without the store, which has been gone for long. */
  #aloneFrom: number | undefined
  #latest: AccessToken | undefined
  #marked: Promise<void> | undefined

  constructor(parts: StoreAccessParts) {
    this.#parts = parts
    this.#store = new StoreAccess(parts)
    this.#isExclusive = parts.source.revokesPrevious === true
  }

  /** Longer than any {@link SharedToken.turn} takes. */
  longestTurnMs(timeoutMs: number): number {
    return timeoutMs * 2 + this.#parts.timeoutMs * 20
  }

  /**
   * Looks for a token that is accepted; where there is none, waits for another process to mint one, or
   * for the turn to do so. A lock lives for a quarter of a mint's time, and is extended while its holder
   * lives. After the time of a mint and a lock, or half of a mint's where locks are not extended, the wait is over: then a token is minted all the same,
   * unless that would end the other processes' token.
   *
   * @throws {SourceError} `ERR_TOKEN_STORE` where it would.
   */
  async turn<Found>(
    accept: (token: AccessToken) => Found | undefined,
    { signal, random, timeoutMs, hasUsable }: TurnOptions,
  ): Promise<Turn<Found>> {
    const { clock, observe } = this.#parts
    const lifetimeMs = Math.ceil(timeoutMs / 4)
    // Where locks are extended, one that is still taken has a holder that lives.
    const isLong = this.#isExclusive || this.#parts.store.extendsLocks === true
    const longestMs = isLong ? timeoutMs + lifetimeMs : timeoutMs / 2
    const since = clock.now()
    let isOver = false
    let callOff: (() => void) | undefined
    try {
      for (;;) {
        const isLast = isOver
        const outcome = await this.#attempt(accept, { lifetimeMs, signal, isOver: isLast })
        const isFailure = outcome instanceof StoreFailure
        const turn = isFailure ? this.#without(outcome, random) : outcome
        const durationMs = clock.now() - since
        if (turn !== undefined && turn !== 'taken') {
          const ended = turn.outcome
          if (callOff !== undefined) {
            notify(observe, { type: 'lock-waited', outcome: ended, durationMs })
          }
          return turn
        }
        if (isLast || (isFailure && (hasUsable() || this.#store.failingForMs >= longestMs))) {
          throw notToBeHad(isFailure ? outcome : undefined, durationMs)
        }
        callOff ??= alarm(clock, longestMs, () => {
          isOver = true
        })
        await pause(clock, Math.min(100, timeoutMs / 20) * (0.5 + random()), signal)
      }
    } finally {
      callOff?.()
    }
  }

  /** A turn that no other process waits for. */
  freeTurn(): Turn<never> {
    return { end: (token) => void (token && this.#publish(token)) }
  }

  /** Forgets the token, without anybody waiting for it. */
  forget(): void {
    this.#store.forget()
  }

  /** Tells the other processes that a token was refused, if it is the one that they have. */
  refused(token: AccessToken): void {
    this.#marked = this.#mark(token)
  }

  async #mark(token: AccessToken): Promise<void> {
    const seen = await this.#store.read()
    if (seen === undefined || seen instanceof StoreFailure) return
    if (seen.token.value === token.value && !seen.refused) await this.#store.write(token, true)
  }

  /** Whether the token in hand is to be compared with the store's. */
  get isLookDue(): boolean {
    const left = this.#lookAt - this.#parts.clock.now()
    return left <= 0 || left > LOOK_EVERY_MS
  }

  /** Puts the next look off: what is in hand has just come. */
  seen(): void {
    this.#lookAt = this.#parts.clock.now() + LOOK_EVERY_MS
  }

  /** Tells what became of a token in hand: it was `refused` elsewhere, or another has taken its place. */
  async look(held: AccessToken): Promise<'refused' | 'replaced' | undefined> {
    this.seen()
    const seen = await this.#store.read()
    if (seen === undefined || seen instanceof StoreFailure) return undefined
    const { token, refused } = seen
    if (token.value === held.value) return refused ? 'refused' : undefined
    const isNewer = token.issuedAt >= held.issuedAt && !refused
    return this.#isExclusive && isNewer ? 'replaced' : undefined
  }

  async #attempt<Found>(
    accept: (token: AccessToken) => Found | undefined,
    {
      lifetimeMs,
      signal,
      isOver,
    }: { readonly lifetimeMs: number; readonly signal: AbortSignal; readonly isOver: boolean },
  ): Promise<EndedTurn<Found> | StoreFailure | 'taken'> {
    const look = async (): Promise<Found | undefined | StoreFailure> => {
      const seen = await this.#store.read()
      if (seen === undefined || seen instanceof StoreFailure) return seen
      return seen.refused ? undefined : accept(seen.token)
    }
    const found = await look()
    if (found instanceof StoreFailure) return found
    if (found !== undefined) return { ...this.freeTurn(), found, outcome: 'token' }
    if (isOver) return this.#isExclusive ? 'taken' : { ...this.freeTurn(), outcome: 'none' }
    const lock = await this.#store.lock(lifetimeMs, signal)
    if (lock === 'none') return { ...this.freeTurn(), outcome: 'none' }
    if (lock === 'taken' || lock instanceof StoreFailure) return lock
    const end = this.#endOf(lock, signal)
    // The one before may have minted since the store was read.
    const again = await look()
    if (again instanceof StoreFailure && this.#isExclusive) {
      end()
      return again
    }
    if (again === undefined || again instanceof StoreFailure) return { end, outcome: 'lock' }
    end()
    return { end, found: again, outcome: 'token' }
  }

  /** Ends a turn that has a lock: at once when its mint is given up, and once. */
  #endOf(lock: HeldLock, signal: AbortSignal): (token?: AccessToken) => void {
    let isReleased = false
    const end = async (token?: AccessToken): Promise<void> => {
      signal.removeEventListener('abort', giveUp)
      lock.rest()
      if (token !== undefined) await this.#publish(token)
      if (isReleased) return
      isReleased = true
      await lock.release()
    }
    const giveUp = (): void => void end()
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
    return (token) => void end(token)
  }

  /** How to go on without the store; `undefined` where that would be worse than to wait for it. */
  #without(failure: StoreFailure, random: () => number): EndedTurn<never> | undefined {
    const outcome = 'none'
    if (!this.#isExclusive) {
      // What others have sealed is theirs: writing over it would make them mint as well.
      return failure.isSealed ? { end: () => {}, outcome } : { ...this.freeTurn(), outcome }
    }
    const { clock, observe, source } = this.#parts
    const goneForMs = this.#store.goneForMs
    if (goneForMs === undefined) {
      this.#aloneFrom = undefined
      return undefined
    }
    const now = clock.now()
    const lifetimeMs = (source.lifetime ?? USUAL_LIFETIME) * 1000
    // Processes that know nothing of each other take their turns at different times.
    this.#aloneFrom ??= now - goneForMs + lifetimeMs * (1 + random())
    if (now < this.#aloneFrom) return undefined
    this.#aloneFrom = now + lifetimeMs * (1 + random())
    notify(observe, { type: 'store-bypassed', goneForMs })
    return {
      outcome,
      end: (token) => {
        if (token === undefined) this.#aloneFrom = clock.now()
        else void this.#publish(token)
      },
    }
  }

  /** Writes a new token. One that ended the others' is written until they can read it. */
  async #publish(token: AccessToken): Promise<void> {
    this.#latest = token
    // What comes from an older token is not to be written over a newer one.
    await this.#marked
    if ((await this.#store.write(token)) || !this.#isExclusive) return
    void this.#publishLater(token)
  }

  async #publishLater(token: AccessToken): Promise<void> {
    const { clock } = this.#parts
    const isWanted = (): boolean => this.#latest === token && clock.now() < token.expiresAt * 1000
    while (isWanted()) {
      await new Promise<void>((resolve) => void alarm(clock, REWRITE_MS, resolve))
      const seen = isWanted() ? await this.#store.read() : undefined
      if (seen instanceof StoreFailure) continue
      const isOutdated = seen !== undefined && seen.token.issuedAt > token.issuedAt
      if (!isWanted() || isOutdated || (await this.#store.write(token))) return
    }
  }
}

interface EndedTurn<Found> extends Turn<Found> {
  readonly outcome: WaitOutcome
}

function notToBeHad(failure: StoreFailure | undefined, waitedMs: number): SourceError {
  const why = (): string => {
    if (failure === undefined)
      return `other processes were still at it, and got none, after ${Math.ceil(waitedMs / 1000)} s.`
    if (failure.isSealed)
      return 'what is in the store was sealed with a key that this process does not have. Give all processes the same keys.'
    return 'the store that the processes share it in does not answer.'
  }
  const message = `No token was asked for, since a new one would end the one that other processes use: ${why()}`
  return new SourceError('ERR_TOKEN_STORE', message)
}
