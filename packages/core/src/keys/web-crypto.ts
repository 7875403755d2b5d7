import type { webcrypto } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { type Algorithm, algorithmFacts } from '../algorithms.ts'
import type { Jwk } from './jwk.ts'
import type { KeyOperations } from './key.ts'

/** What `crypto.subtle.importKey` and `generateKey` want to hear about an algorithm's keys. */
export interface KeyParams {
  readonly name: string
  readonly hash?: string
  readonly namedCurve?: string
}

/** Names an algorithm's keys as WebCrypto does. */
export function keyParams(algorithm: Algorithm): KeyParams {
  const { webCrypto, hash, curve } = algorithmFacts(algorithm)
  if (webCrypto === 'Ed25519') return { name: webCrypto }
  if (webCrypto === 'ECDSA') return { name: webCrypto, namedCurve: curve ?? '' }
  return { name: webCrypto, hash }
}

/** Names the operation as `crypto.subtle.sign` and `verify` want it. */
function operationParams(algorithm: Algorithm): {
  name: string
  hash?: string
  saltLength?: number
} {
  const { webCrypto, hash } = algorithmFacts(algorithm)
  if (webCrypto === 'ECDSA') return { name: webCrypto, hash }
  // RFC 7518 section 3.5: the salt is as long as the hash.
  if (webCrypto === 'RSA-PSS') return { name: webCrypto, saltLength: Number(hash.slice(4)) / 8 }
  return { name: webCrypto }
}

/** Imports a JWK, stripped to its numbers, into WebCrypto. */
export async function importJwk(
  jwk: Jwk,
  algorithm: Algorithm,
  options: { readonly extractable: boolean; readonly usages: readonly ('sign' | 'verify')[] },
): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    'jwk',
    jwk as webcrypto.JsonWebKey,
    keyParams(algorithm),
    options.extractable,
    [...options.usages],
  )
}

/** Signs and verifies by WebCrypto. */
export function webCryptoOperations(
  algorithm: Algorithm,
  keys: { readonly signing?: CryptoKey | undefined; readonly verifying?: CryptoKey | undefined },
): KeyOperations {
  const params = operationParams(algorithm)
  const { signing, verifying } = keys
  return {
    sign:
      signing &&
      (async (data) => new Uint8Array(await crypto.subtle.sign(params, signing, own(data)))),
    verify:
      verifying &&
      (async (data, signature) =>
        crypto.subtle.verify(params, verifying, own(signature), own(data))),
  }
}

/** WebCrypto takes no views on shared memory; a copy is none. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes)
}
