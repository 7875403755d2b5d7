import { inspect } from 'node:util'
import { ALGORITHMS, generateKey, importKey, type Key } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { linesOf, pairs, pem } from './materials.ts'

const SECRET = 'a secret that nobody may ever see'

async function keysOfEachType(): Promise<readonly Key[]> {
  return Promise.all([
    importKey(pem(pairs.p256.privateKey, 'pkcs8'), 'ES256', { keyId: 'a' }),
    importKey(pem(pairs.p256.publicKey, 'spki'), 'ES256', { keyId: 'b' }),
    importKey({ secret: new TextEncoder().encode(SECRET) }, 'HS256', { keyId: 'c' }),
  ])
}

describe('a key', () => {
  it('shows nothing of its material, however it is looked at', async () => {
    const { d = '' } = pairs.p256.privateKey.export({ format: 'jwk' })
    const hidden = [
      d,
      SECRET,
      Buffer.from(SECRET).toString('base64url'),
      Buffer.from(SECRET).toString('hex'),
      ...linesOf(pem(pairs.p256.privateKey, 'pkcs8')),
    ]
    for (const key of await keysOfEachType()) {
      const views = [
        inspect(key, { depth: null, showHidden: true, getters: true }),
        JSON.stringify(key),
        Object.prototype.toString.call(key),
        JSON.stringify(Object.entries(key)),
        Reflect.ownKeys(key).join(' '),
      ]
      for (const text of hidden) expect(views.join('\n')).not.toContain(text)
      expect(views.join('\n')).not.toContain('CryptoKey')
    }
  })

  it('says what it is, and shows the fingerprint of anything but a secret', async () => {
    const [signing, verifying, secret] = await keysOfEachType()
    const { fingerprint } = signing ?? {}
    expect(JSON.parse(JSON.stringify([signing, verifying, secret]))).toEqual([
      { algorithm: 'ES256', type: 'private', keyId: 'a', fingerprint },
      { algorithm: 'ES256', type: 'public', keyId: 'b', fingerprint },
      { algorithm: 'HS256', type: 'secret', keyId: 'c' },
    ])
    expect(Object.prototype.toString.call(signing)).toBe('[object Key]')
  })

  it('cannot be changed', async () => {
    for (const key of await keysOfEachType()) {
      expect(Object.isFrozen(key)).toBe(true)
      expect(() => Object.assign(key, { algorithm: 'none' })).toThrow(TypeError)
    }
  })

  it('that is public cannot sign', async () => {
    const [, verifying] = await keysOfEachType()
    await expect(verifying?.sign(new Uint8Array())).rejects.toMatchObject({
      code: 'ERR_KEY_PUBLIC',
    })
  })

  it('that is a secret has no public half', async () => {
    const [, , secret] = await keysOfEachType()
    expect(() => secret?.publicJwk()).toThrow(expect.objectContaining({ code: 'ERR_KEY_TYPE' }))
  })

  it('gives a new JWK each time, so that a change of one does not change the key', async () => {
    const [signing] = await keysOfEachType()
    Object.assign(signing?.publicJwk() ?? {}, { kty: 'changed' })
    expect(signing?.publicJwk().kty).toBe('EC')
  })

  it('has no "kid" in its JWK when it has no id', async () => {
    const [signing] = await keysOfEachType()
    expect(signing?.withKeyId(undefined).publicJwk()).not.toHaveProperty('kid')
  })

  it('takes bytes in shared memory as any others', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4))
    for (const key of await keysOfEachType()) {
      if (key.canSign) expect(await key.verify(shared, await key.sign(shared))).toBe(true)
    }
  })
})

describe('generateKey', () => {
  it.each(ALGORITHMS)('makes a key for %s that signs and verifies', async (algorithm) => {
    const key = await generateKey(algorithm)
    const data = new TextEncoder().encode('data')
    expect(await key.verify(data, await key.sign(data))).toBe(true)
    expect(key.type).toBe(algorithm.startsWith('HS') ? 'secret' : 'private')
  })

  it('makes another key each time, with the fingerprint for its id', async () => {
    const [one, two] = await Promise.all([generateKey('ES256'), generateKey('ES256')])
    expect(one.fingerprint).not.toBe(two.fingerprint)
    expect(one.keyId).toBe(one.fingerprint)
    expect((await generateKey('ES256', { keyId: 'own' })).keyId).toBe('own')
  })

  it('makes a secret whose id says nothing about it', async () => {
    const key = await generateKey('HS256')
    expect(key.keyId).toBeDefined()
    expect(key.keyId).not.toBe(key.fingerprint)
  })

  it('refuses an algorithm that it does not know', async () => {
    await expect(generateKey('none' as 'ES256')).rejects.toMatchObject({ name: 'OptionError' })
  })
})
