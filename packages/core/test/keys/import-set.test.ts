import type { Jwk } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { importJwkSet, KeyIndex } from '../../src/keys/static-keys.ts'
import { pairs } from './materials.ts'

const ec = pairs.p256.publicKey.export({ format: 'jwk' })
const rsa = pairs.rsa.publicKey.export({ format: 'jwk' })
const weak = pairs.rsa1024.publicKey.export({ format: 'jwk' })
const p384 = pairs.p384.publicKey.export({ format: 'jwk' })
const good = { ...ec, kid: 'good' }

describe('importJwkSet', () => {
  it('imports what fits the algorithms', async () => {
    const set = { keys: [good, { ...rsa, kid: 'r' }, { ...p384, kid: 'x' }] }
    const { keys, refused } = await importJwkSet(set, ['ES256', 'RS256', 'PS256'])
    expect(keys.map(({ keyId, algorithm }) => [keyId, algorithm])).toEqual([
      ['good', 'ES256'],
      ['r', 'RS256'],
      ['r', 'PS256'],
    ])
    expect(refused).toEqual([])
    expect(keys.every(({ type }) => type === 'public')).toBe(true)
  })

  it.each<readonly [string, unknown, string]>([
    ['a weak key', weak, 'ERR_KEY_TOO_SHORT'],
    ['a point that is not on its curve', { ...ec, x: 'A'.repeat(43) }, 'ERR_KEY_FORMAT'],
    ['a coordinate that is missing', { ...ec, y: undefined }, 'ERR_KEY_FORMAT'],
    ['a private key', pairs.p256.privateKey.export({ format: 'jwk' }), 'ERR_KEY_PRIVATE'],
    ['an id that is a number', { ...ec, kid: 1 }, 'ERR_KEY_FORMAT'],
  ])('leaves %s out and keeps the others', async (_, bad, code) => {
    const { keys, refused } = await importJwkSet({ keys: [bad, good] }, ['ES256', 'RS256'])
    expect(keys.map(({ keyId }) => keyId)).toEqual(['good'])
    expect(refused.map((error) => error.code)).toEqual([code])
  })

  it.each([null, undefined, 'key', 7, [], {}, { kty: 'EC' }, { kty: 1 }])(
    'passes over %o',
    async (nonsense) => {
      const { keys, refused } = await importJwkSet({ keys: [nonsense, good] }, ['ES256'])
      expect([keys.length, refused.length]).toEqual([1, 0])
    },
  )

  it('takes both of two different keys with one id and algorithm: either may have signed', async () => {
    const other: Jwk = { ...rsa, kid: 'good' }
    const another = {
      ...pairs.rsaExponent3.publicKey.export({ format: 'jwk' }),
      kid: 'good',
      e: 'AQAB',
    }
    const { keys, refused } = await importJwkSet({ keys: [good, other, another] }, [
      'ES256',
      'RS256',
    ])
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(['ES256', 'RS256', 'RS256'])
    expect(refused).toEqual([])
    expect(new KeyIndex(keys).find('RS256', 'good')).toEqual(keys.slice(1))
  })

  it('takes one key that is published twice once, and keys without an id all', async () => {
    const { keys } = await importJwkSet({ keys: [good, { ...good }, ec, rsa] }, ['ES256', 'RS256'])
    expect(keys.map(({ keyId, algorithm }) => [keyId, algorithm])).toEqual([
      ['good', 'ES256'],
      [undefined, 'ES256'],
      [undefined, 'RS256'],
    ])
  })

  it('takes no secret that the algorithms do not ask for', async () => {
    const oct = { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url') }
    expect((await importJwkSet({ keys: [oct] }, ['ES256'])).keys).toEqual([])
  })
})
