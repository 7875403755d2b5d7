import { type KeysSnapshot, RemoteKeys, TokenVerifier } from '@mayfly/core'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, failure, ISSUER } from '../../support/inbound.ts'
import { lasting, remoteBench } from '../../support/remote.ts'

const signatureInvalid = { status: 401, reason: 'signature_invalid' }

describe('An issuer that replaces a key', () => {
  it('without key ids is followed within the budget', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const bare = (): string => server.mint({ header: { kid: undefined }, lifetime: 86_400 })
    const nameless = (): void => {
      const keys = server.jwks.keys.map((jwk) => ({ ...jwk, kid: undefined }))
      server.answerKeysWith({ status: 200, body: { keys } })
    }
    nameless()
    const first = bare()
    await verifier.verify(first)
    server.rotate()
    nameless()
    const second = bare()
    await verifier.verify(second)
    expect(server.keyRequests).toBe(2)
    server.removeKey()
    nameless()
    // The first is known still; nothing has asked for the keys since the older one was removed.
    await verifier.verify(first)
    await verifier.reload()
    expect(await failure(() => verifier.verify(first))).toMatchObject(signatureInvalid)
    await verifier.verify(second)
  })

  it('under the same id is followed too', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const [kid = ''] = server.keyIds
    await verifier.verify(lasting(server))
    server.rotate()
    server.removeKey()
    const keys = server.jwks.keys.map((jwk) => ({ ...jwk, kid }))
    server.answerKeysWith({ status: 200, body: { keys } })
    await verifier.verify(lasting(server, { keyId: kid }))
    expect(server.keyRequests).toBe(2)
  })

  it('may publish two keys of one id: both are tried', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const [kid = ''] = server.keyIds
    const old = lasting(server, { keyId: kid })
    server.rotate()
    const keys = server.jwks.keys.map((jwk) => ({ ...jwk, kid }))
    server.answerKeysWith({ status: 200, body: { keys } })
    for (const token of [old, lasting(server, { keyId: kid })]) await verifier.verify(token)
    expect(server.keyRequests).toBe(1)
  })
})

describe('Forged tokens under a known key id', () => {
  it('cost three fetches at once and one in 30 s, and a good token none of its time', async () => {
    await using bench = await remoteBench()
    const { clock, server, verifier } = bench
    await verifier.warmUp()
    const [kid = ''] = server.keyIds
    const stranger = createTestIssuer({ issuer: server.issuer, audience: AUDIENCE, clock })
    for (let second = 0; second < 60; second++) {
      const forged = stranger.mint({ header: { kid } })
      expect(await failure(() => verifier.verify(forged))).toMatchObject(signatureInvalid)
      clock.advanceSeconds(1)
    }
    expect(server.keyRequests).toBe(1 + 3 + 1)
    server.beforeAnswer = () => new Promise(() => {})
    clock.advanceSeconds(60)
    void failure(() => verifier.verify(stranger.mint({ header: { kid } })))
    await verifier.verify(lasting(server))
  })

  it('are refused at once when the budget is spent, be the server ever so slow', async () => {
    await using bench = await remoteBench()
    const { clock, server, verifier } = bench
    await verifier.warmUp()
    const [kid = ''] = server.keyIds
    const stranger = createTestIssuer({ issuer: server.issuer, audience: AUDIENCE, clock })
    const forge = (): string => stranger.mint({ header: { kid } })
    for (let look = 0; look < 3; look++) await failure(() => verifier.verify(forge()))
    server.beforeAnswer = () => new Promise(() => {})
    expect(await failure(() => verifier.verify(forge()))).toMatchObject(signatureInvalid)
    const bogus = lasting(server, { keyId: 'bogus' })
    expect(await failure(() => verifier.verify(bogus))).toMatchObject({ reason: 'key_unknown' })
  })
})

describe('A published set', () => {
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64')
  const zeroFirst = (text: string): string =>
    Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]).toString('base64url')

  it.each<[string, 'ES256' | 'RS256' | 'EdDSA', (jwk: Record<string, unknown>) => object]>([
    [
      'padding and the other alphabet',
      'ES256',
      ({ x, y }) => ({ x: base64(String(x)), y: base64(String(y)) }),
    ],
    ['a zero in front of a coordinate', 'ES256', ({ x }) => ({ x: zeroFirst(String(x)) })],
    [
      'a zero in front of a modulus, padded',
      'RS256',
      ({ n }) => ({ n: base64(zeroFirst(String(n))) }),
    ],
    ['padding of an Ed25519 key', 'EdDSA', ({ x }) => ({ x: base64(String(x)) })],
    [
      'members that are null',
      'ES256',
      () => ({ use: null, key_ops: null, alg: null, d: null, x5c: null }),
    ],
    ['members of no concern', 'ES256', () => ({ x5t: 7, created: { at: 1 }, exp: 'never' })],
  ])('is read with %s', async (_, algorithm, change) => {
    await using bench = await remoteBench({ server: { algorithm } })
    const { server, verifier } = bench
    const keys = server.jwks.keys.map((jwk) => ({ ...jwk, ...change({ ...jwk }) }))
    server.answerKeysWith({ status: 200, body: { keys } })
    await verifier.verify(lasting(server))
    expect(verifier.health().keys[0]).toMatchObject({ keys: 1, refused: 0 })
  })

  it('reads a coordinate whose first zero was left out', async () => {
    const clock = new FakeClock()
    for (;;) {
      const issuer = createTestIssuer({ issuer: ISSUER, audience: AUDIENCE, clock })
      const [jwk] = issuer.jwks.keys
      const x = Buffer.from(String(jwk?.x), 'base64url')
      if (x[0] !== 0) continue
      const body = { keys: [{ ...jwk, x: x.subarray(1).toString('base64url') }] }
      const keys = new RemoteKeys({
        jwksUri: 'https://idp.example/keys',
        clock,
        fetch: async () => Response.json(body),
      })
      const verifier = new TokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys, clock })
      await verifier.verify(issuer.mint())
      return
    }
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a number', 7],
    ['a type of no string', { kty: {} }],
    ['a key id that is a number', { kty: 'EC', crv: 'P-256', kid: 7, x: 'AA', y: 'AA' }],
    [
      'a key id without end',
      { kty: 'EC', crv: 'P-256', kid: 'k'.repeat(100_000), x: 'AA', y: 'AA' },
    ],
    [
      'a point that is not on its curve',
      { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    ],
    [
      'uses that are text',
      { kty: 'EC', crv: 'P-256', key_ops: 'verify', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    ],
    ['a secret', { kty: 'oct', k: 'A'.repeat(43), alg: 'HS256' }],
    [
      'a private key',
      { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43), d: 'A'.repeat(43) },
    ],
  ])('keeps its good keys beside one odd one: %s', async (_, odd) => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    server.answerKeysWith({ status: 200, body: { keys: [odd, ...server.jwks.keys] } })
    await verifier.verify(lasting(server))
    expect(verifier.health()).toMatchObject({ ready: true, keys: [{ keys: 1 }] })
  })

  it('never yields a secret: a token that is signed with one is refused', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const hmac = createTestIssuer({
      issuer: server.issuer,
      audience: AUDIENCE,
      algorithm: 'HS256',
      clock,
    })
    const [named] = hmac.keys
    const k = Buffer.from((named as { key: { secret: Uint8Array } }).key.secret).toString(
      'base64url',
    )
    const secret = { kty: 'oct', kid: hmac.keyId, alg: 'HS256', k }
    server.answerKeysWith({ status: 200, body: { keys: [secret, ...server.jwks.keys] } })
    await verifier.warmUp()
    expect(await failure(() => verifier.verify(hmac.mint()))).toMatchObject({
      reason: 'algorithm_not_allowed',
    })
  })
})

describe('health', () => {
  it('is not ready where all keys are for algorithms that the verifier does not allow', async () => {
    await using bench = await remoteBench()
    const { server, clock } = bench
    const keys = new RemoteKeys({ jwksUri: server.jwksUri, clock })
    const rsa = new TokenVerifier({
      issuer: server.issuer,
      audience: null,
      keys,
      algorithms: ['RS256'],
    })
    const ec = new TokenVerifier({
      issuer: server.issuer,
      audience: null,
      keys,
      algorithms: ['ES256'],
    })
    await keys.warmUp()
    expect([rsa.health().ready, ec.health().ready]).toEqual([false, true])
  })
})

describe('reload', () => {
  it('ends what a withdrawn key has verified, and joins no fetch that began before', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const token = lasting(server)
    let release = (): void => {}
    const asked = new Promise<void>((resolve) => {
      server.beforeAnswer = () => {
        resolve()
        return new Promise<void>((go) => (release = go))
      }
    })
    const early = verifier.warmUp()
    await asked
    const reloading = verifier.reload()
    server.beforeAnswer = undefined
    release()
    await early
    await reloading
    expect(server.keyRequests).toBe(2)
    await verifier.verify(token)
    server.rotate()
    server.removeKey()
    await verifier.reload()
    expect(await failure(() => verifier.verify(token))).toMatchObject({ reason: 'key_unknown' })
  })

  it('says what it failed with, and leaves the keys', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    await verifier.verify(lasting(server))
    server.down()
    expect(await failure(() => verifier.reload())).toMatchObject({ code: 'ERR_KEYS_FETCH' })
    await verifier.verify(lasting(server))
  })
})

describe('A snapshot', () => {
  it('begins where another process was, without a fetch', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    expect(verifier.snapshot()).toBeUndefined()
    await verifier.warmUp()
    const snapshot = JSON.parse(JSON.stringify(verifier.snapshot())) as KeysSnapshot
    await using next = await remoteBench()
    next.server.down()
    const options = { issuer: server.issuer, audience: AUDIENCE, clock } as const
    const cold = (): TokenVerifier =>
      new TokenVerifier({ ...options, keys: { jwksUri: server.jwksUri, snapshot } })
    await cold().verify(lasting(server))
    await cold().warmUp()
    expect(server.keyRequests).toBe(1)
    const second = cold()
    server.down()
    clock.advance(600_000)
    // It has run out: one fetch is tried, and as that fails the old keys go on.
    await second.verify(lasting(server))
    expect(second.health().keys[0]).toMatchObject({ state: 'stale', failures: 1 })
    clock.advance(2 * 86_400_000)
    expect(await failure(() => cold().verify(lasting(server)))).toMatchObject({ status: 503 })
  })

  it('of the future is no younger than one of now, and one of no use is fetched over', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    await verifier.warmUp()
    const snapshot = verifier.snapshot() as KeysSnapshot
    const start = (changes: Partial<KeysSnapshot>): RemoteKeys =>
      new RemoteKeys({ jwksUri: server.jwksUri, clock, snapshot: { ...snapshot, ...changes } })
    const ahead = start({ fetchedAtMs: clock.now() * 2, lifetimeMs: 1e15 })
    await ahead.warmUp()
    clock.advance(600_000)
    await ahead.warmUp()
    expect(server.keyRequests).toBe(2)
    const useless = start({ keys: [] })
    await useless.warmUp()
    expect(server.keyRequests).toBe(3)
  })

  it.each([
    [{ from: 'https://other.example' }],
    [{ keys: undefined }],
    [{ fetchedAtMs: '1' }],
    [{ lifetimeMs: Number.NaN }],
  ])('is refused with %o', (changes) => {
    const from = 'https://idp.example/keys'
    const snapshot = { from, fetchedAtMs: 0, lifetimeMs: 1, keys: [], ...changes } as never
    expect(() => new RemoteKeys({ jwksUri: from, snapshot })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'snapshot' }) as object,
    )
  })
})

describe('allowHttp', () => {
  const host = 'idp.internal:8080'
  const issuer = `http://${host}/realm`
  const answers = (jwksUri: string) => (input: Request | URL | string) => {
    const { url } = new Request(input)
    if (url === `http://${host}/keys`) return Promise.resolve(Response.json(test.jwks))
    return Promise.resolve(Response.json({ issuer, jwks_uri: jwksUri }))
  }
  const test = createTestIssuer({ issuer, audience: AUDIENCE })
  const verifier = (allowHttp: readonly string[], jwksUri = `http://${host}/keys`): TokenVerifier =>
    new TokenVerifier({
      issuer,
      audience: AUDIENCE,
      keys: { issuer, allowHttp, fetch: answers(jwksUri) },
    })

  it('lets keys of a named host come over http, and of no other', async () => {
    for (const names of [[host], ['idp.internal'], ['IDP.internal:8080']]) {
      await verifier(names).verify(test.mint())
    }
    for (const names of [[], ['internal'], ['other.internal']]) {
      expect(() => verifier(names)).toThrow('"issuer"')
    }
    for (const other of ['http://other.internal/keys', 'http://127.0.0.1/keys']) {
      expect(await failure(() => verifier([host], other).warmUp())).toMatchObject({
        code: 'ERR_KEYS_FORMAT',
      })
    }
  })

  it.each([
    '*',
    '*.internal',
    'http://idp.internal',
    'idp.internal/',
    'a b',
    'user@idp.internal',
    '',
  ])('takes no %j', (name) => {
    expect(() => verifier([name])).toThrow(
      expect.objectContaining({ name: 'OptionError' }) as object,
    )
  })
})
