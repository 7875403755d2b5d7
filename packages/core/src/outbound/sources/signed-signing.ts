import { requireIdentifier } from '../../base/identifiers.ts'
import type { Algorithm } from '../../keys/algorithms.ts'
import { describe, invalid } from '../../base/options.ts'
import { importKey, type KeyMaterial } from '../../keys/load.ts'
import { Key, type SigningKey } from '../../keys/key.ts'
import { prepareKey } from '../../keys/prepare.ts'
import { OptionError } from '../../base/errors.ts'

/** A key as a source takes it: anything `importKey` takes, or a signer outside of this process. */
export type JwtKey = KeyMaterial | SigningKey | JwtKeyCallback

/** Gives the key for each new token. The same material again is not parsed again. */
export type JwtKeyCallback = () => KeyMaterial | SigningKey | Promise<KeyMaterial | SigningKey>

/** How a {@link KeyHolder} imports its key. */
export interface KeyHolderOptions {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined
  readonly allowShortSecret: boolean
}

/**
 * Holds a source's key: parsed once, and again when a callback brings other material. The material
 * itself stays out of `inspect`.
 */
export class KeyHolder {
  readonly #give: JwtKeyCallback
  readonly #options: KeyHolderOptions
  #material: unknown
  #key: Promise<SigningKey> | undefined

  constructor(key: JwtKey, options: KeyHolderOptions) {
    if (
      key === undefined ||
      key === null ||
      !['string', 'object', 'function'].includes(typeof key)
    ) {
      throw invalid('key', `The key must be PEM text, a JWK or a key object, not ${describe(key)}.`)
    }
    this.#give = typeof key === 'function' ? key : () => key
    this.#options = options
    // What is wrong with a key is said when the source is made, as far as that can be known at once.
    if (typeof key === 'function') return
    if (!isSigner(key) && !(key instanceof Key)) {
      prepareKey(key, options.algorithm, {
        use: 'sign',
        allowShortSecret: options.allowShortSecret,
      })
    }
    this.#load(key).catch(() => {})
  }

  /** The key for the next token. */
  async current(): Promise<SigningKey> {
    return this.#load(await this.#give())
  }

  #load(material: KeyMaterial | SigningKey): Promise<SigningKey> {
    if (this.#key !== undefined && this.#material === material) return this.#key
    const { algorithm, keyId, allowShortSecret } = this.#options
    const key = isSigner(material)
      ? signerFor(material, this.#options)
      : importKey(material, algorithm, {
          use: 'sign',
          allowShortSecret,
          ...(keyId !== undefined && { keyId }),
        })
    this.#material = material
    this.#key = key
    // A failed import is not kept: the file may be mended by the next try.
    key.catch(() => {
      if (this.#key === key) this.#key = undefined
    })
    return key
  }
}

function isSigner(material: KeyMaterial | SigningKey): material is SigningKey {
  return typeof material === 'object' && 'sign' in material && !(material instanceof Key)
}

/** The signer under the id that the source was told: that one goes into the header. */
async function signerFor(signer: SigningKey, options: KeyHolderOptions): Promise<SigningKey> {
  const { algorithm, keyId = signer.keyId } = options
  if (signer.algorithm !== algorithm) {
    throw invalid('key', `The signer says ${signer.algorithm}, but these tokens need ${algorithm}.`)
  }
  return keyId === signer.keyId
    ? signer
    : { algorithm, keyId, sign: (data: Uint8Array) => signer.sign(data) }
}

/**
 * Refuses, under the name of the option, what cannot be a private key.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` for `privateKey`.
 */
export function requirePrivateKey(key: JwtKey): JwtKey {
  if (key === undefined || key === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'privateKey', '"privateKey" is required.')
  }
  if (['string', 'object', 'function'].includes(typeof key)) return key
  const what = 'PEM text, a JWK, a key object or a callback'
  throw invalid('privateKey', `"privateKey" must be ${what}, not ${describe(key)}.`)
}

/**
 * Sees to it that a key has an id, for a vendor that wants one in every header: the one that the source
 * was told, or the key's own. A callback's keys bring theirs, so that a key and its id are replaced
 * together.
 */
export function requireKeyId(key: JwtKey, keyId: string | undefined): JwtKey {
  requirePrivateKey(key)
  if (keyId !== undefined) {
    requireIdentifier(keyId, 'keyId')
    return key
  }
  if (hasOwnId(key)) return key
  if (typeof key !== 'function') {
    throw new OptionError('ERR_OPTION_REQUIRED', 'keyId', '"keyId" is required.')
  }
  return async () => {
    const material = await key()
    if (hasOwnId(material)) return material
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'keyId',
      '"keyId" is required: the key that the callback gave has no id of its own.',
    )
  }
}

function hasOwnId(material: unknown): boolean {
  if (typeof material !== 'object' || material === null) return false
  const { keyId, kid } = material as { readonly keyId?: unknown; readonly kid?: unknown }
  return [keyId, kid].some((id) => typeof id === 'string' && id !== '')
}
