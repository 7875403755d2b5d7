import { type Algorithm, requireAlgorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import { KeyError } from '../../base/errors.ts'
import { type HeaderFields, signCompact } from '../../jws/sign.ts'
import { generateKey } from '../../keys/load.ts'
import type { PublicJwk } from '../../keys/jwk.ts'
import { Key } from '../../keys/key.ts'
import type { KeyLookup } from '../../keys/static-keys.ts'

/** What a {@link KeyRing} may be told. */
export interface KeyRingOptions {
  /** What new keys are made for. Default: the algorithm of the newest key, else `ES256`. */
  readonly algorithm?: Algorithm
  /**
   * Seconds that the older keys given to the constructor stay, since nobody knows which tokens they
   * have signed before. Give the longest lifetime of your tokens. Default 86 400, a day.
   */
  readonly retention?: number
  readonly clock?: Clock
}

interface Entry {
  readonly key: Key
  /** Seconds since the epoch: when the last token that it signed has expired. */
  neededUntil: number
}

/**
 * Holds the keys of an issuer: the newest one signs, and an older one stays published until the last
 * token that it signed has expired. It is a {@link KeyLookup}, so a verifier in the same process can
 * use it as it is.
 *
 * @example
 * ```ts
 * import { KeyRing, TokenIssuer } from '@mayfly/core'
 *
 * const keys = await KeyRing.create({ algorithm: 'EdDSA' })
 * const issuer = new TokenIssuer({ issuer: 'https://auth.example.com', keys })
 * await keys.rotate() // new tokens have the new key; the old key goes when its tokens have
 * ```
 */
export class KeyRing implements KeyLookup {
  readonly #clock: Clock
  readonly #algorithm: Algorithm
  /** The newest first. Empty until a ring without keys is used for the first time. */
  #entries: readonly Entry[]
  #version = 0
  #first: Promise<Key> | undefined

  /**
   * @param keys the newest first. An empty list makes a key when the first one is needed.
   * @throws {OptionError} when an option is unsound, or a key has no id, or the id of another.
   * @throws {KeyError} `ERR_KEY_PUBLIC` when the newest key cannot sign.
   */
  constructor(keys: readonly Key[], options: KeyRingOptions = {}) {
    requireOptions(options, 'KeyRing')
    refuseUnknownOptions(options, ['algorithm', 'retention', 'clock'], 'KeyRing')
    const retention = optionalNumber(options.retention, 'retention') ?? 86_400
    this.#clock = clockOption(options.clock)
    this.#algorithm = requireAlgorithm(
      options.algorithm ?? keys[0]?.algorithm ?? 'ES256',
      'algorithm',
    )
    this.#entries = []
    const neededUntil = this.#now() + retention
    for (const key of keys.toReversed()) this.#add(key, neededUntil)
    if (keys[0] !== undefined) requireSigning(keys[0])
  }

  /** Makes a ring with one new key. */
  static async create(options: Omit<KeyRingOptions, 'retention'> = {}): Promise<KeyRing> {
    const ring = new KeyRing([], options)
    await ring.#start()
    return ring
  }

  /** Changes when a key has been dropped. */
  get version(): number {
    this.#dropSpent()
    return this.#version
  }

  /** The algorithms of its keys. */
  get algorithms(): readonly Algorithm[] {
    const algorithms = this.#entries.map(({ key }) => key.algorithm)
    return algorithms.length === 0 ? [this.#algorithm] : [...new Set(algorithms)]
  }

  find(algorithm: Algorithm, keyId: string | undefined): readonly Key[] {
    this.#dropSpent()
    return this.#entries
      .map(({ key }) => key)
      .filter((key) => key.algorithm === algorithm && (keyId === undefined || key.keyId === keyId))
  }

  /** Gives the public keys, the newest first, as a JWK set to publish. Secrets are not in it. */
  async jwks(): Promise<{ keys: readonly PublicJwk[] }> {
    await this.#start()
    this.#dropSpent()
    const keys = this.#entries.map(({ key }) => key).filter(({ type }) => type !== 'secret')
    return { keys: keys.map((key) => key.publicJwk()) }
  }

  /**
   * Makes a new key, or takes the one given, and signs with it from now on. Gives that key.
   *
   * @throws {OptionError} when the key given has no id, or the id of another.
   * @throws {KeyError} `ERR_KEY_PUBLIC` when the key given cannot sign.
   */
  async rotate(key?: Key): Promise<Key> {
    const next = key ?? (await this.#generate())
    requireSigning(next)
    this.#add(next, 0)
    this.#dropSpent()
    return next
  }

  /**
   * Drops an older key at once, and with it every token that it has signed: for one that has leaked.
   *
   * @throws {OptionError} for the newest key; rotate first.
   */
  remove(keyId: string): void {
    const [newest, ...older] = this.#entries
    if (newest?.key.keyId === keyId) {
      throw invalid('keyId', 'This is the key that signs: rotate first, then remove it.')
    }
    const kept = older.filter(({ key }) => key.keyId !== keyId)
    if (newest === undefined || kept.length === older.length) return
    this.#entries = [newest, ...kept]
    this.#version += 1
  }

  /**
   * Signs with the newest key, which is kept until `expiresAt` at the least.
   *
   * @param expiresAt seconds since the epoch.
   */
  async sign(payload: Uint8Array, header: HeaderFields, expiresAt: number): Promise<string> {
    let [newest] = this.#entries
    while (newest === undefined) {
      await this.#start()
      newest = this.#entries[0]
    }
    // Before anything is awaited: a rotation meanwhile must find out that this key is in use.
    newest.neededUntil = Math.max(newest.neededUntil, expiresAt)
    return signCompact(payload, header, newest.key)
  }

  /** Makes the first key, once, however many ask for it. */
  async #start(): Promise<void> {
    if (this.#entries.length > 0) return
    this.#first ??= this.rotate()
    try {
      await this.#first
    } finally {
      this.#first = undefined
    }
  }

  async #generate(): Promise<Key> {
    const key = await generateKey(this.#algorithm)
    // A secret gets no id of its own, since its fingerprint could give it away.
    return key.keyId === undefined ? key.withKeyId(crypto.randomUUID()) : key
  }

  #add(key: Key, neededUntil: number): void {
    if (!(key instanceof Key)) throw invalid('keys', 'A key ring takes keys made by importKey.')
    if (key.keyId === undefined) {
      throw invalid('keys', 'A key of a ring needs a key id: import it with the option "keyId".')
    }
    if (this.#entries.some((entry) => entry.key.keyId === key.keyId)) {
      throw invalid('keys', 'Two keys of a ring have the same key id.')
    }
    this.#entries = [{ key, neededUntil }, ...this.#entries]
  }

  #dropSpent(): void {
    if (this.#entries.length < 2) return
    const now = this.#now()
    const kept = this.#entries.filter((entry, index) => index === 0 || entry.neededUntil > now)
    if (kept.length === this.#entries.length) return
    this.#entries = kept
    this.#version += 1
  }

  #now(): number {
    return this.#clock.now() / 1000
  }
}

function requireSigning(key: Key): void {
  if (key.canSign) return
  throw new KeyError('ERR_KEY_PUBLIC', 'The newest key of a ring must be able to sign.')
}
