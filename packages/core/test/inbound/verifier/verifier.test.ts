import {
  generateKey,
  type JwkSet,
  KeyRing,
  type VerificationKey,
  TokenIssuer,
  TokenVerifier,
  type VerifierEvent,
  type VerifierOptions,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER, sign } from '../../support/inbound.ts'

const pair = await generateKey('ES256', { keyId: 'k1' })
const ring = new KeyRing([pair])
const REQUIRED = { issuer: ISSUER, audience: AUDIENCE } as const

describe('A verifier', () => {
  it('gives the payload, the header and the scopes of a good token', async () => {
    const { verifier, sign: make } = await bench()
    const token = await make({ ...GOOD_CLAIMS, scope: 'read  write' }, { typ: 'at+jwt' })
    const verified = await verifier.verify(token)
    expect(verified.payload).toEqual({ ...GOOD_CLAIMS, scope: 'read  write' })
    expect(verified.protectedHeader).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })
    expect(verified.scopes).toEqual(['read', 'write'])
  })

  it.each([
    [{ scp: 'read write' }, ['read', 'write']],
    [{ scp: ['read', 'write'] }, ['read', 'write']],
    [{ scope: '', scp: ['read'] }, []],
    [{ scope: ['read', 'write all'] }, ['read', 'write all']],
    [{ scope: [] }, []],
    [{}, []],
  ])('reads the scopes of %o', async (claims, scopes) => {
    const { verifier, sign: make } = await bench()
    const verified = await verifier.verify(await make({ ...GOOD_CLAIMS, ...claims }))
    expect(verified.scopes).toEqual(scopes)
  })

  it('reads rights from the claims that scopeClaims names, all of them together', async () => {
    const scopeClaims = ['scope', 'permissions', 'realm_access.roles', 'https://us.example/roles']
    const { verifier, sign: make } = await bench({ scopeClaims })
    const rights = {
      scope: 'read',
      scp: 'not named',
      permissions: ['read', 'orders:write'],
      realm_access: { roles: ['auditor'] },
      'https://us.example/roles': 'admin',
    }
    const { scopes } = await verifier.verify(await make({ ...GOOD_CLAIMS, ...rights }))
    expect(scopes).toEqual(['read', 'orders:write', 'auditor', 'admin'])
  })

  it.each([
    [{ scope: 7 }, 'scope'],
    [{ scope: null }, 'scope'],
    [{ scope: { read: true } }, 'scope'],
    [{ scope: ['read', 7] }, 'scope'],
    [{ scope: [['read']] }, 'scope'],
    [{ scp: false }, 'scp'],
    [{ realm_access: { roles: { auditor: true } } }, 'realm_access.roles'],
  ])('refuses rights of a wrong type: %o', async (claims, claim) => {
    const scopeClaims = claim.includes('.') ? [claim] : undefined
    const { verifier, sign: make } = await bench(scopeClaims && { scopeClaims })
    const error = await failure(async () =>
      verifier.verify(await make({ ...GOOD_CLAIMS, ...claims })),
    )
    expect(error).toMatchObject({ status: 401, reason: 'claim_invalid', claim })
  })

  it('says malformed, not a TypeError, of what is no text', async () => {
    const { verifier } = await bench()
    for (const token of [undefined, null, 7, {}, [], '']) {
      const error = await failure(() => verifier.verify(token as string))
      expect(error).toMatchObject({ code: 'ERR_TOKEN_MALFORMED', status: 401 })
    }
  })

  it('looks at no token longer than maxTokenLength', async () => {
    const { verifier, sign: make } = await bench({ maxTokenLength: 200 })
    const token = await make({ ...GOOD_CLAIMS, more: 'x'.repeat(200) })
    expect(await failure(() => verifier.verify(token))).toMatchObject({
      code: 'ERR_TOKEN_MALFORMED',
    })
  })

  it('takes a JWK set, and only for the algorithms named', async () => {
    const { clock } = await bench()
    const keys: JwkSet = { keys: [pair.publicJwk()] }
    const token = await sign(pair, GOOD_CLAIMS)
    const verifier = new TokenVerifier({ ...REQUIRED, keys, algorithms: ['ES256'], clock })
    await verifier.verify(token)
    const hmac = await generateKey('HS256', { keyId: 'k1' })
    const forged = await sign(hmac, GOOD_CLAIMS)
    expect(await failure(() => verifier.verify(forged))).toMatchObject({
      code: 'ERR_TOKEN_ALGORITHM',
    })
  })

  it('allows none but the algorithms of its keys when none is named', async () => {
    const { verifier } = await bench({ keys: [{ algorithm: 'ES256', key: pair }] })
    const hmac = await generateKey('HS256', { keyId: 'k1' })
    await verifier.verify(await sign(pair, GOOD_CLAIMS))
    const forged = await sign(hmac, GOOD_CLAIMS)
    expect(await failure(() => verifier.verify(forged))).toMatchObject({
      code: 'ERR_TOKEN_ALGORITHM',
    })
  })

  it('reports an unusable key when it is made', async () => {
    const keys: VerificationKey[] = [{ algorithm: 'ES256', key: { secret: new Uint8Array(32) } }]
    expect(await failure(() => bench({ keys }))).toMatchObject({ code: 'ERR_KEY_TYPE' })
  })

  it('reports a key that only its import can tell to be unusable when it is warmed up', async () => {
    const key = { ...pair.publicJwk(), x: 'A'.repeat(43) }
    const { verifier } = await bench({ keys: [{ algorithm: 'ES256', key }] })
    expect(await failure(() => verifier.warmUp())).toMatchObject({ code: 'ERR_KEY_FORMAT' })
  })

  it('tells its observer what it accepted, what it refused, and why', async () => {
    const events: VerifierEvent[] = []
    const { verifier, sign: make } = await bench({
      observe: (event) => {
        events.push(event)
        throw new Error('an observer that fails')
      },
    })
    await verifier.verify(await make())
    await failure(async () => verifier.verify(await make({ ...GOOD_CLAIMS, aud: 'other' })))
    expect(events).toEqual([
      { type: 'verify', cached: false, durationMs: 0 },
      { type: 'deny', reason: 'audience_mismatch', durationMs: 0 },
    ])
  })

  it('does not take a failing key store for a bad token', async () => {
    const events: VerifierEvent[] = []
    const outage = new Error('the store is down')
    const keys = { version: 0, find: () => Promise.reject(outage) }
    const { verifier, sign: make } = await bench({
      keys,
      algorithms: ['HS256'],
      observe: (event) => events.push(event),
    })
    expect(await failure(async () => verifier.verify(await make()))).toBe(outage)
    expect(events).toEqual([])
  })
})

describe('A verifier cannot be made', () => {
  it('with an issuer in place of its keys, and says what to write', () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const options = { ...REQUIRED, keys: issuer } as unknown as VerifierOptions
    expect(() => new TokenVerifier(options)).toThrow('write "keys: issuer.keys"')
  })

  it('with algorithms that none of its keys has, and says which they have', () => {
    const options = { ...REQUIRED, keys: [{ algorithm: 'ES256', key: pair }] } as const
    expect(() => new TokenVerifier({ ...options, algorithms: ['RS256', 'PS256'] })).toThrow(
      '"algorithms" allows RS256, PS256 alone, and the keys are for ES256',
    )
    // One that fits is enough, and keys over HTTP may come to fit.
    expect(new TokenVerifier({ ...options, algorithms: ['RS256', 'ES256'] })).toBeDefined()
    const remote = { jwksUri: 'https://auth.example.com/jwks', algorithms: ['ES256'] } as const
    expect(
      new TokenVerifier({ ...REQUIRED, keys: remote, algorithms: ['RS256', 'ES256'] }),
    ).toBeDefined()
  })

  const keys = [{ algorithm: 'ES256', key: pair }] as const
  it.each([
    ['issuer', { audience: AUDIENCE, keys }, 'ERR_OPTION_REQUIRED'],
    ['audience', { issuer: ISSUER, keys }, 'ERR_OPTION_REQUIRED'],
    ['keys', REQUIRED, 'ERR_OPTION_REQUIRED'],
    ['keys', { ...REQUIRED, keys: [] }, 'ERR_OPTION_INVALID'],
    ['keys', { ...REQUIRED, keys: 'secret' }, 'ERR_OPTION_INVALID'],
    ['keys', { ...REQUIRED, keys: { keyz: [] } }, 'ERR_OPTION_INVALID'],
    ['keys[].algorithm', { ...REQUIRED, keys: [{ key: pair }] }, 'ERR_OPTION_INVALID'],
    ['algorithms', { ...REQUIRED, keys: { keys: [] } }, 'ERR_OPTION_REQUIRED'],
    ['algorithms', { ...REQUIRED, keys, algorithms: [] }, 'ERR_OPTION_INVALID'],
    ['algorithms', { ...REQUIRED, keys, algorithms: ['none'] }, 'ERR_OPTION_INVALID'],
    ['algorithms', { ...REQUIRED, keys, algorithms: 'ES256' }, 'ERR_OPTION_INVALID'],
    ['algorithms', { ...REQUIRED, keys: { version: 0, find() {} } }, 'ERR_OPTION_REQUIRED'],
    ['algorithms', { ...REQUIRED, keys, algorithms: ['RS256'] }, 'ERR_OPTION_INVALID'],
    [
      'algorithms',
      { ...REQUIRED, keys: { keys: [pair.publicJwk()] }, algorithms: ['RS256'] },
      'ERR_OPTION_INVALID',
    ],
    [
      'algorithms',
      { ...REQUIRED, keys: { keys: [{ ...pair.publicJwk(), use: 'enc' }] }, algorithms: ['ES256'] },
      'ERR_OPTION_INVALID',
    ],
    [
      'algorithms',
      { ...REQUIRED, keys: { keys: [] }, algorithms: ['ES256'] },
      'ERR_OPTION_INVALID',
    ],
    ['algorithms', { ...REQUIRED, keys: ring, algorithms: ['RS256'] }, 'ERR_OPTION_INVALID'],
    ['maxTokenLength', { ...REQUIRED, keys, maxTokenLength: Infinity }, 'ERR_OPTION_INVALID'],
    ['schema', { ...REQUIRED, keys, schema: {} }, 'ERR_OPTION_INVALID'],
    ['cache', { ...REQUIRED, keys, cache: null }, 'ERR_OPTION_INVALID'],
    ['observe', { ...REQUIRED, keys, observe: 'log' }, 'ERR_OPTION_INVALID'],
    ['clockTolerence', { ...REQUIRED, keys, clockTolerence: 5 }, 'ERR_OPTION_UNKNOWN'],
    ['onse', { ...REQUIRED, keys, onse: {} }, 'ERR_OPTION_UNKNOWN'],
  ])('with the wrong %s: %o', (option, options, code) => {
    expect(() => new TokenVerifier(options as unknown as VerifierOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', code, option }) as object,
    )
  })
})
