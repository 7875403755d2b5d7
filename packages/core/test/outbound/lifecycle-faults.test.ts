import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { bearerFetch, TokenManager, TokenPool } from '@mayfly/core'
import { appStoreConnect, jwtSource } from '@mayfly/core/vendors'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it, vi } from 'vitest'
import { runProgram } from '../support/child.ts'
import { ScriptedSource, settle } from '../support/scripted-source.ts'
import { answer, redirect, startUpstream } from '../support/upstream.ts'

function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function setUp() {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock })
  return { clock, source, manager: new TokenManager(source, { clock, random: () => 0 }) }
}

const SOURCE_PROGRAM = `
  import { createAccessToken, TokenManager } from '@mayfly/core'
  let now = 1_700_000_000_000
  let fails = false
  const source = {
    id: 'child', origins: [],
    async getToken() {
      if (fails) throw new Error('refresh failed')
      const issuedAt = now / 1000
      return createAccessToken({ value: 'x', issuedAt, expiresAt: issuedAt + 1200 })
    },
  }
  const manager = new TokenManager(source, { clock: { now: () => now } })
  await manager.getToken()
`

// Each of these is a fault measured in a library that people use today (LIFECYCLE, "Faults to rule
// out"); the library is named where the fault was seen.
describe('faults of others', () => {
  it('50 concurrent 401s lead to one refresh, and none of the 50 requests fails (google-auth-library, Azure core-rest-pipeline, axios-auth-refresh)', async () => {
    await using upstream = await startUpstream(({ authorization }, response) =>
      answer(response, authorization === 'Bearer token-1' ? 401 : 200),
    )
    const clock = new FakeClock(Date.now())
    const source = new ScriptedSource({ clock, origins: [upstream.origin] })
    const fetch = bearerFetch(new TokenManager(source, { clock }), { clock })
    const calls = Array.from({ length: 50 }, () => fetch(upstream.origin))
    expect((await Promise.all(calls)).filter(({ status }) => status === 200)).toHaveLength(50)
    expect(source.mints).toBe(2)
  })

  it('the first caller’s abort rejects nobody else (Azure tokenCycler)', async () => {
    const { source, manager } = setUp()
    const release = source.hold()
    const first = new AbortController()
    const calls = [manager.getToken({ signal: first.signal }), manager.getToken()]
    first.abort()
    release()
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('a background refresh that fails and that nobody awaits does not end the process (Azure tokenCycler)', async () => {
    const ended = await runProgram(`${SOURCE_PROGRAM}
      fails = true
      now += 1_000_000
      await manager.getToken()
      await new Promise((resolve) => setImmediate(resolve))
      console.log('failures', manager.stats().failures)
    `)
    expect(ended).toEqual({ code: 0, output: 'failures 1\n' })
  })

  it('nothing holds the process open, with the machine’s own timers (Azure tokenCycler, node-vault-client, supabase/auth-js)', async () => {
    const program = SOURCE_PROGRAM.replace(', { clock: { now: () => now } }', '').replace(
      'let now = 1_700_000_000_000',
      'let now = Date.now() - (Date.now() % 1000)',
    )
    const ended = await runProgram(`${program}
      process.once('exit', () => console.log(process.getActiveResourcesInfo().join()))
    `)
    expect(ended.code).toBe(0)
    expect(ended.output.trim()).toBe('')
  })

  it('two tenants at once each get their own token (Azure, octokit/auth-app)', async () => {
    const clock = new FakeClock()
    const privateKey = ecKey()
    const pool = new TokenPool(
      (issuerId: string) => appStoreConnect({ keyId: 'K', issuerId, privateKey, clock }),
      { max: 10, clock },
    )
    const tenants = Array.from({ length: 40 }, (_, index) => `tenant-${index % 4}`)
    const tokens = await Promise.all(tenants.map((tenant) => pool.get(tenant).getToken()))
    for (const [index, { value }] of tokens.entries()) {
      const [, payload = ''] = value.split('.')
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
        iss: tenants[index],
      })
    }
    expect(new Set(tokens).size).toBe(4)
  })

  it('a source’s id names app, host, scope and extra claims (google JWTAccess, Duende foss#360)', () => {
    const key = ecKey()
    const base = { algorithm: 'ES256', key, lifetime: 600, origins: ['https://a.example'] } as const
    const ids = [
      jwtSource({ ...base, claims: { iss: 'a' } }),
      jwtSource({ ...base, claims: { iss: 'b' } }),
      jwtSource({ ...base, claims: { iss: 'a', scope: 'x' } }),
      jwtSource({ ...base, claims: { iss: 'a' }, origins: ['https://b.example'] }),
      jwtSource({ ...base, claims: { iss: 'a' }, lifetime: 601 }),
      jwtSource({ ...base, claims: { iss: 'a' }, keyId: '1' }),
      jwtSource({ ...base, claims: { iss: 'a' }, header: { typ: 'at+jwt' } }),
      jwtSource({ ...base, claims: { iss: 'a' }, key: ecKey() }),
    ].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(jwtSource({ ...base, claims: { iss: 'a' } }).id).toBe(ids[0])
  })

  it('a failed refresh while the token is good for minutes does not throw (AWS SDK JS)', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(1_175_000)
    source.next(new Error('down'))
    expect((await manager.getToken()).value).toBe('token-1')
  })

  it('a failure is not replayed to later callers (firebase-admin)', async () => {
    const { clock, source, manager } = setUp()
    source.next(new Error('down'))
    const first: unknown = await manager.getToken().catch((error: unknown) => error)
    // Not even within the pause, in which calls get an error of their own.
    expect(await manager.getToken().catch((error: unknown) => error)).not.toBe(first)
    clock.advance(250)
    await expect(manager.getToken()).resolves.toMatchObject({ value: 'token-2' })
  })

  it('a margin as long as the lifetime is an error, not a token for every call (isaced/appstore-connect-sdk, AWS SDK JS, openfga/java-sdk#388)', async () => {
    const clock = new FakeClock()
    const announced = new ScriptedSource({ clock, lifetime: 600 })
    expect(() => new TokenManager(announced, { clock, refreshMargin: 600 })).toThrow(TypeError)
    const silent = new ScriptedSource({ clock, lifetime: 600, announces: false })
    const manager = new TokenManager(silent, { clock, refreshMargin: 600 })
    for (let call = 0; call < 10; call++) await manager.getToken()
    await settle()
    expect(silent.mints).toBe(1)
  })

  it('a margin has the right sign: no token is given out after its end (agisboye/app-store-server-api)', async () => {
    const { clock, manager } = setUp()
    const first = await manager.getToken()
    clock.set(first.expiresAt * 1000 - 30_001)
    expect(await manager.getToken()).toBe(first)
    await settle()
    const other = setUp()
    const second = await other.manager.getToken()
    other.clock.set(second.expiresAt * 1000 - 30_000)
    expect((await other.manager.getToken()).expiresAt).toBeGreaterThan(second.expiresAt)
  })

  it('50 cold calls make one token (isaced, msal-node, Spring Security)', async () => {
    const { source, manager } = setUp()
    await Promise.all(Array.from({ length: 50 }, () => manager.getToken()))
    expect(source.mints).toBe(1)
  })

  it('the clock’s skew is learned once, not on every request (octokit/auth-app)', async () => {
    const clock = new FakeClock()
    await using sandbox = await startAppStoreConnectSandbox({ clock, clockOffsetMs: -600_000 })
    const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin], clock })
    const fetch = bearerFetch(source, { clock })
    for (let call = 0; call < 10; call++) await fetch(`${sandbox.origin}/v1/apps`)
    expect(sandbox.requests).toBe(11)
  })

  it('a token is not refused by Apple’s limit on a clock that is 30 s fast (fastlane, Ponytech/appstoreconnectapi#41)', async () => {
    const clock = new FakeClock()
    await using sandbox = await startAppStoreConnectSandbox({ clock, clockOffsetMs: -30_000 })
    const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin], clock })
    await bearerFetch(source, { clock })(`${sandbox.origin}/v1/apps`)
    expect(sandbox.counts).toMatchObject({ requests: 1, refused: 0 })
  })

  it('the options are not changed: the second token lives as long as the first (@vonage/jwt)', async () => {
    const clock = new FakeClock()
    const options = Object.freeze({
      algorithm: 'ES256',
      key: ecKey(),
      claims: Object.freeze({ iss: 'a' }),
      lifetime: 900,
      origins: Object.freeze(['https://a.example']),
      clock,
    } as const)
    const source = jwtSource(options)
    const first = await source.getToken()
    clock.advance(100_000)
    const second = await source.getToken()
    expect([first, second].map(({ issuedAt, expiresAt }) => expiresAt - issuedAt)).toEqual([
      900, 900,
    ])
  })

  it('no debug switch and no inspection prints the private key (@vonage/jwt)', async () => {
    const key = ecKey()
    const [, line = ''] = key.split('\n')
    const ended = await runProgram(
      `
        import { inspect } from 'node:util'
        import { importKey, TokenManager } from '@mayfly/core'
        import { appStoreConnect } from '@mayfly/core/vendors'
        const privateKey = process.env.TEST_KEY
        delete process.env.TEST_KEY
        const source = appStoreConnect({ keyId: 'K', issuerId: 'i', privateKey })
        const manager = new TokenManager(source)
        await manager.getToken()
        const all = [source, manager, await importKey(privateKey, 'ES256')]
        console.log(inspect(all, { depth: 10, showHidden: true }), JSON.stringify(all))
      `,
      { DEBUG: '*', NODE_DEBUG: '*', TEST_KEY: key },
    )
    expect(ended.code).toBe(0)
    expect(ended.output).toContain('app-store-connect')
    expect(ended.output).not.toContain(line)
    expect(inspect(appStoreConnect({ keyId: 'K', issuerId: 'i', privateKey: key }))).not.toContain(
      line,
    )
  })

  it('the token is not kept on a redirect to another port (node-fetch 2, gaxios, got, golang/oauth2#805)', async () => {
    await using other = await startUpstream((_request, response) => answer(response, 200))
    await using upstream = await startUpstream((_request, response) =>
      redirect(response, 307, other.origin),
    )
    const source = new ScriptedSource({
      clock: new FakeClock(Date.now()),
      origins: [upstream.origin],
    })
    await bearerFetch(source)(upstream.origin)
    expect(upstream.seen[0]?.authorization).toBe('Bearer token-1')
    expect(other.seen[0]?.authorization).toBeUndefined()
  })

  it('no bearer goes to another https host that the caller names (Azure, google AuthClient.fetch)', async () => {
    const send = vi.fn<typeof fetch>()
    const source = new ScriptedSource({ clock: new FakeClock() })
    const fetch = bearerFetch(source, { fetch: send })
    await expect(fetch('https://evil.example')).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
    })
    expect(send).not.toHaveBeenCalled()
    expect(source.mints).toBe(0)
  })

  it('the key is parsed once, not at every signature (Apple’s app-store-server-library, @vonage/jwt)', async () => {
    const source = appStoreConnect({ keyId: 'K', issuerId: 'i', privateKey: ecKey() })
    await source.getToken()
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    for (let call = 0; call < 20; call++) await source.getToken()
    expect(importKey).not.toHaveBeenCalled()
    importKey.mockRestore()
  })

  it('a rotated key is picked up by the next token, and a 401 with the old one tries the new one at once (google-auth, aisix#779)', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    let privateKey = ecKey()
    const { keyId, issuerId } = sandbox.credentials
    const source = appStoreConnect({
      keyId,
      issuerId,
      privateKey: () => privateKey,
      origins: [sandbox.origin],
    })
    const manager = new TokenManager(source)
    const fetch = bearerFetch(manager)
    expect((await fetch(`${sandbox.origin}/v1/apps`)).status).toBe(401)
    privateKey = sandbox.credentials.privateKey
    expect((await fetch(`${sandbox.origin}/v1/apps`)).status).toBe(200)
  })

  it('a store that is down is no reason for no tokens (Duende Support#684, msal-js#7148)', async () => {
    const clock = new FakeClock()
    const down = (): Promise<never> => Promise.reject(new Error('down'))
    const source = new ScriptedSource({ clock })
    const store = { get: down, set: down, delete: down }
    const manager = new TokenManager(source, { clock, store })
    expect((await manager.getToken()).value).toBe('token-1')
  })

  it('a stale lock is no reason for no tokens: its holder died, or nothing ever ends it (Duende Support#684, msal-js#7148)', async () => {
    const never = { get: async () => undefined, set: async () => {}, delete: async () => {} }
    for (const lock of [async () => undefined, async () => new Promise<never>(() => {})]) {
      const clock = new FakeClock()
      const source = new ScriptedSource({ clock })
      const store = { ...never, lock }
      const call = new TokenManager(source, { clock, store, random: () => 0.5 }).getToken()
      for (let passed = 0; passed < 5200; passed += 50) {
        await settle()
        clock.advance(50)
      }
      expect((await call).value).toBe('token-1')
    }
  })
})
