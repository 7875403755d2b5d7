import type * as NodeCrypto from 'node:crypto'
import type { webcrypto } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { isInRange } from './ecdsa.ts'
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

/** Imports a JWK that was stripped to its numbers. Only public halves can be exported again. */
export async function importNumbers(
  numbers: Jwk,
  algorithm: Algorithm,
  use: 'sign' | 'verify',
): Promise<CryptoKey> {
  const jwk = numbers as webcrypto.JsonWebKey
  return crypto.subtle.importKey('jwk', jwk, keyParams(algorithm), use === 'verify', [use])
}

/** Imports a wrapped key so that its numbers can be had. */
export async function importDer(
  { format, der }: { readonly format: 'pkcs8' | 'spki'; readonly der: Uint8Array },
  algorithm: Algorithm,
): Promise<CryptoKey> {
  const use = format === 'pkcs8' ? 'sign' : 'verify'
  return crypto.subtle.importKey(format, own(der), keyParams(algorithm), true, [use])
}

/** Writes a key as the JWK that it was exported as, whatever that says about its use. */
export async function exportNumbers(key: CryptoKey): Promise<Jwk> {
  return crypto.subtle.exportKey('jwk', key)
}

/** Imports a secret for both directions. */
export async function importSecret(
  secret: Uint8Array,
  algorithm: Algorithm,
): Promise<{ readonly signing: CryptoKey; readonly verifying: CryptoKey }> {
  const params = keyParams(algorithm)
  const key = await crypto.subtle.importKey('raw', own(secret), params, false, ['sign', 'verify'])
  return { signing: key, verifying: key }
}

/** Signs and verifies by WebCrypto. */
export function webCryptoOperations(
  algorithm: Algorithm,
  keys: { readonly signing?: CryptoKey | undefined; readonly verifying?: CryptoKey | undefined },
): KeyOperations {
  const params = operationParams(algorithm)
  const isEcdsa = params.name === 'ECDSA'
  const { signing, verifying } = keys
  return {
    sign:
      signing &&
      (async (data) => new Uint8Array(await crypto.subtle.sign(params, signing, own(data)))),
    verify:
      verifying &&
      (async (data, signature) =>
        (!isEcdsa || isInRange(signature, algorithm)) &&
        crypto.subtle.verify(params, verifying, own(signature), own(data))),
  }
}

/** WebCrypto takes no views on shared memory; a copy is none. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes)
}

/** Finds Node's own crypto without importing it, which other runtimes could not. */
export function nodeCrypto(): typeof NodeCrypto | undefined {
  // Runtimes without it have no process, or one without this function.
  return globalThis.process?.getBuiltinModule?.('node:crypto')
}

/**
 * Computes HMACs in place. WebCrypto hands each one to another thread and waits for it, which takes
 * several times as long as the HMAC itself; for the other algorithms it is as fast as Node's own.
 */
export function nodeHmacOperations(
  node: typeof NodeCrypto,
  algorithm: Algorithm,
  secret: Uint8Array,
): KeyOperations {
  const { hash } = algorithmFacts(algorithm)
  const digest = hash.replace('-', '').toLowerCase()
  const key = node.createSecretKey(secret)
  const sign = (data: Uint8Array): Uint8Array => node.createHmac(digest, key).update(data).digest()
  return {
    sign: async (data) => new Uint8Array(sign(data)),
    verify: async (data, signature) => {
      const expected = sign(data)
      return expected.length === signature.length && node.timingSafeEqual(expected, signature)
    },
  }
}
