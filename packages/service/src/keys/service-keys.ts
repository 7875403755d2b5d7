import {
  type Algorithm,
  type HeaderFields,
  type Key,
  type PublicJwk,
  signCompact,
} from '@mayfly/core'
import { alarm, invalid } from '@mayfly/core/adapter'
import type { KeyState, RotatedKey, ServiceKeyring } from '../contracts/keyring.ts'
import { LedgerError } from '../ledger/errors.ts'
import type { Seal } from '../seal/sealer.ts'
import { KeyCache } from './key-cache.ts'
import { readOptions, type ServiceKeysOptions, type ServiceKeysSettings } from './options.ts'
import { makeSigningKey, type ReadyKey } from './signing-key.ts'

/** Nodes hear of a key within half a minute, and their clocks may differ by as much. */
const SPREAD = 60
/** How much longer than its last token a key is published, for verifiers whose clocks are behind. */
const TOLERANCE = 300
/** How much more is written down than is needed, so that it is one write an hour. */
const AHEAD = 3600
/** How long published keys wait for the ledger, in milliseconds. */
const PATIENCE_MS = 1000
/** How often signing begins again because the key went away meanwhile. */
const MAX_TRIES = 3

/**
 * The signing keys of the service, shared by its nodes through the ledger: one signs, the next one is
 * published before it does, and an older one stays published until the last token that it signed is
 * dead. It is a `KeyLookup`, so a verifier in the same process can use it as it is.
 */
export class ServiceKeys implements ServiceKeyring {
  readonly #settings: ServiceKeysSettings
  readonly #seal: Seal
  readonly #cache: KeyCache
  readonly #extending = new Map<
    string,
    { readonly until: number; readonly done: Promise<boolean> }
  >()

  private constructor(settings: ServiceKeysSettings) {
    this.#settings = settings
    this.#seal = settings.sealer.purpose('signing key')
    this.#cache = new KeyCache(settings.ledger, this.#seal, settings.clock)
  }

  /**
   * Reads the keys of a ledger. Where there is none it makes one; where the newest is for another
   * algorithm than the one wanted, it makes the next one.
   *
   * @throws {OptionError} when an option is unknown or unsound.
   * @throws {LedgerError} when the ledger fails.
   * @throws {SealError} when a key there cannot be decrypted.
   */
  static async open(options: ServiceKeysOptions): Promise<ServiceKeys> {
    const settings = readOptions(options)
    const keys = new ServiceKeys(settings)
    // What fails here is thrown, and there is nobody else to be told.
    await keys.#readAndRotate()
    const [newest] = keys.#cache.keys
    if (newest !== undefined && newest.algorithm !== settings.algorithm) await keys.rotate()
    return keys
  }

  /** Changes when a key has gone; another node's doing is noticed within half a minute. */
  get version(): number {
    if (this.#cache.isStale) void this.#refreshIfPossible()
    return this.#cache.version
  }

  /** The algorithms of its keys. */
  get algorithms(): readonly Algorithm[] {
    const algorithms = this.#published().map(({ algorithm }) => algorithm as Algorithm)
    return [...new Set([...algorithms, this.#settings.algorithm])]
  }

  /** Finds the keys that may have signed a token. One that is not known here is looked for in the ledger. */
  async find(algorithm: Algorithm, keyId: string | undefined): Promise<readonly Key[]> {
    if (this.#cache.isStale) await this.#refreshIfPossible()
    const find = (): readonly Key[] =>
      this.#published()
        .filter((each) => each.algorithm === algorithm)
        .filter((each) => keyId === undefined || each.keyId === keyId)
        .map(({ key }) => key)
    const found = find()
    if (found.length > 0 || keyId === undefined) return found
    await this.#cache.lookAgain()
    return find()
  }

  /**
   * Gives the public keys to publish, the newest first: a key that another node has begun to sign with is
   * among them at once. While the ledger fails or takes its time, those known last.
   */
  async jwks(): Promise<{ keys: readonly PublicJwk[] }> {
    await this.#lookInTime()
    return { keys: this.#published().map(({ key }) => key.publicJwk()) }
  }

  /** Lists the keys, the newest first. */
  async list(): Promise<readonly KeyState[]> {
    await this.#cache.read()
    const now = this.#now()
    const signer = this.#signer()
    return this.#published().map(({ keyId, algorithm, activeFrom, neededUntil, createdAt }) => {
      const later = activeFrom > now ? 'next' : 'old'
      const state = keyId === signer?.keyId ? 'active' : later
      return { keyId, algorithm, state, activeFrom, neededUntil, createdAt }
    })
  }

  /**
   * Signs with the key whose turn it is. Before it answers, the ledger knows that this key is needed
   * until `expiresAt`.
   *
   * @param expiresAt seconds since the epoch.
   * @throws {LedgerError} when the ledger fails while it is needed.
   */
  async sign(payload: Uint8Array, header: HeaderFields, expiresAt: number): Promise<string> {
    if (this.#cache.isStale) await this.#refresh()
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const signer = this.#signer()
      if (signer !== undefined && (await this.#needUntil(signer, expiresAt + TOLERANCE))) {
        return signCompact(payload, header, signer.key)
      }
      // Another node has removed it.
      await this.#cache.read()
      await this.#refresh()
    }
    throw new LedgerError('ERR_LEDGER_UNAVAILABLE', 'Signing keys are removed faster than made.')
  }

  /**
   * Makes the next key. It is published at once, and signs when every cache has heard of it. If there
   * is a next one already, it is given.
   *
   * @param options `now`: it signs at once, in place of the next one too, though caches may not know
   * it: for when a key has leaked.
   */
  async rotate(options: { readonly now?: boolean } = {}): Promise<RotatedKey> {
    return this.#told(async () => this.#rotate(options))
  }

  async #rotate(options: { readonly now?: boolean }): Promise<RotatedKey> {
    await this.#cache.read()
    const keyId = options.now === true ? await this.#replaceNow() : await this.#addNext()
    const made = this.#cache.keys.find((each) => each.keyId === keyId)
    if (made !== undefined) {
      return { keyId: made.keyId, algorithm: made.algorithm, activeFrom: made.activeFrom }
    }
    throw new LedgerError('ERR_LEDGER_UNAVAILABLE', 'Another node has removed the new key.')
  }

  /**
   * Drops a key at once, and with it every token that it has signed: for one that has leaked. Other
   * nodes follow within half a minute.
   *
   * @returns `false` when there is no such key.
   * @throws {OptionError} for the key that signs; rotate with `now` first.
   */
  async remove(keyId: string): Promise<boolean> {
    await this.#cache.read()
    if (this.#signer()?.keyId === keyId) {
      throw invalid('keyId', 'This is the key that signs: rotate with "now" first, then remove it.')
    }
    const removed = await this.#settings.ledger.removeKey(keyId)
    await this.#cache.read()
    return removed
  }

  /** Reads what other nodes did, and makes a key when it is time. */
  async #refresh(): Promise<void> {
    return this.#told(async () => this.#readAndRotate())
  }

  async #readAndRotate(): Promise<void> {
    if (this.#cache.isStale || this.#cache.keys.length === 0) await this.#cache.read()
    const [newest] = this.#cache.keys
    if (newest === undefined) await this.#add(undefined, this.#now())
    else if (this.#now() >= newest.activeFrom + this.#settings.rotateEvery - this.#lead) {
      await this.#addNext()
    }
  }

  async #refreshIfPossible(): Promise<void> {
    try {
      await this.#refresh()
    } catch {
      // What was known last is right for as long as nobody rotates. The failure has been told.
    }
  }

  async #told<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      this.#settings.onFailure(error)
      throw error
    }
  }

  /** Looks into the ledger, and waits no longer for it than a verifier should wait for its keys. */
  async #lookInTime(): Promise<void> {
    let callOff: (() => void) | undefined
    const late = new Promise<void>((resolve) => {
      callOff = alarm(this.#settings.clock, PATIENCE_MS, resolve)
    })
    const looked = this.#cache.read().then(() => this.#refreshIfPossible())
    await Promise.race([looked.catch(() => {}), late])
    callOff?.()
  }

  async #addNext(): Promise<string | undefined> {
    const [newest] = this.#cache.keys
    const now = this.#now()
    if (newest !== undefined && newest.activeFrom > now) return newest.keyId
    return this.#add(newest, now + this.#lead)
  }

  async #replaceNow(): Promise<string | undefined> {
    const now = this.#now()
    const isNext = ({ activeFrom, neededUntil }: ReadyKey): boolean =>
      activeFrom > now && neededUntil <= activeFrom
    for (const each of this.#cache.keys) {
      // It has signed nothing, and would take the new one's turn.
      if (isNext(each)) await this.#settings.ledger.removeKey(each.keyId)
    }
    const newest = this.#cache.keys.find((each) => !isNext(each))
    return this.#add(newest, now)
  }

  /** Adds a key unless another node was faster; gives the id of the newest one either way. */
  async #add(newest: ReadyKey | undefined, activeFrom: number): Promise<string | undefined> {
    const { algorithm, ledger } = this.#settings
    const times = {
      // It is the newest even if all is done within a second, and where our clock is behind.
      activeFrom: Math.max(activeFrom, newest?.activeFrom ?? 0),
      createdAt: Math.max(this.#now(), (newest?.createdAt ?? 0) + 1),
    }
    const key = await makeSigningKey(algorithm, this.#seal, times)
    await ledger.addKey(key, newest?.keyId)
    await this.#cache.read()
    return this.#cache.keys[0]?.keyId
  }

  /** The newest key whose turn has come, or the first one, if the clock of its maker is ahead of ours. */
  #signer(): ReadyKey | undefined {
    const now = this.#now()
    const { keys } = this.#cache
    return keys.find(({ activeFrom }) => activeFrom <= now) ?? keys.at(-1)
  }

  /** All but those whose last token is dead and that another one has replaced. */
  #published(): readonly ReadyKey[] {
    const now = this.#now()
    const { keys } = this.#cache
    const signer = keys.findIndex(({ keyId }) => keyId === this.#signer()?.keyId)
    return keys.filter(({ neededUntil }, index) => index <= signer || neededUntil >= now)
  }

  async #needUntil({ keyId, neededUntil }: ReadyKey, until: number): Promise<boolean> {
    if (neededUntil >= until) return true
    const underWay = this.#extending.get(keyId)
    if (underWay !== undefined && underWay.until >= until) return underWay.done
    const ahead = until + AHEAD
    const done = this.#settings.ledger.needKeyUntil(keyId, ahead)
    const entry = { until: ahead, done }
    this.#extending.set(keyId, entry)
    try {
      const isThere = await done
      if (isThere) this.#cache.extend(keyId, ahead)
      return isThere
    } finally {
      if (this.#extending.get(keyId) === entry) this.#extending.delete(keyId)
    }
  }

  /** Seconds from when a key is made until it signs. */
  get #lead(): number {
    return this.#settings.publishAhead + SPREAD
  }

  #now(): number {
    return Math.floor(this.#settings.clock.now() / 1000)
  }
}
