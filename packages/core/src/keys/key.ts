import type { Algorithm } from './algorithms.ts'
import { KeyError } from '../base/errors.ts'
import { type KeyFacts, requireFit } from './facts.ts'
import type { KeyNumbers, PublicJwk } from './jwk.ts'
import type { KeyOperations } from './operations.ts'

/** What a {@link Key} is made of. */
export interface KeyParts {
  readonly algorithm: Algorithm
  readonly keyId?: string | undefined
  readonly type: 'private' | 'public' | 'secret'
  readonly facts: KeyFacts
  readonly allowShortSecret?: boolean | undefined
  readonly fingerprint: string
  /** The issuer that its JWK names, as Microsoft's do: the only one whose tokens it may verify. */
  readonly issuer?: string | undefined
  readonly operations: KeyOperations
  /** The public half without `kid`; absent for secrets and where it cannot be had. */
  readonly publicJwk?: PublicJwk | undefined
  /** Gives the private numbers, where that was asked for. A function, so that nothing shows them. */
  readonly exportNumbers?: (() => KeyNumbers) | undefined
}

/** Marks keys, and gives their parts: another copy of this library in the program knows them by it. */
const PARTS = Symbol.for('@mayfly/core key')

/** What a key is made of, for this library alone: functions, and what is public of it. */
export function partsOf(key: Key): KeyParts {
  return (key as unknown as { readonly [PARTS]: () => KeyParts })[PARTS]()
}

/**
 * An imported key, bound to one algorithm. Its material is out of reach: `inspect`, `JSON.stringify`
 * and `toString` show what kind of key it is, and nothing else.
 */
export class Key implements SigningKey {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined
  readonly type: 'private' | 'public' | 'secret'
  readonly #parts: KeyParts

  /** Knows a key of another copy of the library, which is used through its operations. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && PARTS in value
  }

  constructor(parts: KeyParts) {
    this.algorithm = parts.algorithm
    this.keyId = parts.keyId
    this.type = parts.type
    this.#parts = parts
    Object.freeze(this)
  }

  static {
    const value = function (this: Key): KeyParts {
      // Someone may have wrapped the key in an object that inherits from it.
      return #parts in this ? this.#parts : partsOf(Object.getPrototypeOf(this) as Key)
    }
    Object.defineProperty(Key.prototype, PARTS, { value })
  }

  /**
   * The SHA-256 thumbprint of RFC 7638, the same for both halves of a pair. For a key that cannot be
   * exported, and whose public half is not known, it is random, and its own for each import.
   */
  get fingerprint(): string {
    return this.#parts.fingerprint
  }

  /** Tells whether {@link Key.sign} can work: a private key or a secret that may sign. */
  get canSign(): boolean {
    return this.#parts.operations.sign !== undefined
  }

  /** Tells whether {@link Key.verify} can work. */
  get canVerify(): boolean {
    return this.#parts.operations.verify !== undefined
  }

  /**
   * Signs bytes; the signature is the one that JWS wants (RFC 7518 section 3).
   *
   * @throws {KeyError} `ERR_KEY_PUBLIC` for a public key, `ERR_KEY_USE` for one that may not sign.
   */
  async sign(data: Uint8Array): Promise<Uint8Array> {
    const { sign } = this.#parts.operations
    if (sign === undefined) throw cannotSign(this.type)
    return sign(data)
  }

  /**
   * Checks a signature over bytes. A private key checks with its public half.
   *
   * @throws {KeyError} `ERR_KEY_USE` for a secret that may not verify, `ERR_KEY_PRIVATE` for a private
   * key whose public half is not known.
   */
  async verify(data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return verifyByParts(this, data, signature)
  }

  /**
   * Gives the public half as a JWK, with `alg`, `use` and, where the key has an id, `kid`.
   *
   * @throws {KeyError} `ERR_KEY_TYPE` for a secret, and for a private key that cannot be exported.
   */
  publicJwk(): PublicJwk {
    const { publicJwk } = this.#parts
    if (publicJwk !== undefined) {
      return this.keyId === undefined ? { ...publicJwk } : { ...publicJwk, kid: this.keyId }
    }
    throw this.type === 'secret'
      ? new KeyError('ERR_KEY_TYPE', 'A secret has no public half.')
      : new KeyError(
          'ERR_KEY_TYPE',
          'This private key cannot be exported, so its public half is not known; import the pair { privateKey, publicKey }.',
        )
  }

  /** The same key under another id, or under none. */
  withKeyId(keyId: string | undefined): Key {
    return new Key({ ...this.#parts, keyId })
  }

  get [Symbol.toStringTag](): string {
    return 'Key'
  }

  /** Shows what is public of it, so that logging a key gives nothing away. */
  toJSON(): object {
    const { algorithm, keyId, type } = this
    return {
      algorithm,
      type,
      ...(keyId !== undefined && { keyId }),
      // A secret may be short enough to be guessed from its hash.
      ...(type !== 'secret' && { fingerprint: this.fingerprint }),
    }
  }
}

/** Says why a key cannot sign. */
function cannotSign(type: Key['type']): KeyError {
  return type === 'public'
    ? new KeyError('ERR_KEY_PUBLIC', 'A public key cannot sign; give the private key.')
    : new KeyError('ERR_KEY_USE', 'This secret may verify, but not sign.')
}

/** Says why a key cannot verify. */
export function cannotVerify(type: Key['type']): KeyError {
  return type === 'private'
    ? new KeyError(
        'ERR_KEY_PRIVATE',
        'Verifying needs the public key; this is a private one that cannot be exported.',
      )
    : new KeyError('ERR_KEY_USE', 'This secret may sign, but not verify.')
}

/** Checks a signature, at once where that is possible: a promise for each would cost more than some do. */
export function verifyNow(
  key: Key,
  data: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  if (isForeign(key)) {
    const parts = partsOf(key)
    requireFit(parts.facts, key.algorithm, parts)
    return key.verify(data, signature)
  }
  return verifyByParts(key, data, signature)
}

function verifyByParts(
  key: Key,
  data: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  const { verify } = partsOf(key).operations
  if (verify === undefined) throw cannotVerify(key.type)
  return verify(data, signature)
}

/** Tells a key of another copy of this library, or one that is wrapped. */
function isForeign(key: Key): boolean {
  return Object.getPrototypeOf(key) !== Key.prototype
}

/** What a key that was imported before is wanted for. */
export interface AdoptWish {
  readonly algorithm: Algorithm
  readonly keyId?: string | undefined
  readonly use?: 'sign' | 'verify' | undefined
}

/**
 * Takes a key that was imported before, for the algorithm that it was imported for. One of another copy
 * of this library is used through its operations, and judged once more.
 */
export function adoptKey(given: Key, { algorithm, keyId, use }: AdoptWish): Key {
  if (given.algorithm !== algorithm) {
    throw new KeyError(
      'ERR_KEY_TYPE',
      `This key was imported for ${given.algorithm}; import it again for ${algorithm}.`,
    )
  }
  const parts = partsOf(given)
  const foreign = isForeign(given)
  if (foreign) requireFit(parts.facts, algorithm, parts)
  const key = foreign ? new Key({ ...parts, algorithm, keyId: given.keyId }) : given
  if (use === 'sign' && !key.canSign) throw cannotSign(key.type)
  if (use === 'verify' && !key.canVerify) throw cannotVerify(key.type)
  return keyId === undefined || keyId === key.keyId ? key : key.withKeyId(keyId)
}

/**
 * What a token is signed with. A {@link Key} is one; so is any object of this shape, which is how a
 * key that never leaves its KMS or HSM takes part.
 *
 * @example
 * ```ts
 * import { signCompact, type SigningKey } from '@mayfly/core'
 *
 * declare const kms: { sign(keyId: string, data: Uint8Array): Promise<Uint8Array> }
 * const key: SigningKey = {
 *   algorithm: 'ES256',
 *   keyId: '2026-11',
 *   sign: (data) => kms.sign('alias/tokens', data),
 * }
 * await signCompact(new TextEncoder().encode('{}'), { typ: 'JWT' }, key)
 * ```
 */
export interface SigningKey {
  readonly algorithm: Algorithm
  /** Goes into the header as `kid`. */
  readonly keyId?: string | undefined
  /**
   * Signs bytes. ECDSA signatures are the two numbers side by side, as JWS has them (RFC 7518 section
   * 3.4), not DER.
   */
  sign(data: Uint8Array): Promise<Uint8Array>
}
