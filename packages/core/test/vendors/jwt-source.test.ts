import { generateKey, importKey } from '@mayfly/core'
import { type JwtSourceOptions, jwtSource, type TokenMoment } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { pairs, pem } from '../keys/materials.ts'

const privateKey = pem(pairs.p256.privateKey, 'pkcs8')

function make(options: Partial<JwtSourceOptions> = {}): ReturnType<typeof jwtSource> {
  return jwtSource({
    algorithm: 'ES256',
    key: privateKey,
    claims: { iss: 'orders' },
    lifetime: 300,
    origins: ['https://api.example.com'],
    clock: new FakeClock(),
    ...options,
  })
}

function decode(value: string): jwt.Jwt {
  const options = { complete: true, ignoreExpiration: true } as const
  return jwt.verify(value, pairs.p256.publicKey, options)
}

describe('the id of a source', () => {
  const named = { claims: () => ({ iss: 'orders' }), identity: ['orders'] }

  it('is the same for two sources of the same tokens', () => {
    expect(make().id).toBe(make().id)
    expect(make(named).id).toBe(make({ ...named, claims: () => ({ iss: 'orders' }) }).id)
  })

  it('is no other’s where a function makes claims that nothing tells apart', () => {
    const { claims } = named
    expect(make({ claims }).id).not.toBe(make({ claims }).id)
  })

  it('follows everything that changes the token', async () => {
    const key = await generateKey('ES256')
    const ids = [
      make(),
      make(named),
      make({ ...named, identity: ['invoices'] }),
      make({ identity: 1 }),
      make({ expClaim: false }),
      make({ iatClaim: false }),
      make({ keyId: 'a' }),
      make({ header: { cty: 'x' } }),
      make({ lifetime: 301 }),
      make({ key }),
      make({ key: await importKey(privateKey, 'ES256', { keyId: 'a' }) }),
      make({ key: await importKey(privateKey, 'ES256', { keyId: 'b' }) }),
    ].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('a source whose tokens have no exp', () => {
  it('leaves the claim out, and ends its tokens all the same', async () => {
    const token = await make({ expClaim: false }).getToken()
    expect(decode(token.value).payload).toEqual({ iss: 'orders', iat: 1_699_999_940 })
    expect(token).toMatchObject({ issuedAt: 1_699_999_940, expiresAt: 1_700_000_240 })
  })

  it('refuses what is neither true nor false', () => {
    expect(() => make({ expClaim: 'no' as never })).toThrow(
      expect.objectContaining({ option: 'expClaim' }),
    )
  })
})

describe('a source whose tokens have no iat', () => {
  it('leaves the claim out, and dates its tokens all the same', async () => {
    const token = await make({ iatClaim: false }).getToken()
    expect(decode(token.value).payload).toEqual({ iss: 'orders', exp: 1_700_000_240 })
    expect(token.issuedAt).toBe(1_699_999_940)
  })

  it('refuses what is neither true nor false', () => {
    expect(() => make({ iatClaim: 0 as never })).toThrow(
      expect.objectContaining({ option: 'iatClaim' }),
    )
  })
})

describe('claims that a function makes', () => {
  it('are told the time as it is and as it is backdated', async () => {
    const claims = ({ now, issuedAt }: TokenMoment) => ({ now, nbf: issuedAt })
    const { value } = await make({ claims }).getToken()
    expect(decode(value).payload).toMatchObject({ now: 1_700_000_000, nbf: 1_699_999_940 })
  })
})
