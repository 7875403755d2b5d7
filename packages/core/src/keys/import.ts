import { calculateJwkThumbprint, exportJWK, importPKCS8, importSPKI, type JWK } from 'jose'
import { type Algorithm, algorithmFacts, requireAlgorithm } from '../algorithms.ts'
import { decodeBase64url, encodeBase64url } from '../encoding/base64url.ts'
import { refuseUnknownOptions } from '../encoding/options.ts'
import { KeyError } from '../errors.ts'
import type { Jwk, PublicJwk } from './jwk.ts'
import { Key } from './key.ts'
import type { ImportKeyOptions, KeyMaterial } from './material.ts'
import { importJwk, webCryptoOperations } from './web-crypto.ts'

/**
 * Imports a key for one algorithm, and says in one sentence what is wrong with one that does not fit.
 */
export async function importKey(
  material: KeyMaterial,
  algorithm: Algorithm,
  options: ImportKeyOptions = {},
): Promise<Key> {
  requireAlgorithm(algorithm, 'algorithm')
  refuseUnknownOptions(options, ['keyId', 'use', 'allowShortSecret'], 'importKey')
  if (material instanceof Key) return material
  const jwk = await toJwk(material, algorithm)
  return fromJwk(jwk, algorithm, options)
}

async function toJwk(material: Exclude<KeyMaterial, Key>, algorithm: Algorithm): Promise<Jwk> {
  if (typeof material === 'string') {
    const read = material.includes('PRIVATE KEY') ? importPKCS8 : importSPKI
    return exportJWK(await read(material, algorithm, { extractable: true }))
  }
  if ('secret' in material) {
    if (material.secret.length === 0) throw new KeyError('ERR_KEY_EMPTY', 'The secret is empty.')
    return { kty: 'oct', k: encodeBase64url(material.secret) }
  }
  if ('export' in material) return material.export({ format: 'jwk' }) as Jwk
  if ('privateKey' in material) return exportJWK(material.privateKey)
  if ('extractable' in material) return exportJWK(material)
  return material
}

async function fromJwk(jwk: Jwk, algorithm: Algorithm, options: ImportKeyOptions): Promise<Key> {
  const keyId = options.keyId ?? jwk.kid
  const { kty = '', crv, x, y, n, e, d, p, q, dp, dq, qi, k } = jwk
  const numbers = JSON.parse(
    JSON.stringify({ kty, crv, x, y, n, e, d, p, q, dp, dq, qi, k }),
  ) as Jwk & { kty: string }
  const { family, minBits = 0 } = algorithmFacts(algorithm)
  if (kty !== (family === 'HMAC' ? 'oct' : family)) {
    throw new KeyError('ERR_KEY_TYPE', `${algorithm} does not take a key of this type.`)
  }
  const fingerprint = await calculateJwkThumbprint(numbers as JWK)
  if (kty === 'oct') {
    const bytes = decodeBase64url(k ?? '')?.length ?? 0
    if (bytes * 8 < minBits && options.allowShortSecret !== true) {
      throw new KeyError('ERR_KEY_TOO_SHORT', `${algorithm} needs a secret of ${minBits} bits.`)
    }
    const secret = await importJwk(numbers, algorithm, {
      extractable: false,
      usages: ['sign', 'verify'],
    })
    const operations = webCryptoOperations(algorithm, { signing: secret, verifying: secret })
    return new Key({ algorithm, keyId, type: 'secret', fingerprint, operations })
  }
  const half = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as Jwk & { kty: string }
  const signing =
    d === undefined
      ? undefined
      : await importJwk(numbers, algorithm, { extractable: false, usages: ['sign'] })
  const verifying = await importJwk(half, algorithm, { extractable: true, usages: ['verify'] })
  return new Key({
    algorithm,
    keyId,
    type: signing === undefined ? 'public' : 'private',
    fingerprint,
    operations: webCryptoOperations(algorithm, { signing, verifying }),
    publicJwk: { ...half, alg: algorithm, use: 'sig' } as PublicJwk,
  })
}
