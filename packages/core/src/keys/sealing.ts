import type { CryptoKey } from 'jose'
import { flattenedDecrypt } from 'jose/jwe/flattened/decrypt'
import { FlattenedEncrypt } from 'jose/jwe/flattened/encrypt'
import { decodeBase64url, encodeBase64url } from '../base/base64url.ts'
import { OptionError } from '../base/errors.ts'
import { SealingError } from '../base/grant-errors.ts'
import { describe, hasMethod, invalid, requireString } from '../base/options.ts'

/**
 * A key that values at rest are encrypted with: 32 random bytes, under a name of their own, or as
 * base64url, which names itself by its digest.
 */
export type SealingKey = string | { readonly keyId: string; readonly key: Uint8Array }

const UTF8 = new TextEncoder()
const KEY_BYTES = 32

/** Makes a key to seal with: 32 random bytes, as base64url. */
export function generateSealingKey(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))
}

interface NamedKey {
  readonly keyId: string
  readonly key: CryptoKey
}

/**
 * Encrypts values at rest, as JWE with `dir` and `A256GCM` (RFC 7516, RFC 7518 section 5.3), the key's
 * id in its header. Each name has a key of its own, derived from the one given, and is part of the
 * additional data: a value is no use in the place of another, and random nonces are spent for each
 * name alone (NIST SP 800-38D section 8.3).
 *
 * Keys are changed in two steps: first the new one goes behind the old one, in every process; then in
 * front of it. What is sealed with the old one is read until that is taken out.
 *
 * @example
 * ```ts
 * import { generateSealingKey, Sealing } from '@mayfly/core/grants'
 *
 * const sealing = new Sealing([generateSealingKey()])
 * const sealed = await sealing.seal('a secret', 'name')
 * console.log(await sealing.open(sealed, 'name')) // a secret
 * ```
 */
export class Sealing {
  readonly #option: string
  #keys: Promise<readonly NamedKey[]>

  /**
   * @param keys the first one seals; what any of them sealed is opened.
   * @param option what errors call them. Default `sealing`.
   * @throws {OptionError} when one isn't a key, or two have one name.
   */
  constructor(keys: readonly SealingKey[], option = 'sealing') {
    this.#option = option
    this.#keys = readKeys(keys, option)
  }

  /**
   * Takes other keys, from now on.
   *
   * @throws {OptionError} when one isn't a key, or two have one name.
   */
  replaceKeys(keys: readonly SealingKey[]): void {
    this.#keys = readKeys(keys, this.#option)
  }

  /** Encrypts text for a name. */
  async seal(text: string, name: string): Promise<string> {
    const [first] = await this.#keys
    if (first === undefined) throw required(this.#option)
    const {
      protected: header,
      iv,
      ciphertext,
      tag,
    } = await new FlattenedEncrypt(UTF8.encode(text))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: first.keyId })
      .setAdditionalAuthenticatedData(UTF8.encode(name))
      .encrypt(await derive(first.key, name))
    return JSON.stringify({ protected: header, iv, ciphertext, tag })
  }

  /**
   * Decrypts what was sealed for a name.
   *
   * @throws {SealingError} `ERR_SEALING_KEY_UNKNOWN`; `ERR_SEALING_BROKEN` when it was changed, or
   * sealed for another name.
   */
  async open(sealed: string, name: string): Promise<string> {
    const { keyId, jwe } = parse(sealed)
    const known = (await this.#keys).find((one) => one.keyId === keyId)
    if (known === undefined) {
      throw new SealingError(
        'ERR_SEALING_KEY_UNKNOWN',
        `A value was sealed with the key "${keyId.slice(0, 64)}", which is not among the sealing keys: give that one again, after the one that is to seal.`,
      )
    }
    try {
      const { plaintext } = await flattenedDecrypt(
        { ...jwe, aad: encodeBase64url(UTF8.encode(name)) },
        await derive(known.key, name),
        { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
      )
      return new TextDecoder().decode(plaintext)
    } catch (cause) {
      throw broken(cause)
    }
  }

  /** Tells whether a value is sealed with the key that seals now. */
  async isCurrent(sealed: string): Promise<boolean> {
    return (await this.#keys)[0]?.keyId === parse(sealed).keyId
  }
}

/** Takes keys, or what seals with them already. */
export function requireSealing(value: Sealing | readonly SealingKey[], option: string): Sealing {
  if (hasMethod(value, 'seal')) return value as Sealing
  if (value === undefined) {
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      option,
      `"${option}" is required: the keys that tokens are encrypted with at rest. Make one with "openssl rand 32 | basenc --base64url | tr -d =", and keep it apart from the store.`,
    )
  }
  return new Sealing(value as readonly SealingKey[], option)
}

interface Jwe {
  readonly protected: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** The header tells only which key to try: it counts for nothing until that has opened the rest. */
function parse(sealed: string): { readonly keyId: string; readonly jwe: Jwe } {
  try {
    const jwe = JSON.parse(sealed) as Jwe
    const header = new TextDecoder().decode(decodeBase64url(jwe.protected))
    const { kid } = JSON.parse(header) as { kid: unknown }
    if (typeof kid === 'string') return { keyId: kid, jwe }
  } catch (cause) {
    throw broken(cause)
  }
  throw broken()
}

async function derive(key: CryptoKey, name: string): Promise<CryptoKey> {
  const info = UTF8.encode(JSON.stringify(['mayfly sealing', name]))
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  const target = { name: 'AES-GCM', length: 256 }
  return crypto.subtle.deriveKey(hkdf, key, target, false, ['encrypt', 'decrypt'])
}

function readKeys(keys: readonly SealingKey[], option: string): Promise<readonly NamedKey[]> {
  if (!Array.isArray(keys) || keys.length === 0) throw required(option)
  const read = keys.map((key) => readKey(key, option))
  const named = new Set(read.map(({ keyId, bytes }) => keyId ?? encodeBase64url(bytes)))
  if (named.size < read.length)
    throw invalid(option, `Two keys of "${option}" have the same "keyId".`)
  const imported = Promise.all(read.map(importKey))
  // Whoever seals next hears of it.
  imported.catch(() => {})
  return imported
}

interface RawKey {
  readonly keyId: string | undefined
  readonly bytes: Uint8Array<ArrayBuffer>
}

function readKey(given: unknown, option: string): RawKey {
  const { keyId, key } = Object(typeof given === 'string' ? {} : given) as Record<string, unknown>
  const bytes = typeof given === 'string' ? decodeBase64url(given) : key
  if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) {
    throw invalid(
      option,
      `A key of "${option}" must be 32 random bytes, as base64url or as { keyId, key }, not ${typeof given === 'string' ? 'another text' : describe(given)}.`,
    )
  }
  const name = typeof given === 'string' ? undefined : requireString(keyId, option, 128)
  return { keyId: name, bytes: new Uint8Array(bytes) }
}

async function importKey({ keyId, bytes }: RawKey): Promise<NamedKey> {
  const key = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
  if (keyId !== undefined) return { keyId, key }
  const label = UTF8.encode('mayfly sealing key id')
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array([...label, ...bytes]))
  return { keyId: encodeBase64url(new Uint8Array(digest)).slice(0, 16), key }
}

function required(option: string): OptionError {
  return invalid(option, `"${option}" must be a list of at least one key.`)
}

function broken(cause?: unknown): SealingError {
  return new SealingError(
    'ERR_SEALING_BROKEN',
    'A sealed value has been changed, or put in the place of another.',
    { cause },
  )
}
