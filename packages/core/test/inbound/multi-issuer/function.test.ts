import { decodeToken, MultiIssuerVerifier, type TrustedIssuer } from '@mayfly/core'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'

const clock = new FakeClock()
const tenants = ['one', 'two', 'three'].map((name) =>
  createTestIssuer({ issuer: `https://${name}.example.com`, audience: 'orders', clock }),
)

function trusted(name: string): TrustedIssuer | undefined {
  const tenant = tenants.find(({ issuer }) => issuer === name)
  return tenant && { issuer: name, keys: tenant.keys }
}

describe('Issuers that a function finds', () => {
  it('are asked for once, also by fifty tokens at once, and again once they were dropped', async () => {
    const asked: string[] = []
    const verifier = new MultiIssuerVerifier({
      audience: 'orders',
      clock,
      cache: false,
      max: 2,
      issuers: async (name) => {
        asked.push(name)
        return trusted(name)
      },
    })
    const [one, two, three] = tenants.map((tenant) => tenant.mint())
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(String(one))))
    expect(asked).toEqual(['https://one.example.com'])
    await verifier.verify(String(two))
    await verifier.verify(String(three))
    await verifier.verify(String(one))
    expect(asked.filter((name) => name === 'https://one.example.com')).toHaveLength(2)
  })

  it('verify their own tokens alone', async () => {
    const verifier = new MultiIssuerVerifier({ audience: 'orders', clock, issuers: trusted })
    const [one, two] = tenants
    const forged = two?.mint({ claims: { iss: one?.issuer } })
    const error = await failure(() => verifier.verify(String(forged)))
    expect(['signature_invalid', 'key_unknown']).toContain((error as { reason?: string }).reason)
    const foreign = createTestIssuer({ issuer: 'https://evil.example', audience: 'orders', clock })
    expect(await failure(() => verifier.verify(foreign.mint()))).toMatchObject({
      reason: 'issuer_mismatch',
    })
  })

  it('are refused under another name than the one that was asked for', async () => {
    const issuers = (): TrustedIssuer | undefined => trusted('https://two.example.com')
    const verifier = new MultiIssuerVerifier({ audience: 'orders', clock, issuers })
    const error = await failure(() => verifier.verify(String(tenants[0]?.mint())))
    expect(error).toMatchObject({ name: 'OptionError', option: 'issuer' })
  })

  it('have a bound, which a list has not', () => {
    const issuers = [{ issuer: 'https://one.example.com', keys: tenants[0]?.keys ?? [] }]
    expect(() => new MultiIssuerVerifier({ audience: null, issuers, max: 3 })).toThrow('"max"')
    expect(() => new MultiIssuerVerifier({ issuers: trusted, max: 0 })).toThrow('"max"')
  })
})

describe('A token that was only decoded', () => {
  it('has no member of a verified one', () => {
    const decoded = decodeToken(String(tenants[0]?.mint({ claims: { sub: 'alice' } })))
    expect(decoded.unverifiedClaims['sub']).toBe('alice')
    expect(decoded.unverifiedHeader['alg']).toBeDefined()
    for (const name of ['claims', 'payload', 'protectedHeader', 'scopes']) {
      expect(decoded).not.toHaveProperty(name)
    }
    expect(() => decodeToken('a.b')).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_MALFORMED' }),
    )
  })
})
