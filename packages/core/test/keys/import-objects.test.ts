import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { ALGORITHMS, type Algorithm, importKey } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { anything, pairFor, pairs, works } from './materials.ts'

const ASYMMETRIC = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))
const { subtle } = crypto
const ecParams = { name: 'ECDSA', namedCurve: 'P-256' }
const rsaParams = (hash: string) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash,
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
})

describe('importKey with a KeyObject', () => {
  it.each(ASYMMETRIC)('takes both halves for %s', async (algorithm) => {
    const { privateKey, publicKey } = pairFor(algorithm)
    const signing = await importKey(privateKey, algorithm)
    const verifying = await importKey(publicKey, algorithm)
    expect([signing.type, verifying.type]).toEqual(['private', 'public'])
    expect(signing.fingerprint).toBe(verifying.fingerprint)
    expect(await works(signing)).toBe(true)
  })

  it('takes a secret', async () => {
    const key = await importKey(createSecretKey(Buffer.alloc(32, 1)), 'HS256')
    expect(key.fingerprint).toBe(
      (await importKey({ secret: Buffer.alloc(32, 1) }, 'HS256')).fingerprint,
    )
  })

  it('says what is wrong with one that does not fit', async () => {
    const cases = [
      [pairs.p384.publicKey, 'ES256', 'ERR_KEY_CURVE'],
      [pairs.rsa1024.privateKey, 'RS256', 'ERR_KEY_TOO_SHORT'],
      [pairs.rsa.publicKey, 'HS256', 'ERR_KEY_TYPE'],
      [generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, 'PS256', 'ERR_KEY_TYPE'],
      [createSecretKey(Buffer.alloc(8, 1)), 'HS256', 'ERR_KEY_TOO_SHORT'],
    ] as const
    for (const [key, algorithm, code] of cases) {
      await expect(importKey(key, algorithm)).rejects.toMatchObject({ code })
    }
  })
})

describe('importKey with a CryptoKey', () => {
  it('takes one that can be exported, and knows its public half', async () => {
    const { privateKey, publicKey } = await subtle.generateKey(ecParams, true, ['sign', 'verify'])
    const signing = await importKey(privateKey, 'ES256')
    expect(signing.fingerprint).toBe((await importKey(publicKey, 'ES256')).fingerprint)
    expect(await works(signing)).toBe(true)
  })

  it('takes one that cannot be exported, which signs but has no public half', async () => {
    const { privateKey, publicKey } = await subtle.generateKey(ecParams, false, ['sign', 'verify'])
    const key = await importKey(privateKey, 'ES256')
    const data = new Uint8Array(3)
    const verifying = await importKey(publicKey, 'ES256')
    expect(await verifying.verify(data, await key.sign(data))).toBe(true)
    expect(key.canVerify).toBe(false)
    await expect(key.verify(data, new Uint8Array(64))).rejects.toMatchObject({
      code: 'ERR_KEY_PRIVATE',
    })
    expect(() => key.publicJwk()).toThrow(expect.objectContaining({ code: 'ERR_KEY_TYPE' }))
    await expect(importKey(privateKey, 'ES256', { use: 'verify' })).rejects.toMatchObject({
      code: 'ERR_KEY_PRIVATE',
    })
  })

  it('gives one that cannot be exported a fingerprint that stays, and differs from all others', async () => {
    const { privateKey } = await subtle.generateKey(ecParams, false, ['sign', 'verify'])
    const [one, two] = await Promise.all([
      importKey(privateKey, 'ES256'),
      importKey(privateKey, 'ES256'),
    ])
    expect(one.fingerprint).toBe(one.fingerprint)
    expect(one.withKeyId('x').fingerprint).toBe(one.fingerprint)
    expect(one.fingerprint).not.toBe(two.fingerprint)
    expect(one.fingerprint).toMatch(/^[\w-]{43}$/)
  })

  it('takes a pair, whose public half may always be known', async () => {
    const pair = await subtle.generateKey(ecParams, false, ['sign', 'verify'])
    const key = await importKey(pair, 'ES256', { keyId: 'x' })
    expect(key.fingerprint).toBe((await importKey(pair.publicKey, 'ES256')).fingerprint)
    expect(key.publicJwk()).toMatchObject({ kty: 'EC', kid: 'x' })
    expect(await works(key)).toBe(true)
  })

  it('refuses a pair of two halves that were never one', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => subtle.generateKey(ecParams, false, ['sign', 'verify'])),
    )
    const mixed = { privateKey: one?.privateKey, publicKey: two?.publicKey }
    await expect(importKey(anything(mixed), 'ES256')).rejects.toMatchObject({
      code: 'ERR_KEY_FORMAT',
    })
    const half = { privateKey: one?.privateKey, publicKey: 'pem' }
    await expect(importKey(anything(half), 'ES256')).rejects.toMatchObject({
      code: 'ERR_KEY_FORMAT',
    })
  })

  it('takes a secret, whether it can be exported or not', async () => {
    const params = { name: 'HMAC', hash: 'SHA-256', length: 256 }
    for (const extractable of [true, false]) {
      const secret = await subtle.generateKey(params, extractable, ['sign', 'verify'])
      expect(await works(await importKey(secret, 'HS256'))).toBe(true)
    }
  })

  it('refuses one whose bytes are a key written down', async () => {
    const pem = Buffer.from('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')
    const secret = await subtle.importKey('raw', pem, { name: 'HMAC', hash: 'SHA-256' }, true, [
      'verify',
    ])
    await expect(importKey(secret, 'HS256')).rejects.toMatchObject({ code: 'ERR_KEY_TYPE' })
  })

  it.each<readonly [string, () => Promise<unknown>, Algorithm, string]>([
    ['another hash', () => publicKeyOf(rsaParams('SHA-384')), 'RS256', 'ERR_KEY_TYPE'],
    [
      'PSS',
      () => publicKeyOf({ ...rsaParams('SHA-256'), name: 'RSA-PSS' }),
      'RS256',
      'ERR_KEY_TYPE',
    ],
    [
      'another curve',
      () => publicKeyOf({ ...ecParams, namedCurve: 'P-384' }),
      'ES256',
      'ERR_KEY_CURVE',
    ],
    [
      '1024 bits',
      () => publicKeyOf({ ...rsaParams('SHA-256'), modulusLength: 1024 }),
      'RS256',
      'ERR_KEY_TOO_SHORT',
    ],
    [
      'exponent 3',
      () => publicKeyOf({ ...rsaParams('SHA-256'), publicExponent: Uint8Array.of(3) }),
      'RS256',
      'ERR_KEY_EXPONENT',
    ],
    ['a short secret', () => hmacKey(['sign', 'verify'], 128), 'HS256', 'ERR_KEY_TOO_SHORT'],
    [
      'AES',
      () => subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']),
      'HS256',
      'ERR_KEY_TYPE',
    ],
  ])('refuses one for %s', async (_, make, algorithm, code) => {
    await expect(importKey(anything(await make()), algorithm)).rejects.toMatchObject({ code })
  })

  it('holds a secret to its usages', async () => {
    const key = await importKey(anything(await hmacKey(['verify'], 256)), 'HS256')
    expect([key.canSign, key.canVerify]).toEqual([false, true])
    await expect(
      importKey(anything(await hmacKey(['verify'], 256)), 'HS256', { use: 'sign' }),
    ).rejects.toMatchObject({ code: 'ERR_KEY_USE' })
  })
})

describe('importKey with a key that was imported before', () => {
  it('gives the same key for the same algorithm', async () => {
    const key = await importKey(pairs.p256.privateKey, 'ES256', { keyId: 'a' })
    expect(await importKey(key, 'ES256')).toBe(key)
    expect(await importKey(key, 'ES256', { keyId: 'a', use: 'sign' })).toBe(key)
  })

  it('gives it another id where one is asked for, and leaves the first as it was', async () => {
    const key = await importKey(pairs.p256.privateKey, 'ES256', { keyId: 'a' })
    const renamed = await importKey(key, 'ES256', { keyId: 'b' })
    expect([key.keyId, renamed.keyId]).toEqual(['a', 'b'])
    expect(renamed.fingerprint).toBe(key.fingerprint)
  })

  it('refuses another algorithm, and a public key to sign with', async () => {
    const key = await importKey(pairs.rsa.publicKey, 'RS256')
    await expect(importKey(key, 'PS256')).rejects.toMatchObject({ code: 'ERR_KEY_TYPE' })
    await expect(importKey(key, 'RS256', { use: 'sign' })).rejects.toMatchObject({
      code: 'ERR_KEY_PUBLIC',
    })
  })
})

async function publicKeyOf(params: object): Promise<unknown> {
  const generate = subtle.generateKey.bind(subtle) as (...args: unknown[]) => Promise<CryptoKeyPair>
  const { publicKey } = await generate(params, true, ['sign', 'verify'])
  return publicKey
}

interface CryptoKeyPair {
  readonly publicKey: unknown
}

async function hmacKey(usages: ('sign' | 'verify')[], length: number): Promise<unknown> {
  return subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length }, true, usages)
}
