import { generateKey, importKey, KeyRing, TokenIssuer, TokenVerifier } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it, vi } from 'vitest'
import { failure, ISSUER } from '../../support/inbound.ts'

const [older, newer] = await Promise.all([
  generateKey('ES256', { keyId: 'older' }),
  generateKey('ES256', { keyId: 'newer' }),
])

function issuerOf(keys: KeyRing, clock: FakeClock): TokenIssuer {
  return new TokenIssuer({ issuer: ISSUER, keys, clock })
}

function refused(keys: readonly unknown[]): Promise<unknown> {
  return failure(() => new KeyRing(keys as []))
}

async function keyIds(ring: KeyRing): Promise<(string | undefined)[]> {
  return (await ring.jwks()).keys.map(({ kid }) => kid)
}

describe('A key ring', () => {
  it('signs with the newest key', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([newer, older], { clock })
    const issuer = issuerOf(ring, clock)
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: null, keys: ring, clock })
    const before = await verifier.verify((await issuer.issue({ expiresIn: 60 })).value)
    expect(before.protectedHeader.kid).toBe('newer')
    const next = await ring.rotate()
    const after = await verifier.verify((await issuer.issue({ expiresIn: 60 })).value)
    expect(after.protectedHeader.kid).toBe(next.keyId)
    expect(await keyIds(ring)).toEqual([next.keyId, 'newer', 'older'])
  })

  it('publishes an older key until the last token that it signed has expired', async () => {
    const clock = new FakeClock()
    const ring = await KeyRing.create({ clock })
    const issuer = issuerOf(ring, clock)
    const [first] = await keyIds(ring)
    await issuer.issue({ expiresIn: 300 })
    await issuer.issue({ expiresIn: 60 })
    const next = await ring.rotate()
    clock.advanceSeconds(299)
    expect(await keyIds(ring)).toEqual([next.keyId, first])
    const before = ring.version
    clock.advanceSeconds(1)
    expect(await keyIds(ring)).toEqual([next.keyId])
    expect(ring.version).not.toBe(before)
    expect(ring.find('ES256', first)).toEqual([])
  })

  it('drops an older key at once that has signed nothing', async () => {
    const ring = await KeyRing.create({ clock: new FakeClock() })
    const next = await ring.rotate()
    expect(await keyIds(ring)).toEqual([next.keyId])
  })

  it('keeps the keys that it was given for as long as their tokens may live', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([newer, older], { clock, retention: 3600 })
    await ring.rotate(await generateKey('ES256', { keyId: 'newest' }))
    clock.advanceSeconds(3599)
    expect(await keyIds(ring)).toEqual(['newest', 'newer', 'older'])
    clock.advanceSeconds(1)
    expect(await keyIds(ring)).toEqual(['newest'])
  })

  it('never drops the key that signs', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([newer], { clock, retention: 0 })
    clock.advanceSeconds(1e6)
    expect(await keyIds(ring)).toEqual(['newer'])
  })

  it('finds the keys of an algorithm, by id or all', () => {
    const ring = new KeyRing([newer, older], { clock: new FakeClock() })
    expect(ring.find('ES256', 'older')).toEqual([older])
    expect(ring.find('ES256', undefined)).toEqual([newer, older])
    expect(ring.find('ES256', '__proto__')).toEqual([])
    expect(ring.find('RS256', 'older')).toEqual([])
  })

  it('makes one first key, however many ask for it at once', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([], { clock })
    const issuer = issuerOf(ring, clock)
    expect(ring.find('ES256', undefined)).toEqual([])
    await Promise.all([ring.jwks(), issuer.issue({ expiresIn: 1 }), issuer.issue({ expiresIn: 1 })])
    expect(await keyIds(ring)).toHaveLength(1)
  })

  it('tries again after the first key could not be made', async () => {
    const ring = new KeyRing([], { clock: new FakeClock() })
    const spy = vi
      .spyOn(crypto.subtle, 'generateKey')
      .mockRejectedValueOnce(new Error('no entropy'))
    try {
      expect(await failure(() => ring.jwks())).toMatchObject({ message: 'no entropy' })
      expect(await keyIds(ring)).toHaveLength(1)
    } finally {
      spy.mockRestore()
    }
  })

  it('keeps a key that is taken into use while the ring rotates', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([], { clock })
    const issuer = issuerOf(ring, clock)
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: null, keys: ring, clock })
    const [token] = await Promise.all([issuer.issue({ expiresIn: 60 }), ring.rotate()])
    await ring.rotate()
    await verifier.verify(token.value)
  })

  it('removes a leaked key at once, and the verifier forgets its tokens', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([older], { clock })
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: null, keys: ring, clock })
    const { value } = await issuerOf(ring, clock).issue({ expiresIn: 60 })
    await verifier.verify(value)
    expect(await failure(() => ring.remove('older'))).toMatchObject({ option: 'keyId' })
    await ring.rotate(newer)
    ring.remove('older')
    expect(await failure(() => verifier.verify(value))).toMatchObject({ code: 'ERR_TOKEN_KEY' })
    const { version } = ring
    ring.remove('nobody')
    expect(ring.version).toBe(version)
  })

  it('publishes no secret', async () => {
    const ring = await KeyRing.create({ algorithm: 'HS256', clock: new FakeClock() })
    expect(await ring.jwks()).toEqual({ keys: [] })
  })

  it('takes the algorithm of its newest key, and a verifier follows it to another', async () => {
    const clock = new FakeClock()
    const ring = new KeyRing([older], { clock })
    const issuer = issuerOf(ring, clock)
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: null, keys: ring, clock })
    expect(ring.algorithms).toEqual(['ES256'])
    await ring.rotate(await generateKey('EdDSA', { keyId: 'ed' }))
    const { value } = await issuer.issue({ expiresIn: 60 })
    expect((await verifier.verify(value)).protectedHeader.alg).toBe('EdDSA')
  })

  it('refuses keys without an id, of one id, or that cannot sign', async () => {
    const anonymous = older.withKeyId(undefined)
    const publicKey = await importKey(older.publicJwk(), 'ES256')
    expect(await refused([anonymous])).toMatchObject({ name: 'OptionError', option: 'keys' })
    expect(await refused([newer, newer])).toMatchObject({ name: 'OptionError', option: 'keys' })
    expect(await refused([{ keyId: 'x' }])).toMatchObject({ name: 'OptionError', option: 'keys' })
    expect(await refused([publicKey])).toMatchObject({ name: 'KeyError', code: 'ERR_KEY_PUBLIC' })
    expect(new KeyRing([newer, publicKey]).find('ES256', 'older')).toHaveLength(1)
  })
})
