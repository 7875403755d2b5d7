import {
  OptionError,
  RemoteKeys,
  type RemoteKeysEvent,
  type RemoteKeysOptions,
  TokenVerifier,
  verifyCompact,
  type VerifierOptions,
} from '@mayfly/core'
import { startJwksServer } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, failure, ISSUER } from '../../support/inbound.ts'
import { lasting } from '../../support/remote.ts'

const jwksUri = 'https://auth.example.com/keys'

describe('Remote keys cannot be made', () => {
  it.each([
    ['options', undefined, 'ERR_OPTION_REQUIRED'],
    ['jwksUri', {}, 'ERR_OPTION_REQUIRED'],
    ['jwksUri', { jwksUri, issuer: ISSUER }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: null }, 'ERR_OPTION_REQUIRED'],
    ['jwksUri', { jwksUri: '' }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: '/keys' }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: 'http://auth.example.com/keys' }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: 'http://127.0.0.1.evil.example/keys' }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: 'file:///keys' }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: 'https://user@auth.example.com/keys' }, 'ERR_OPTION_INVALID'],
    ['jwksUri', { jwksUri: 'https://auth.example.com/keys#a' }, 'ERR_OPTION_INVALID'],
    ['issuer', { issuer: 'auth.example.com' }, 'ERR_OPTION_INVALID'],
    ['issuer', { issuer: 'http://auth.example.com' }, 'ERR_OPTION_INVALID'],
    ['issuer', { issuer: 'https://auth.example.com?tenant=1' }, 'ERR_OPTION_INVALID'],
    ['issuer', { issuer: [ISSUER] }, 'ERR_OPTION_INVALID'],
    ['cacheMaxAgeMs', { jwksUri, cacheMaxAgeMs: 999 }, 'ERR_OPTION_INVALID'],
    ['cacheMaxAgeMs', { jwksUri, cacheMaxAgeMs: Infinity }, 'ERR_OPTION_INVALID'],
    ['staleIfErrorMs', { jwksUri, staleIfErrorMs: -1 }, 'ERR_OPTION_INVALID'],
    ['cooldownMs', { jwksUri, cooldownMs: 0 }, 'ERR_OPTION_INVALID'],
    ['cooldownMs', { jwksUri, cooldownMs: NaN }, 'ERR_OPTION_INVALID'],
    ['timeoutMs', { jwksUri, timeoutMs: 0 }, 'ERR_OPTION_INVALID'],
    ['timeoutMs', { jwksUri, timeoutMs: '5000' }, 'ERR_OPTION_INVALID'],
    ['algorithms', { jwksUri, algorithms: [] }, 'ERR_OPTION_INVALID'],
    ['algorithms', { jwksUri, algorithms: 'RS256' }, 'ERR_OPTION_INVALID'],
    ['algorithms', { jwksUri, algorithms: ['none'] }, 'ERR_OPTION_INVALID'],
    ['algorithms', { jwksUri, algorithms: ['RS256', 'HS256'] }, 'ERR_OPTION_INVALID'],
    ['fetch', { jwksUri, fetch: 'fetch' }, 'ERR_OPTION_INVALID'],
    ['observe', { jwksUri, observe: {} }, 'ERR_OPTION_INVALID'],
    ['jwksUrl', { jwksUri, jwksUrl: jwksUri }, 'ERR_OPTION_UNKNOWN'],
  ])('with the wrong %s: %o', (option, options, code) => {
    expect(() => new RemoteKeys(options as unknown as RemoteKeysOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', code, option }) as object,
    )
  })

  it('without a hint at the right name', () => {
    const options = { jwksUri, cooldown: 1 } as RemoteKeysOptions
    expect(() => new RemoteKeys(options)).toThrow('Did you mean "cooldownMs"?')
  })

  it('inside a verifier either, nor for other issuers than those it accepts', () => {
    const make = (options: object): unknown =>
      new TokenVerifier({ issuer: ISSUER, audience: null, ...options } as VerifierOptions)
    expect(() => make({ keys: { jwksUri, timeout: 1 } })).toThrow(OptionError)
    expect(() => make({ keys: { jwksUri }, algorithms: ['HS256'] })).toThrow(
      'HS256 takes a secret, and what is published over HTTP is none',
    )
    expect(() => make({ keys: { issuer: 'https://other.example' } })).toThrow(
      expect.objectContaining({ option: 'keys.issuer' }) as object,
    )
    make({ keys: { issuer: ISSUER } })
    make({ keys: { issuer: ISSUER }, issuer: [ISSUER, 'https://other.example'] })
    make({ keys: { issuer: ISSUER }, issuer: null })
  })
})

describe('Remote keys', () => {
  it('do nothing before they are asked', () => {
    const options = { jwksUri, fetch: () => Promise.reject(new Error('asked')) }
    const keys = new RemoteKeys(options)
    expect(keys.version).toBe(0)
    expect(keys.find('HS256', 'any')).toEqual([])
  })

  it('are for all algorithms with a public key where none is named', () => {
    const { algorithms } = new RemoteKeys({ jwksUri })
    expect(algorithms).toContain('RS256')
    expect(algorithms).toContain('EdDSA')
    expect(algorithms.some((algorithm) => algorithm.startsWith('HS'))).toBe(false)
  })

  it('count a key once, however many algorithms it is for, and change no version by being asked', async () => {
    const clock = new FakeClock()
    await using server = await startJwksServer({ algorithm: 'RS256' })
    const keysOfAll = server.jwks.keys.map((jwk) => ({ ...jwk, alg: undefined }))
    server.answerKeysWith({ status: 200, body: { keys: keysOfAll } })
    const keys = new RemoteKeys({ jwksUri: server.jwksUri, clock })
    const { version } = keys
    await keys.warmUp()
    expect(keys.health().keys).toBe(1)
    for (const algorithm of ['RS256', 'PS512'] as const) {
      expect(await keys.find(algorithm, server.keyIds[0])).toHaveLength(1)
    }
    expect(keys.version).toBe(version)
    clock.advance(600_000)
    expect([keys.version, keys.version]).toEqual([version + 1, version + 1])
    await keys.find('RS256', server.keyIds[0])
    expect(keys.version).toBe(version + 1)
  })

  it('can be shared by verifiers, and by verifyCompact', async () => {
    const clock = new FakeClock()
    await using server = await startJwksServer({ clock, audience: AUDIENCE })
    const { issuer } = server
    const events: RemoteKeysEvent[] = []
    const keys = new RemoteKeys({ issuer, clock, observe: (event) => events.push(event) })
    const one = new TokenVerifier({ issuer, audience: AUDIENCE, keys, clock })
    const other = new TokenVerifier({ issuer, audience: null, keys, clock, algorithms: ['ES256'] })
    await Promise.all([one.warmUp(), other.warmUp()])
    const token = lasting(server)
    await Promise.all([one.verify(token), other.verify(token)])
    await verifyCompact(token, keys, { algorithms: ['ES256'] })
    expect(server.keyRequests).toBe(1)
    expect([one.health(), other.health()]).toMatchObject([{ ready: true }, { ready: true }])
    expect(events).toHaveLength(1)
  })

  it('verify nothing by a secret, whatever the verifier allows', async () => {
    await using server = await startJwksServer({ audience: AUDIENCE })
    const keys = new RemoteKeys({ jwksUri: server.jwksUri })
    const verifier = new TokenVerifier({
      issuer: server.issuer,
      audience: AUDIENCE,
      keys,
      algorithms: ['HS256', 'ES256'],
    })
    await verifier.verify(server.mint())
    const forged = server.mint({ fault: 'public-key-as-secret' })
    expect(await failure(() => verifier.verify(forged))).toMatchObject({ code: 'ERR_TOKEN_KEY' })
  })

  it('send a query along, follow no change of the URL, and take a token by fetch of one’s own', async () => {
    await using server = await startJwksServer({ audience: AUDIENCE })
    const url = new URL(`${server.jwksUri}?p=policy`)
    const asked: { url: string; authorization: string | null }[] = []
    const keys = new RemoteKeys({
      jwksUri: url,
      fetch: (input, init) => {
        const headers = new Headers(init?.headers)
        headers.set('authorization', 'Bearer mine')
        asked.push({ url: new Request(input).url, authorization: headers.get('authorization') })
        return fetch(input, { ...init, headers })
      },
    })
    url.hostname = 'evil.example'
    await keys.warmUp()
    expect(asked).toEqual([{ url: `${server.jwksUri}?p=policy`, authorization: 'Bearer mine' }])
    expect(keys.health().from).toBe(server.jwksUri)
  })

  it('report a fetch that gives no answer, as any other failure', async () => {
    for (const broken of [() => undefined, () => ({}), () => Promise.reject(new Error('no'))]) {
      const keys = new RemoteKeys({ jwksUri, fetch: broken as unknown as typeof fetch })
      expect(await failure(() => keys.warmUp())).toMatchObject({ code: 'ERR_KEYS_FETCH' })
    }
  })

  it('are not there for a verifier whose keys are at hand', async () => {
    await using server = await startJwksServer({ audience: AUDIENCE })
    const { issuer, jwks } = server
    const verifier = new TokenVerifier({
      issuer,
      audience: AUDIENCE,
      keys: jwks,
      algorithms: ['ES256'],
    })
    expect(verifier.health()).toEqual({ ready: true, keys: [] })
  })
})
