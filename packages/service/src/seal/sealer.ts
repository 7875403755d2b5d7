import { invalid } from '@mayfly/core/adapter'
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'
import { SealError } from './errors.ts'
import { SealKey } from './seal-key.ts'

/** Encrypts what is kept of one kind of record. */
export interface Seal {
  /** Encrypts text for a record. */
  seal(text: string, recordId: string): Promise<string>
  /**
   * Decrypts what was encrypted for a record.
   *
   * @throws {SealError} `ERR_SEAL_KEY_UNKNOWN`, or `ERR_SEAL_BROKEN` when it was changed, or was
   * encrypted for another record or purpose.
   */
  open(sealed: string, recordId: string): Promise<string>
}

/**
 * Encrypts what is kept at rest, as JWE with `dir` and `A256GCM` (RFC 7516, RFC 7518 section 5.3). Each
 * record has a key of its own, made from one of those given; the first one seals, and the others open
 * what was sealed before.
 */
export class Sealer {
  readonly #first: SealKey
  readonly #keys: ReadonlyMap<string, SealKey>

  /**
   * @param keys 32 random bytes each, as base64url.
   * @throws {OptionError} when one is none, or is given twice.
   */
  constructor(keys: readonly string[]) {
    const read = keys.map(readKey)
    const [first] = read
    if (first === undefined) throw invalid('sealKeys', '"sealKeys" must hold at least one key.')
    this.#first = first
    this.#keys = new Map(read.map((key) => [key.keyId, key]))
    if (this.#keys.size < read.length) {
      throw invalid('sealKeys', '"sealKeys" holds the same key twice.')
    }
  }

  /** Gives the seal for one kind of record. What it sealed is nothing to the seals of other kinds. */
  purpose(purpose: string): Seal {
    return {
      seal: (text, recordId) => this.#seal(text, purpose, recordId),
      open: (sealed, recordId) => this.#open(sealed, purpose, recordId),
    }
  }

  async #seal(text: string, purpose: string, recordId: string): Promise<string> {
    const { keyId } = this.#first
    return new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keyId, use: purpose, sub: recordId })
      .encrypt(this.#first.keyOf(purpose, recordId))
  }

  async #open(sealed: string, purpose: string, recordId: string): Promise<string> {
    const kid = keyIdOf(sealed)
    const key = this.#keys.get(kid)
    if (key === undefined) {
      throw new SealError(
        'ERR_SEAL_KEY_UNKNOWN',
        `A ${purpose} was encrypted with the key "${kid.slice(0, 32)}", which is not among the seal keys given: give it again, after the one that is to encrypt.`,
      )
    }
    try {
      const { plaintext, protectedHeader } = await compactDecrypt(
        sealed,
        key.keyOf(purpose, recordId),
        { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
      )
      if (protectedHeader['use'] === purpose && protectedHeader['sub'] === recordId) {
        return new TextDecoder().decode(plaintext)
      }
    } catch (error) {
      throw broken(purpose, error)
    }
    throw broken(purpose)
  }
}

function readKey(text: unknown): SealKey {
  const key = typeof text === 'string' ? SealKey.read(text) : undefined
  if (key !== undefined) return key
  throw invalid(
    'sealKeys',
    'A seal key must be 32 random bytes as base64url, which is 43 characters: make one with "mayfly serve seal-key".',
  )
}

/** It tells only which key to try: what it says counts for nothing until that has decrypted the rest. */
function keyIdOf(sealed: string): string {
  try {
    const { kid } = decodeProtectedHeader(sealed)
    if (typeof kid === 'string') return kid
  } catch (error) {
    throw broken('value', error)
  }
  throw broken('value')
}

function broken(purpose: string, cause?: unknown): SealError {
  return new SealError(
    'ERR_SEAL_BROKEN',
    `An encrypted ${purpose} has been changed, or put in the place of another.`,
    { cause },
  )
}
