import {
  type Algorithm,
  importKey,
  type Jwk,
  type KeyLookup,
  type VerificationKey,
  staticKeys,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { anything, pairs, pem } from './materials.ts'

const rsa = pairs.rsa.publicKey.export({ format: 'jwk' })
const ec = pairs.p256.publicKey.export({ format: 'jwk' })
const ed = pairs.ed25519.publicKey.export({ format: 'jwk' })
const oct: Jwk = { kty: 'oct', kid: 'oct', k: Buffer.alloc(32, 1).toString('base64url') }

/** The ids that a lookup has for an algorithm. */
async function ids(keys: KeyLookup, algorithm: Algorithm, keyId?: string): Promise<unknown[]> {
  return (await keys.find(algorithm, keyId)).map((key) => key.keyId)
}

describe('staticKeys with a list', () => {
  it('finds keys by algorithm and id', async () => {
    const keys = staticKeys([
      { algorithm: 'RS256', key: rsa, keyId: 'a' },
      { algorithm: 'PS256', key: rsa, keyId: 'a' },
      { algorithm: 'RS256', key: pem(pairs.rsa.publicKey, 'spki'), keyId: 'b' },
    ])
    expect(await ids(keys, 'RS256', 'a')).toEqual(['a'])
    expect(await ids(keys, 'RS256')).toEqual(['a', 'b'])
    expect(await ids(keys, 'PS256')).toEqual(['a'])
    expect(await ids(keys, 'RS256', 'c')).toEqual([])
    expect(await ids(keys, 'ES256')).toEqual([])
    expect((await keys.find('PS256', 'a'))[0]?.algorithm).toBe('PS256')
  })

  it('tries a key without an id for every token, after the one that is named', async () => {
    const keys = staticKeys([
      { algorithm: 'ES256', key: ec },
      { algorithm: 'ES256', key: ec, keyId: 'a' },
    ])
    expect(await ids(keys, 'ES256', 'a')).toEqual(['a', undefined])
    expect(await ids(keys, 'ES256', 'b')).toEqual([undefined])
  })

  it.each(['__proto__', 'constructor', 'toString', ''])(
    'has no key by the id "%s"',
    async (keyId) => {
      const keys = staticKeys([{ algorithm: 'ES256', key: ec, keyId: 'a' }])
      expect(await ids(keys, 'ES256', keyId)).toEqual([])
    },
  )

  it('answers at once when the keys are there', async () => {
    const keys = staticKeys([{ algorithm: 'ES256', key: ec, keyId: 'a' }])
    expect(keys.find('ES256', 'a')).toBeInstanceOf(Promise)
    await keys.ready()
    expect(keys.find('ES256', 'a')).toHaveLength(1)
    expect(keys.version).toBe(0)
  })

  it('takes the public half of a private key, and keys that were imported before', async () => {
    const key = await importKey(pairs.p256.privateKey, 'ES256', { keyId: 'own' })
    const keys = staticKeys([
      { algorithm: 'ES256', key },
      { algorithm: 'EdDSA', key: pairs.ed25519.privateKey, keyId: 'ed' },
    ])
    expect(await keys.find('ES256', 'own')).toEqual([key])
    expect((await keys.find('EdDSA', 'ed'))[0]?.canSign).toBe(false)
  })

  it.each<readonly [string, readonly VerificationKey[]]>([
    [
      'ids that are named',
      [
        { algorithm: 'ES256', key: ec, keyId: 'a' },
        { algorithm: 'ES256', key: ec, keyId: 'a' },
      ],
    ],
    [
      'an id of its own',
      [
        { algorithm: 'ES256', key: { ...ec, kid: 'a' } },
        { algorithm: 'ES256', key: ec, keyId: 'a' },
      ],
    ],
  ])('refuses two keys of one id and algorithm, with %s', (_, list) => {
    expect(() => staticKeys(list)).toThrow(expect.objectContaining({ code: 'ERR_KEY_DUPLICATE' }))
  })

  it.each<readonly [string, unknown, string]>([
    ['an empty list', [], 'ERR_KEY_EMPTY'],
    ['no key', [{ algorithm: 'ES256' }], 'ERR_KEY_EMPTY'],
    ['an empty key', [{ algorithm: 'ES256', key: '' }], 'ERR_KEY_EMPTY'],
    ['null for a key', [{ algorithm: 'HS256', key: null }], 'ERR_KEY_EMPTY'],
    [
      'an empty secret',
      [{ algorithm: 'HS256', key: { secret: new Uint8Array() } }],
      'ERR_KEY_EMPTY',
    ],
    [
      'a short secret',
      [{ algorithm: 'HS256', key: { secret: new Uint8Array(8).fill(1) } }],
      'ERR_KEY_TOO_SHORT',
    ],
    ['a public key for HMAC', [{ algorithm: 'HS256', key: rsa }], 'ERR_KEY_TYPE'],
    ['no algorithm', [{ key: ec }], 'ERR_OPTION_INVALID'],
    ['the algorithm none', [{ algorithm: 'none', key: ec }], 'ERR_OPTION_INVALID'],
    ['a misspelt member', [{ algorithm: 'ES256', key: ec, kid: 'a' }], 'ERR_OPTION_UNKNOWN'],
    ['a bare key', [pem(pairs.p256.publicKey, 'spki')], 'ERR_OPTION_REQUIRED'],
    ['text', 'keys', 'ERR_OPTION_INVALID'],
    ['undefined', undefined, 'ERR_OPTION_INVALID'],
  ])('refuses %s before any token comes', (_, list, code) => {
    expect(() => staticKeys(list as readonly VerificationKey[])).toThrow(
      expect.objectContaining({ code }),
    )
  })

  it('takes a short secret where that is allowed', async () => {
    const secret = new Uint8Array(8).fill(1)
    const keys = staticKeys([{ algorithm: 'HS256', key: { secret }, allowShortSecret: true }])
    expect(await keys.find('HS256', undefined)).toHaveLength(1)
  })

  it('keeps a copy of a secret, though it imports it later', async () => {
    const secret = new Uint8Array(32).fill(1)
    const keys = staticKeys([{ algorithm: 'HS256', key: { secret } }])
    const original = await importKey({ secret }, 'HS256')
    secret.fill(2)
    expect((await keys.find('HS256', undefined))[0]?.fingerprint).toBe(original.fingerprint)
  })

  it('says what is wrong with a key that only its import could tell', async () => {
    const wrong = { ...ec, x: Buffer.alloc(32, 1).toString('base64url') }
    const keys = staticKeys([{ algorithm: 'ES256', key: anything(wrong) }])
    await expect(keys.ready()).rejects.toMatchObject({ code: 'ERR_KEY_FORMAT' })
    await expect(keys.find('ES256', undefined)).rejects.toMatchObject({ code: 'ERR_KEY_FORMAT' })
  })
})

describe('staticKeys with a JWK set', () => {
  it('uses a key for the algorithm that it names, and for no other', async () => {
    const set = { keys: [{ ...rsa, kid: 'r', alg: 'RS512' }] }
    const keys = staticKeys(set, ['RS256', 'RS512'])
    expect(await ids(keys, 'RS512', 'r')).toEqual(['r'])
    expect(await ids(keys, 'RS256', 'r')).toEqual([])
  })

  it('uses a key that names none for the given algorithms that fit its type and curve', async () => {
    const set = {
      keys: [
        { ...rsa, kid: 'r' },
        { ...ec, kid: 'e' },
        { ...ed, kid: 'd' },
      ],
    }
    const keys = staticKeys(set, ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])
    expect(await ids(keys, 'RS256')).toEqual(['r'])
    expect(await ids(keys, 'PS256')).toEqual(['r'])
    expect(await ids(keys, 'RS384')).toEqual([])
    expect(await ids(keys, 'ES256')).toEqual(['e'])
    expect(await ids(keys, 'ES384')).toEqual([])
    expect(await ids(keys, 'EdDSA')).toEqual(['d'])
  })

  it('takes both names of Ed25519 for one, as far as they are given', async () => {
    for (const alg of ['EdDSA', 'Ed25519']) {
      const keys = staticKeys({ keys: [{ ...ed, kid: 'd', alg }] }, ['EdDSA', 'Ed25519'])
      expect(await ids(keys, 'EdDSA')).toEqual(['d'])
      expect(await ids(keys, 'Ed25519')).toEqual(['d'])
      expect(await ids(staticKeys({ keys: [{ ...ed, alg }] }, ['EdDSA']), 'Ed25519')).toEqual([])
    }
  })

  it('passes over keys that are for something else', async () => {
    const others = [
      { ...rsa, kid: 'enc', use: 'enc' },
      { ...rsa, kid: 'oaep', alg: 'RSA-OAEP' },
      { ...ec, kid: 'ops', key_ops: ['deriveBits'] },
      { kty: 'AKP', kid: 'akp', alg: 'ML-DSA-44' },
      { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' },
    ]
    const keys = staticKeys({ keys: [...others, { ...ec, kid: 'good' }] })
    expect(await ids(keys, 'ES256')).toEqual(['good'])
    expect(await ids(keys, 'RS256')).toEqual([])
  })

  it('takes a secret only when an HMAC is among the algorithms', async () => {
    const set = { keys: [oct] }
    expect(await ids(staticKeys(set, ['ES256']), 'HS256')).toEqual([])
    expect(await ids(staticKeys(set), 'HS256')).toEqual([])
    const keys = staticKeys(set, ['ES256', 'HS256', 'HS512'])
    expect(await ids(keys, 'HS256')).toEqual(['oct'])
    expect(await ids(keys, 'HS512')).toEqual([])
  })

  it('refuses a set that mixes secrets with other keys, whatever the algorithms', () => {
    const set = { keys: [oct, { ...ec, kid: 'e' }] }
    for (const algorithms of [['ES256'], ['HS256'], ['ES256', 'HS256']] as const) {
      expect(() => staticKeys(set, algorithms)).toThrow('mixes secrets')
    }
  })

  it.each<readonly [string, readonly Jwk[], string]>([
    [
      'two keys of one id and algorithm',
      [
        { ...ec, kid: 'a' },
        { ...ec, kid: 'a' },
      ],
      'ERR_KEY_DUPLICATE',
    ],
    [
      'a private key',
      [{ ...pairs.p256.privateKey.export({ format: 'jwk' }), kid: 'a' }],
      'ERR_KEY_PRIVATE',
    ],
    ['a weak key', [pairs.rsa1024.publicKey.export({ format: 'jwk' })], 'ERR_KEY_TOO_SHORT'],
  ])('refuses a set with %s', (_, keys, code) => {
    expect(() => staticKeys({ keys })).toThrow(expect.objectContaining({ code }))
  })

  it('verifies nothing with a set that has no key for it', async () => {
    expect(await ids(staticKeys({ keys: [] }), 'RS256')).toEqual([])
    expect(await ids(staticKeys({ keys: [{ ...rsa, alg: 'RSA-OAEP' }] }), 'RS256')).toEqual([])
  })

  it('allows one id for keys of different types, since the algorithm tells them apart', async () => {
    const keys = staticKeys(
      {
        keys: [
          { ...ec, kid: 'a' },
          { ...rsa, kid: 'a' },
        ],
      },
      ['ES256', 'RS256'],
    )
    expect(await ids(keys, 'ES256', 'a')).toEqual(['a'])
    expect(await ids(keys, 'RS256', 'a')).toEqual(['a'])
  })
})
