import { inspect } from 'node:util'
import {
  type Generations,
  type IssueOptions,
  type IssuerEvent,
  type IssuerOptions,
  KeyRing,
  MemoryGenerations,
  TokenIssuer,
  TokenVerifier,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure, ISSUER, NOW } from '../../support/inbound.ts'

const ring = await KeyRing.create()
const clock = new FakeClock()

function issuerWith(options: Partial<IssuerOptions> = {}): TokenIssuer {
  return new TokenIssuer({ issuer: ISSUER, keys: ring, clock, ...options })
}

/** What a token says, read without any check. */
function read(token: string): { header: unknown; payload: Record<string, unknown> } {
  const [header = '', payload = ''] = token.split('.')
  return { header: decode(header), payload: decode(payload) as Record<string, unknown> }
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

describe('An issuer', () => {
  it('writes what it was asked for, and the dates of its clock', async () => {
    const token = await issuerWith().issue({
      audience: 'orders',
      subject: 'alice',
      expiresIn: 300,
      tokenId: 'token-1',
      type: 'at+jwt',
      claims: { tenant: 'acme', roles: ['admin'] },
    })
    const { header, payload } = read(token.value)
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) as string })
    expect(payload).toEqual({
      iss: ISSUER,
      sub: 'alice',
      aud: 'orders',
      exp: NOW + 300,
      iat: NOW,
      jti: 'token-1',
      tenant: 'acme',
      roles: ['admin'],
    })
    expect(token).toMatchObject({ issuedAt: NOW, expiresAt: NOW + 300, tokenId: 'token-1' })
  })

  it('gives each token an id of its own, and the type JWT', async () => {
    const issuer = issuerWith()
    const [one, two] = [await issuer.issue({ expiresIn: 1 }), await issuer.issue({ expiresIn: 1 })]
    expect(one.tokenId).not.toBe(two.tokenId)
    expect(one.tokenId).toMatch(/^[0-9a-f-]{36}$/)
    const { header, payload } = read(one.value)
    expect(header).toMatchObject({ typ: 'JWT' })
    expect(payload['jti']).toBe(one.tokenId)
    expect(payload).not.toHaveProperty('aud')
    expect(payload).not.toHaveProperty('sub')
  })

  it('writes several audiences as a list, each once', async () => {
    const { value } = await issuerWith().issue({ audience: ['a', 'b', 'a'], expiresIn: 1 })
    expect(read(value).payload['aud']).toEqual(['a', 'b'])
  })

  it('keeps a token out of logs', async () => {
    const token = await issuerWith().issue({ expiresIn: 1 })
    const seen = [inspect(token, { showHidden: true, depth: 9 }), JSON.stringify(token)]
    for (const text of [
      ...seen,
      Object.prototype.toString.call(token),
      JSON.stringify({ ...token }),
    ]) {
      expect(text).not.toContain(token.value.slice(0, 20))
    }
    expect(() => Object.assign(token, { expiresAt: Infinity })).toThrow(TypeError)
  })

  it('without keys makes one in memory, and its verifier follows', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER, algorithm: 'EdDSA', clock })
    const verifier = new TokenVerifier({
      issuer: ISSUER,
      audience: 'orders',
      keys: issuer.keys,
      clock,
    })
    const { value } = await issuer.issue({ audience: 'orders', expiresIn: 60 })
    expect((await verifier.verify(value)).protectedHeader.alg).toBe('EdDSA')
    const { keys } = await issuer.jwks()
    expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' }])
    expect(keys[0]).not.toHaveProperty('d')
  })

  it('publishes the key before it has signed anything', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER, clock })
    const [published] = (await issuer.jwks()).keys
    const { value } = await issuer.issue({ expiresIn: 60 })
    expect(read(value).header).toMatchObject({ kid: published?.kid })
  })

  it('tells its observer', async () => {
    const events: IssuerEvent[] = []
    await issuerWith({ observe: (event) => events.push(event) }).issue({ expiresIn: 60 })
    expect(events).toEqual([{ type: 'issue', lifetime: 60 }])
  })

  it('copies claims before it signs them', async () => {
    const claims: Record<string, unknown> = { tenant: 'acme' }
    const issued = issuerWith().issue({ expiresIn: 60, claims })
    claims['tenant'] = 'evil'
    expect(read((await issued).value).payload['tenant']).toBe('acme')
  })
})

describe('An issuer refuses', () => {
  it.each([
    ['expiresIn', {}],
    ['expiresIn', { expiresIn: 0 }],
    ['expiresIn', { expiresIn: 0.5 }],
    ['expiresIn', { expiresIn: 86_401 }],
    ['expiresIn', { expiresIn: Number.NaN }],
    ['expiresIn', { expiresIn: '300' }],
    ['audience', { expiresIn: 1, audience: '' }],
    ['audience', { expiresIn: 1, audience: ['a', 7] }],
    ['subject', { expiresIn: 1, subject: 7 }],
    ['tokenId', { expiresIn: 1, tokenId: '' }],
    ['type', { expiresIn: 1, type: null }],
    ['expires', { expires: 1 }],
    ['claims', { expiresIn: 1, claims: [] }],
    ['claims', { expiresIn: 1, claims: 'x' }],
    ['claims', { expiresIn: 1, claims: { big: 1n } }],
    ['claims', { expiresIn: 1, claims: { toJSON: () => ({ exp: 4e9 }) } }],
    ['claims', { expiresIn: 1, claims: { toJSON: () => 'x' } }],
  ])('to issue with the wrong %s: %o', async (option, options) => {
    const error = await failure(() => issuerWith().issue(options as unknown as IssueOptions))
    expect(error).toMatchObject({ name: 'OptionError', option })
  })

  it.each(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'origins_here'])(
    'a claim %s beside its own, even an empty one',
    async (claim) => {
      const issuer = issuerWith({ originClaim: 'origins_here' })
      const error = await failure(() => issuer.issue({ expiresIn: 1, claims: { [claim]: null } }))
      expect(error).toMatchObject({ name: 'OptionError', option: 'claims' })
    },
  )

  it.each([
    ['issuer', { issuer: '' }],
    ['keys', { keys: {} }],
    ['algorithm', { algorithm: 'ES256' }],
    ['algorithm', { keys: undefined, algorithm: 'none' }],
    ['maxLifetime', { maxLifetime: 0 }],
    ['maxLifetime', { maxLifetime: 3_600_000_000_000 }],
    ['originClaim', { originClaim: '' }],
    ['originClaim', { originClaim: 'exp' }],
    ['lifetime', { lifetime: 5 }],
  ])('to be made with the wrong %s: %o', (option, options) => {
    expect(() => issuerWith(options as unknown as IssuerOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as object,
    )
  })

  it('a lifetime above its own maximum', async () => {
    const issuer = issuerWith({ maxLifetime: 60 })
    await issuer.issue({ expiresIn: 60 })
    expect(await failure(() => issuer.issue({ expiresIn: 61 }))).toMatchObject({
      message: '"expiresIn" must be at most 60 seconds, not 61.',
    })
  })
})

describe('An issuer with generations', () => {
  it('takes no store that forgets before its tokens have expired', () => {
    const week = 7 * 86_400
    const make = (generations: Pick<Generations, 'current' | 'maxLifetime'>): TokenIssuer =>
      new TokenIssuer({ issuer: ISSUER, maxLifetime: week, generations })
    for (const generations of [
      new MemoryGenerations(),
      { current: () => 0, maxLifetime: week - 1 },
    ]) {
      expect(() => make(generations)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'generations' }) as object,
      )
    }
    make(new MemoryGenerations({ maxLifetime: week }))
    make({ current: () => 0 }) // one that never forgets
  })
})
