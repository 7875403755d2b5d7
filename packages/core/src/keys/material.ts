import type { CryptoKey } from 'jose'
import type { Jwk } from './jwk.ts'
import type { Key } from './key.ts'

/** A secret for HMAC, as bytes. */
export interface SecretMaterial {
  readonly secret: Uint8Array
}

/** Both halves of a key pair, as `crypto.subtle.generateKey` gives them. */
export interface KeyPairMaterial {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** What of a Node `KeyObject` is needed to know one and to read it. */
export interface KeyObjectLike {
  readonly type: string
  /** Gives the key as a JWK. */
  export(options: { format: 'jwk' }): unknown
}

/**
 * What a key can be imported from: PEM text (PKCS#8, SPKI, PKCS#1, SEC1), a JWK, a `CryptoKey` or a
 * pair of them, a Node `KeyObject`, a secret as bytes, or a key that was imported before.
 */
export type KeyMaterial =
  | string
  | Jwk
  | CryptoKey
  | KeyPairMaterial
  | KeyObjectLike
  | SecretMaterial
  | Key

/** What {@link importKey} may be told beside material and algorithm. */
export interface ImportKeyOptions {
  /** The key's id, the `kid` of the header. Default: the JWK's own `kid`. */
  readonly keyId?: string
  /** What the key is needed for: a public key that is to sign is refused at once. */
  readonly use?: 'sign' | 'verify'
  /** Accepts a vendor's HMAC secret that is shorter than the hash. Default `false`. */
  readonly allowShortSecret?: boolean
}
