import { alarm, answerDeadline, type Clock, untilAborted } from '../../base/clock.ts'
import { type ErrorCode, isMayflyError } from '../../base/errors.ts'
import { notify, type Observe } from '../../base/observe.ts'
import {
  type AccessToken,
  createAccessToken,
  type StoredToken,
  type TokenLock,
  type TokenSource,
  type TokenStore,
} from '../token.ts'
import type { ManagerEvent, StoreOperation } from './options.ts'

/** A process that has just started connects first, and is busy with much else. */
const FIRST_WAIT = 5

/** Tells a store that failed from one that has nothing. */
export class StoreFailure {
  readonly code: ErrorCode | undefined

  constructor(error: unknown) {
    this.code = isMayflyError(error) ? error.code : undefined
  }

  /** The store answered, with what this process has no key for: others have. */
  get isSealed(): boolean {
    return this.code === 'ERR_SEALING_KEY_UNKNOWN' || this.code === 'ERR_SEALING_BROKEN'
  }
}

/** What a {@link StoreAccess} works with. */
export interface StoreAccessParts {
  readonly store: TokenStore
  readonly source: TokenSource
  readonly timeoutMs: number
  readonly clock: Clock
  readonly observe: Observe<ManagerEvent> | undefined
}

/** What the store has: a token, and whether a process was refused with it. */
export interface Seen {
  readonly token: AccessToken
  readonly refused: boolean
}

/** A lock that is extended until it is ended, or its signal aborts. */
export interface HeldLock {
  /** Lets it be: the store ends it, if it is not released. */
  readonly rest: () => void
  readonly release: () => Promise<void>
}

/** One source's entry in a store: every call ends in good time, and no failure is thrown. */
export class StoreAccess {
  readonly #parts: StoreAccessParts
  #isFirst = true
  #failingSince: number | undefined
  /** The same, where it was not for want of a key. */
  #goneSince: number | undefined

  constructor(parts: StoreAccessParts) {
    this.#parts = parts
  }

  /** For how long the store has given no answer, in milliseconds. */
  get goneForMs(): number | undefined {
    return this.#goneSince === undefined ? undefined : this.#parts.clock.now() - this.#goneSince
  }

  /** For how long it has been of no use, in milliseconds. */
  get failingForMs(): number {
    return this.#failingSince === undefined ? 0 : this.#parts.clock.now() - this.#failingSince
  }

  /** Reads the token; one that is not this source's, or none at all, is absent. */
  async read(): Promise<Seen | undefined | StoreFailure> {
    const { store, source } = this.#parts
    const { id } = source
    const stored = await this.#attempt('get', (signal) => store.get(id, { signal }))
    if (stored instanceof StoreFailure) return stored
    try {
      if (stored?.id !== id) return undefined
      // What another process may have been made to write goes no further than this source's tokens do.
      if (!stored.origins.every((origin) => source.origins.includes(origin))) return undefined
      return { token: createAccessToken(stored), refused: stored.refused === true }
    } catch {
      return undefined
    }
  }

  /** Writes a token; tells whether that is known to have been done. */
  async write(token: AccessToken, refused = false): Promise<boolean> {
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
      ...(refused && { refused }),
    }
    const done = await this.#attempt('set', (signal) => store.set(id, stored, { signal }))
    return !(done instanceof StoreFailure)
  }

  /** Forgets the token, without anybody waiting for it. */
  forget(): void {
    const { store, source } = this.#parts
    void this.#attempt('delete', () => store.delete(source.id))
  }

  /** Takes the lock: `none` where the store has no such thing, `taken` while another process has it. */
  async lock(
    lifetimeMs: number,
    signal: AbortSignal,
  ): Promise<HeldLock | 'none' | 'taken' | StoreFailure> {
    const { store, source } = this.#parts
    if (store.lock === undefined) return 'none'
    return this.#attempt('lock', async (limit) => {
      const lock = await store.lock?.(source.id, { lifetimeMs, signal: limit })
      if (!lock) return 'taken' as const
      const rest = this.#extend(lock, lifetimeMs, signal)
      const release = async (): Promise<void> => {
        rest()
        await this.#attempt('unlock', () => lock.release())
      }
      // The wait for it was over: it would only hold the others up.
      if (limit.aborted) void release()
      return { rest, release }
    })
  }

  /** Extends a lock for as long as its holder is at work. */
  #extend(lock: TokenLock, lifetimeMs: number, signal: AbortSignal): () => void {
    let callOff: (() => void) | undefined
    let over = lock.extend === undefined
    const extend = async (): Promise<void> => {
      const kept = await this.#attempt('extend', async () => lock.extend?.(lifetimeMs))
      if (kept === false) over = true
    }
    const next = (): void => {
      callOff = alarm(this.#parts.clock, lifetimeMs / 3, () => {
        if (over || signal.aborted) return
        void extend()
        next()
      })
    }
    if (!over) next()
    return () => {
      over = true
      callOff?.()
    }
  }

  async #attempt<Value>(
    operation: StoreOperation,
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value | StoreFailure> {
    const { clock, timeoutMs, observe } = this.#parts
    const startedAt = clock.now()
    const limit = answerDeadline(clock, this.#isFirst ? timeoutMs * FIRST_WAIT : timeoutMs)
    try {
      const value = await untilAborted(run(limit.signal), limit.signal)
      this.#goneSince = undefined
      this.#failingSince = undefined
      return value
    } catch (error) {
      const failure = new StoreFailure(error)
      this.#goneSince = failure.isSealed ? undefined : (this.#goneSince ?? startedAt)
      this.#failingSince ??= startedAt
      const { code } = failure
      notify(observe, { type: 'store-failed', operation, ...(code !== undefined && { code }) })
      return failure
    } finally {
      this.#isFirst = false
      limit.end()
    }
  }
}
