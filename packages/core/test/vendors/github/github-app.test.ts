import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { createAppAuth } from '@octokit/auth-app'
import { bearerFetch, importKey, type SigningKey, TokenManager } from '@mayfly/core'
import { type GithubAppOptions, githubApp } from '@mayfly/core/vendors'
import { startGithubSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'

const [privateKey, otherKey] = [createKey(), createKey()]
const APP = { appId: 'Iv23liabcdefghijklmn', privateKey }
const NOW = 1_700_000_000

/** A key as GitHub hands it out. */
function createKey(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
}

function read(token: string): jwt.Jwt {
  return jwt.verify(token, createPublicKey(privateKey), {
    algorithms: ['RS256'],
    complete: true,
    ignoreExpiration: true,
  })
}

async function tokenOf(options: Partial<GithubAppOptions> = {}): Promise<jwt.Jwt> {
  const source = githubApp({ ...APP, clock: new FakeClock(), ...options })
  return read((await source.getToken()).value)
}

describe('githubApp', () => {
  it('dates its tokens a minute back and nine minutes ahead', async () => {
    const { header, payload } = await tokenOf()
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(payload).toEqual({ iss: APP.appId, iat: NOW - 60, exp: NOW + 540 })
  })

  it('takes an app id, as number or text', async () => {
    expect((await tokenOf({ appId: 12345 })).payload).toMatchObject({ iss: 12345 })
    expect((await tokenOf({ appId: '12345' })).payload).toMatchObject({ iss: '12345' })
  })

  it('takes the key as GitHub’s file has it, as an environment variable has it, and from elsewhere', async () => {
    const pkcs8 = String(createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem' }))
    const key = await importKey(privateKey, 'RS256')
    const signer: SigningKey = { algorithm: 'RS256', sign: (data) => key.sign(data) }
    for (const one of [
      privateKey.replaceAll('\n', '\\n'),
      `"${privateKey.replaceAll('\n', '\\n')}"`,
      privateKey.replaceAll('\n', '\r\n'),
      btoa(privateKey),
      pkcs8,
      key,
      signer,
      () => privateKey,
    ]) {
      expect((await tokenOf({ privateKey: one })).payload).toMatchObject({ iss: APP.appId })
    }
  })

  it('goes to GitHub’s API, or to that of another server', () => {
    expect(githubApp(APP).origins).toEqual(['https://api.github.com'])
    const baseUrl = 'https://github.example.com/api/v3'
    expect(githubApp({ ...APP, baseUrl }).origins).toEqual(['https://github.example.com'])
    const origins = ['https://a.example']
    expect(githubApp({ ...APP, origins }).origins).toEqual(origins)
    expect(githubApp(APP)).toMatchObject({ lifetime: 540, maxLifetime: 600 })
  })

  it('puts claims of one’s own beside GitHub’s, and a new id where ids are asked for', async () => {
    let count = 0
    const { payload } = await tokenOf({ claims: { note: 'a' }, tokenId: () => `id-${++count}` })
    expect(payload).toMatchObject({ note: 'a', jti: 'id-1', iss: APP.appId })
  })

  const bad: readonly [string, object, string][] = [
    ['no app id', { appId: undefined }, 'appId'],
    ['an app id of nothing', { appId: 0 }, 'appId'],
    ['an app id with a space', { appId: 'Iv23 li' }, 'appId'],
    ['part of an app id', { appId: 1.5 }, 'appId'],
    ['no key', { privateKey: undefined }, 'privateKey'],
    ['one second more than ten minutes', { lifetime: 601 }, 'lifetime'],
    ['no time', { lifetime: 0 }, 'lifetime'],
    ['part of a second', { lifetime: 59.5 }, 'lifetime'],
    ['milliseconds', { lifetime: 6e11 }, 'lifetime'],
    ['a backdate of the whole life', { lifetime: 60 }, 'backdate'],
    ['a claim that replaces GitHub’s', { claims: { iss: 'x' } }, 'claims'],
    ['a claim that replaces a date', { claims: { exp: 1 } }, 'claims'],
    ['a fixed token id', { tokenId: 'x' }, 'tokenId'],
    ['a server in the clear', { baseUrl: 'http://github.example.com' }, 'baseUrl'],
    ['an origin with a path', { origins: ['https://github.example.com/api'] }, 'origins'],
    ['an option that does not exist', { installationId: 1 }, 'installationId'],
  ]
  for (const [what, options, option] of bad) {
    it(`refuses ${what} when the source is made`, () => {
      expect(() => githubApp({ ...APP, ...options })).toThrow(
        expect.objectContaining({ name: 'OptionError', option }),
      )
    })
  }

  it('refuses a key that cannot sign, and takes the limits', () => {
    expect(() => githubApp({ ...APP, privateKey: '-----BEGIN RSA PRIVATE KEY-----' })).toThrow(
      expect.objectContaining({ name: 'KeyError' }),
    )
    for (const lifetime of [61, 600]) expect(() => githubApp({ ...APP, lifetime })).not.toThrow()
  })

  it('has an id that follows everything that changes the token, and shows none of it', () => {
    const all: GithubAppOptions[] = [
      APP,
      { ...APP, appId: 'other' },
      { ...APP, privateKey: otherKey },
      { ...APP, lifetime: 300 },
      { ...APP, backdate: 0 },
      { ...APP, claims: { a: 1 } },
      { ...APP, baseUrl: 'https://github.example.com/api/v3' },
    ]
    const ids = all.map((options) => githubApp(options).id)
    expect(new Set(ids).size).toBe(all.length)
    expect(all.map((options) => githubApp(options).id)).toEqual(ids)
    expect(ids.join()).not.toContain(APP.appId)
    expect(inspect(githubApp(APP), { depth: 9, showHidden: true })).not.toContain(
      privateKey.split('\n')[1],
    )
  })

  for (const appId of [12345, 'Iv23liabcdefghijklmn']) {
    it(`makes what @octokit/auth-app makes for ${appId}, claim by claim`, async () => {
      const theirs = await createAppAuth({ appId, privateKey })({ type: 'app' })
      const { header, payload } = read(theirs.token)
      const { iat = 0 } = payload as jwt.JwtPayload
      const clock = new FakeClock((iat + 30) * 1000)
      const ours = await tokenOf({ appId, backdate: 30, clock })
      expect(ours.payload).toEqual(payload)
      expect(ours.header).toEqual(header)
    })
  }
})

describe('githubApp against the sandbox', () => {
  const MINUTE = 60_000
  for (const offsetMs of [-120 * MINUTE, -59_000, -1, 0, 1, 59_000, 120 * MINUTE]) {
    it(`spends at most one more request with a local clock that is ${-offsetMs} ms off`, async () => {
      const clock = new FakeClock()
      await using sandbox = await startGithubSandbox({ clock, clockOffsetMs: offsetMs })
      const { baseUrl, credentials } = sandbox
      const manager = new TokenManager(githubApp({ ...credentials, baseUrl, clock }), { clock })
      const fetch = bearerFetch(manager, { clock })
      for (let call = 0; call < 10; call++) {
        expect((await fetch(`${baseUrl}/app`)).status).toBe(200)
        clock.advance(3 * MINUTE)
      }
      expect(sandbox.refused).toBeLessThanOrEqual(Math.abs(offsetMs) < MINUTE ? 0 : 1)
    })
  }
})
