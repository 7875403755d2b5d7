import { alarm, type Clock, deadline, pause, systemClock, untilAborted } from '../../base/clock.ts'
import { invalid, optionalNumber } from '../../base/options.ts'
import type { ManagerEvent, StoreOperation, TokenManagerOptions, WaitOutcome } from './options.ts'
import { notify, type Observe } from '../../base/observe.ts'
import {
  type AccessToken,
  createAccessToken,
  type StoredToken,
  type TokenSource,
  type TokenStore,
} from '../token.ts'

/** Tells a store that failed from one that has nothing. */
const FAILED = Symbol('failed')

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
  return new SharedToken({ store, source, timeoutMs, clock, observe })
}

interface SharedTokenParts {
  readonly store: TokenStore
  readonly source: TokenSource
  readonly timeoutMs: number
  readonly clock: Clock
  readonly observe: Observe<ManagerEvent> | undefined
}

/** How long a process waits for its turn. */
export interface WaitLimits {
  /** Ends the wait, with its reason. */
  readonly signal: AbortSignal
  readonly random: () => number
  /** How long the whole refresh may take, the wait included. */
  readonly timeoutMs: number
}

/** What the store has, or the turn to mint. */
export interface Turn<Found> {
  readonly found?: Found | undefined
  /** Ends the turn, with the token that the next process is to find. Nobody waits for that. */
  end(token?: AccessToken): void
}

/** One source's token in a store that may be down, slow, or wrong. */
export class SharedToken {
  readonly #parts: SharedTokenParts

  constructor(parts: SharedTokenParts) {
    this.#parts = parts
  }

  /**
   * Looks for a token that is accepted; where there is none, waits for another process to mint one, or
   * for the turn to do so. A lock lives for a quarter of the refresh's time, and after half of it the
   * wait is over: a holder that died, and then another, leave time enough to mint without a lock.
   */
  async turn<Found>(
    accept: (token: AccessToken) => Found | undefined,
    { signal, random, timeoutMs }: WaitLimits,
  ): Promise<Turn<Found>> {
    const { clock, observe } = this.#parts
    const since = clock.now()
    let isOver = false
    let callOff: (() => void) | undefined
    const ended = (outcome: WaitOutcome, turn: Turn<Found>): Turn<Found> => {
      const durationMs = clock.now() - since
      if (callOff !== undefined) notify(observe, { type: 'lock-waited', outcome, durationMs })
      return turn
    }
    const look = async (): Promise<Found | undefined | typeof FAILED> => {
      const stored = await this.#read()
      return stored === undefined || stored === FAILED ? stored : accept(stored)
    }
    const attempt = async (): Promise<Turn<Found> | undefined> => {
      const found = await look()
      if (found !== undefined && found !== FAILED) {
        return ended('token', { ...this.freeTurn(), found })
      }
      const down = found === FAILED || isOver
      const end = down ? FAILED : await this.#lock(timeoutMs / 4)
      if (end === FAILED) return ended('none', this.freeTurn())
      if (end !== undefined) {
        // The one before may have minted since the store was read.
        const again = await look()
        if (again === undefined || again === FAILED) return ended('lock', { end })
        end()
        return ended('token', { found: again, end })
      }
      return undefined
    }
    try {
      for (;;) {
        const turn = await attempt()
        if (turn !== undefined) return turn
        callOff ??= alarm(clock, timeoutMs / 2, () => {
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
    return {
      end: (token) => {
        if (token !== undefined) void this.#write(token)
      },
    }
  }

  /** Forgets the token, without anybody waiting for it. */
  forget(): void {
    const { store, source } = this.#parts
    void this.#attempt('delete', () => store.delete(source.id))
  }

  /** Reads the token; one that is not this source's, or none at all, is absent. */
  async #read(): Promise<AccessToken | undefined | typeof FAILED> {
    const { store, source } = this.#parts
    const { id } = source
    const stored = await this.#attempt('get', (signal) => store.get(id, { signal }))
    if (stored === FAILED) return FAILED
    try {
      if (stored?.id !== id) return undefined
      // What another process may have been made to write goes no further than this source's tokens do.
      if (!stored.origins.every((origin) => source.origins.includes(origin))) return undefined
      return createAccessToken(stored)
    } catch {
      return undefined
    }
  }

  async #write(token: AccessToken): Promise<void> {
    const { store, source } = this.#parts
    const { id } = source
    const { value, issuedAt, expiresAt, origins, keyId } = token
    const stored: StoredToken = {
      id,
      value,
      issuedAt,
      expiresAt,
      origins,
      ...(keyId !== undefined && { keyId }),
    }
    await this.#attempt('set', (signal) => store.set(id, stored, { signal }))
  }

  /** Takes the lock: gives what ends it, nothing while another has it, or `FAILED` where there is none. */
  async #lock(ms: number): Promise<Turn<never>['end'] | undefined | typeof FAILED> {
    const { store, source } = this.#parts
    if (store.lock === undefined) return FAILED
    const lifetimeMs = Math.ceil(ms)
    return this.#attempt('lock', async (signal) => {
      const lock = await store.lock?.(source.id, { lifetimeMs, signal })
      if (!lock) return undefined
      const end = async (token?: AccessToken): Promise<void> => {
        if (token !== undefined) await this.#write(token)
        await this.#attempt('unlock', () => lock.release())
      }
      // The wait for it was over: it would only hold the others up.
      if (signal.aborted) void end()
      return (token) => void end(token)
    })
  }

  async #attempt<Value>(
    operation: StoreOperation,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value | typeof FAILED> {
    const { clock, timeoutMs, observe } = this.#parts
    const limit = deadline(clock, timeoutMs)
    try {
      return await untilAborted(run(limit.signal), limit.signal)
    } catch {
      notify(observe, { type: 'store-failed', operation })
      return FAILED
    } finally {
      limit.end()
    }
  }
}
