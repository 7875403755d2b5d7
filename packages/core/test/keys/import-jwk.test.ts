import { type Algorithm, importKey, type Jwk } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { anything, pairFor, pairs, works } from './materials.ts'

const EVERY: readonly Algorithm[] = [
  'RS512',
  'PS256',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const secretJwk: Jwk = { kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url') }
const ecPublic = pairs.p256.publicKey.export({ format: 'jwk' })
const ecPrivate = pairs.p256.privateKey.export({ format: 'jwk' })
const rsaPublic = pairs.rsa.publicKey.export({ format: 'jwk' })
const rsaPrivate = pairs.rsa.privateKey.export({ format: 'jwk' })
const otherModulus = pairs.rsaExponent3.publicKey.export({ format: 'jwk' }).n

describe('importKey with a JWK', () => {
  it.each(EVERY)('takes both halves for %s', async (algorithm) => {
    const { privateKey, publicKey } = pairFor(algorithm)
    const signing = await importKey(privateKey.export({ format: 'jwk' }), algorithm)
    const verifying = await importKey(publicKey.export({ format: 'jwk' }), algorithm)
    expect([signing.type, verifying.type]).toEqual(['private', 'public'])
    expect(signing.fingerprint).toBe(verifying.fingerprint)
    expect(await works(signing)).toBe(true)
  })

  it('takes one that is still JSON text', async () => {
    const key = await importKey(` ${JSON.stringify(ecPublic)}\n`, 'ES256')
    expect(key.type).toBe('public')
  })

  it('takes a secret', async () => {
    const key = await importKey(secretJwk, 'HS256')
    expect(key.type).toBe('secret')
    expect(await works(key)).toBe(true)
  })

  it('takes its "kid" for the id, unless another is named', async () => {
    const jwk = { ...ecPublic, kid: 'own' }
    expect((await importKey(jwk, 'ES256')).keyId).toBe('own')
    expect((await importKey(jwk, 'ES256', { keyId: 'named' })).keyId).toBe('named')
  })

  it('passes over members that it does not know', async () => {
    const jwk = { ...ecPublic, ext: true, x5c: ['AAAA'], oth: undefined, comment: 1 }
    await expect(importKey(anything(jwk), 'ES256')).resolves.toMatchObject({ type: 'public' })
  })

  it('takes an RSA key with an empty list of further primes, as workerd exports it', async () => {
    const key = await importKey(anything({ ...rsaPrivate, oth: [] }), 'RS256')
    expect(await works(key)).toBe(true)
    const more = { ...rsaPrivate, oth: [{ r: 'AQ', d: 'AQ', t: 'AQ' }] }
    await expect(importKey(anything(more), 'RS256')).rejects.toMatchObject({
      code: 'ERR_KEY_FORMAT',
      message: expect.stringContaining('more than two primes') as string,
    })
  })

  it('takes the modulus as it should be written when a zero stands in front of it', async () => {
    const padded = Buffer.concat([Buffer.of(0), Buffer.from(rsaPublic.n ?? '', 'base64url')])
    const key = await importKey({ ...rsaPublic, n: padded.toString('base64url') }, 'RS256')
    expect(key.fingerprint).toBe((await importKey(rsaPublic, 'RS256')).fingerprint)
    expect(key.publicJwk().n).toBe(rsaPublic.n)
  })

  it('gives no private number out again', async () => {
    for (const [jwk, algorithm] of [
      [rsaPrivate, 'RS256'],
      [ecPrivate, 'ES256'],
    ] as const) {
      const published = (await importKey(jwk, algorithm)).publicJwk()
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
        expect(published).not.toHaveProperty(name)
    }
  })

  it.each([
    ['"use" is enc', { ...ecPublic, use: 'enc' }, 'ES256'],
    ['"alg" is another', { ...rsaPublic, alg: 'RS512' }, 'RS256'],
    ['"alg" is for encryption', { ...rsaPublic, alg: 'RSA-OAEP' }, 'RS256'],
    ['"key_ops" of a public key has no verify', { ...ecPublic, key_ops: ['encrypt'] }, 'ES256'],
    ['"key_ops" of a private key has no sign', { ...ecPrivate, key_ops: ['verify'] }, 'ES256'],
    ['"key_ops" of a secret has neither', { ...secretJwk, key_ops: ['encrypt'] }, 'HS256'],
    ['"key_ops" is empty', { ...ecPublic, key_ops: [] }, 'ES256'],
  ] as const)('says ERR_KEY_USE when %s', async (_, jwk, algorithm) => {
    await expect(importKey(jwk, algorithm)).rejects.toMatchObject({ code: 'ERR_KEY_USE' })
  })

  it('holds a secret to its "key_ops"', async () => {
    const data = new Uint8Array(4)
    const signing = await importKey({ ...secretJwk, key_ops: ['sign'] }, 'HS256')
    const verifying = await importKey({ ...secretJwk, key_ops: ['verify'] }, 'HS256')
    const signature = await signing.sign(data)
    expect(await verifying.verify(data, signature)).toBe(true)
    await expect(signing.verify(data, signature)).rejects.toMatchObject({ code: 'ERR_KEY_USE' })
    await expect(verifying.sign(data)).rejects.toMatchObject({ code: 'ERR_KEY_USE' })
    const wish = { use: 'sign' } as const
    await expect(
      importKey({ ...secretJwk, key_ops: ['verify'] }, 'HS256', wish),
    ).rejects.toMatchObject({ code: 'ERR_KEY_USE' })
  })

  it('takes both names of Ed25519 for one', async () => {
    const jwk = { ...pairs.ed25519.publicKey.export({ format: 'jwk' }), alg: 'EdDSA' }
    expect((await importKey(jwk, 'Ed25519')).publicJwk().alg).toBe('Ed25519')
  })

  it.each([
    ['a coordinate is missing', { ...ecPublic, y: undefined }],
    ['a coordinate is too short', { ...ecPublic, x: 'AAAA' }],
    ['a coordinate is padded', { ...ecPublic, x: `${ecPublic.x}=` }],
    ['a coordinate is a number', { ...ecPublic, x: 7 }],
    [
      'the point is not on the curve',
      { ...ecPublic, x: Buffer.alloc(32, 1).toString('base64url') },
    ],
    ['"kid" is a number', { ...ecPublic, kid: 7 }],
    ['"key_ops" is text', { ...ecPublic, key_ops: 'verify' }],
    ['the private number is empty', { ...ecPublic, d: '' }],
  ])('says ERR_KEY_FORMAT when %s', async (_, jwk) => {
    await expect(importKey(anything(jwk), 'ES256')).rejects.toMatchObject({
      code: 'ERR_KEY_FORMAT',
    })
  })

  it('names the coordinate that has the wrong length', async () => {
    await expect(importKey({ ...ecPublic, x: 'AAAA' }, 'ES256')).rejects.toThrow(
      'its "x" is not 32 bytes long',
    )
  })

  it.each([
    ['the primes are missing', { ...rsaPublic, d: rsaPrivate.d }],
    ['there are more than two primes', { ...rsaPrivate, oth: [{ r: 'AQ', d: 'AQ', t: 'AQ' }] }],
    ['the modulus is of another key', { ...rsaPrivate, n: otherModulus }],
  ])('says ERR_KEY_FORMAT of RSA when %s', async (_, jwk) => {
    await expect(importKey(anything(jwk), 'RS256')).rejects.toMatchObject({
      code: 'ERR_KEY_FORMAT',
    })
  })

  it.each([
    ['ERR_KEY_CURVE', pairs.p384.publicKey.export({ format: 'jwk' }), 'ES256'],
    ['ERR_KEY_CURVE', { kty: 'EC', crv: 'P-255', x: 'AA', y: 'AA' }, 'ES256'],
    ['ERR_KEY_TYPE', rsaPublic, 'ES256'],
    ['ERR_KEY_TYPE', ecPublic, 'HS256'],
    ['ERR_KEY_TYPE', secretJwk, 'RS256'],
    ['ERR_KEY_TYPE', { kty: 'AKP', pub: 'AAAA' }, 'RS256'],
    ['ERR_KEY_TOO_SHORT', pairs.rsa1024.publicKey.export({ format: 'jwk' }), 'RS256'],
    ['ERR_KEY_TOO_SHORT', secretJwk, 'HS512'],
    ['ERR_KEY_EXPONENT', { ...rsaPublic, e: 'Aw' }, 'RS256'],
  ] as const)('says %s for one that does not fit', async (code, jwk, algorithm) => {
    await expect(importKey(anything(jwk), algorithm)).rejects.toMatchObject({ code })
  })
})
