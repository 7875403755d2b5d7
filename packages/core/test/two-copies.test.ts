import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as one from '@mayfly/core'
import { BearerInjector as Injector } from '@mayfly/core/adapter'
import { afterAll, describe, expect, it } from 'vitest'
import { failure } from './support/inbound.ts'

// What a package manager does to a program whose dependencies disagree about a version.
const folder = mkdtempSync(join(tmpdir(), 'mayfly-copy-'))
cpSync(new URL('../src', import.meta.url), join(folder, 'src'), { recursive: true })
symlinkSync(new URL('../node_modules', import.meta.url), join(folder, 'node_modules'))
const two = (await import(pathToFileURL(join(folder, 'src/index.ts')).href)) as typeof one
afterAll(() => rmSync(folder, { recursive: true }))

const ISSUER = 'https://auth.example.com'

describe('Two copies of the library in one program', () => {
  it('are two', () => {
    expect(two.RequestError).not.toBe(one.RequestError)
  })

  it('know each other’s errors, by class and by isMayflyError', async () => {
    const verifier = new two.TokenVerifier({
      issuer: ISSUER,
      audience: 'orders',
      keys: new two.KeyRing([]),
    })
    const refused = await failure(() => verifier.verify('no token'))
    expect(refused).toBeInstanceOf(one.RequestError)
    expect(refused).toBeInstanceOf(one.MayflyError)
    expect(refused).not.toBeInstanceOf(one.KeyError)
    const wrong = await failure(async () => new two.TokenVerifier({} as never))
    expect(wrong).toBeInstanceOf(one.OptionError)
    expect([refused, wrong].every(one.isMayflyError)).toBe(true)
    expect(one.isMayflyError(new TypeError('of somebody else'))).toBe(false)
    expect(one.isMayflyError(undefined)).toBe(false)
    class OwnError extends one.KeyError {}
    const own = new OwnError('ERR_KEY_EMPTY', 'mine')
    expect([own instanceof OwnError, own instanceof two.KeyError]).toEqual([true, true])
    expect(new two.KeyError('ERR_KEY_EMPTY', 'theirs')).not.toBeInstanceOf(OwnError)
  })

  it('verify what the other issued, with its ring and its guard', async () => {
    const issuer = new one.TokenIssuer({ issuer: ISSUER })
    const { value } = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 60 })
    const verifier = new two.TokenVerifier({
      issuer: ISSUER,
      audience: 'orders',
      keys: issuer.keys,
    })
    const request = (token: string): one.RequestLike => ({
      method: 'GET',
      url: '/',
      header: (name) => (name === 'authorization' ? [`Bearer ${token}`] : []),
    })
    expect(await one.authenticate(verifier, request(value))).toMatchObject({ ok: true })
    const outcome = await one.authenticate(verifier, request(`${value}x`))
    expect(outcome).toMatchObject({ ok: false, error: { status: 401 } })
  })

  it('bind to origins by the other’s binding', async () => {
    const issuer = new one.TokenIssuer({ issuer: ISSUER })
    const origins = ['https://app.example.com']
    const { value } = await issuer.issue({ origins, expiresIn: 60 })
    const verifier = new two.TokenVerifier({
      issuer: ISSUER,
      audience: null,
      keys: issuer.keys,
      origin: one.originBinding({ claim: 'aud' }),
    })
    await verifier.verify(value, { origin: 'https://app.example.com' })
    const error = await failure(() => verifier.verify(value, { origin: 'https://evil.example' }))
    expect(error).toMatchObject({ reason: 'origin_mismatch' })
  })

  it('sign with the other’s keys, and issue with its ring', async () => {
    const key = await two.generateKey('ES256')
    const ring = new one.KeyRing([key])
    const issuer = new two.TokenIssuer({ issuer: ISSUER, keys: ring })
    const { value } = await issuer.issue({ audience: 'orders', expiresIn: 60 })
    const keys = [{ algorithm: 'ES256', key }] as const
    const verifier = new one.TokenVerifier({ issuer: ISSUER, audience: 'orders', keys })
    expect((await verifier.verify(value)).claims.aud).toBe('orders')
  })

  it('share learned clocks, and pass on a token of the other’s manager', async () => {
    const clocks = new one.LearnedClocks()
    const source: one.TokenSource = {
      id: 'example',
      origins: ['https://api.example.com'],
      getToken: async () =>
        two.createAccessToken({
          value: 'opaque',
          issuedAt: 1,
          expiresAt: 4e9,
          origins: ['https://api.example.com'],
        }),
    }
    const sent: (string | null)[] = []
    const send = one.bearerFetch(new two.TokenManager(source), {
      clocks: clocks,
      fetch: async (input, init) => {
        sent.push(new Request(input, init).headers.get('authorization'))
        return new Response('')
      },
    })
    await send('https://api.example.com/')
    two.bearerFetch(source, { clocks })
    expect(sent).toEqual(['Bearer opaque'])
    expect(new Injector(new two.TokenManager(source), { clocks })).toBeInstanceOf(Injector)
  })
})
