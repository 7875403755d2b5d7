import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:net'
import { bearerFetch, TokenManager, TokenPool } from '@mayfly/core'
import {
  appStoreConnect,
  clientCredentials,
  googleServiceAccount,
  jwtSource,
} from '@mayfly/core/vendors'
import { startApnsSandbox, startGoogleSandbox, startOAuthSandbox } from '@mayfly/sandboxes'
import { FakeClock, MemoryTokenStore } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { apnsPusher } from '../support/apns-pusher.ts'
import { ScriptedSource, settle } from '../support/scripted-source.ts'
import { answer, type Respond, startUpstream } from '../support/upstream.ts'

const MINUTE = 60_000

/** An API that judges tokens by one clock and writes the time of another into `Date`. */
function api(clock: FakeClock, { dateMs = 0, serverMs = 0 } = {}): Respond {
  return ({ authorization = '' }, response) => {
    const [, payload = ''] = authorization.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
      string,
      number
    >
    const { iat = 0, exp = 0 } = claims
    const now = (clock.now() + serverMs) / 1000
    response.setHeader('date', new Date(clock.now() + serverMs + dateMs).toUTCString())
    answer(response, iat <= now && exp > now && exp <= now + 1200 ? 200 : 401)
  }
}

const ecKey = (): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Waits until no refresh runs in the background. */
async function quiet(manager: TokenManager): Promise<void> {
  do await settle()
  while (manager.stats().refreshing)
}

describe('a Date that is not the clock that judges tokens', () => {
  it.each([30, 2, -2, -30])('%i minutes off: none of 90 requests ends in 401', async (minutes) => {
    const clock = new FakeClock()
    await using upstream = await startUpstream(api(clock, { dateMs: minutes * MINUTE }))
    const source = appStoreConnect({
      keyId: 'K',
      issuerId: 'i',
      privateKey: ecKey(),
      origins: [upstream.origin],
      clock,
    })
    const manager = new TokenManager(source, { clock })
    const fetch = bearerFetch(manager, { clock })
    for (let call = 0; call < 90; call++) {
      expect((await fetch(upstream.origin)).status).toBe(200)
      await quiet(manager)
      clock.advance(MINUTE)
    }
    expect(upstream.seen.length - 90).toBeLessThanOrEqual(manager.stats().mints)
    expect(manager.stats()).toMatchObject({ clockOffsetMs: 0, clockOrigin: 'local' })
  })

  it('at Google’s token endpoint, two minutes ahead: 480 of 480 calls get a token', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGoogleSandbox({ clock })
    const wrong: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      const headers = new Headers(response.headers)
      headers.set('date', new Date(clock.now() + 2 * MINUTE).toUTCString())
      return new Response(await response.text(), { status: response.status, headers })
    }
    const source = googleServiceAccount({
      credentials: sandbox.credentials,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      fetch: wrong,
      clock,
    })
    for (let call = 0; call < 480; call++) {
      expect((await source.getToken()).value).not.toBe('')
      clock.advance(MINUTE)
    }
    expect(sandbox.refused).toBe(0)
  })

  it('at a token endpoint that takes private_key_jwt, two minutes ahead', async () => {
    const clock = new FakeClock()
    const seen: number[] = []
    await using server = await startUpstream(({ body }, response) => {
      const assertion = new URLSearchParams(body).get('client_assertion') ?? ''
      const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
      const good = claims.iat <= clock.now() / 1000 && claims.exp > clock.now() / 1000
      response.setHeader('date', new Date(clock.now() + 2 * MINUTE).toUTCString())
      const text = good
        ? '{"access_token":"x","token_type":"Bearer","expires_in":60}'
        : '{"error":"invalid_client"}'
      seen.push(good ? 200 : 400)
      answer(response, good ? 200 : 400, text)
    })
    const source = clientCredentials({
      tokenEndpoint: server.origin,
      clientId: 'me',
      privateKey: ecKey(),
      algorithm: 'ES256',
      origins: [],
      clock,
    })
    for (let call = 0; call < 480; call++, clock.advance(MINUTE)) await source.getToken()
    expect(seen).toEqual(Array.from({ length: 480 }, () => 200))
  })
})

describe('the brake', () => {
  it('makes one token request of 200 calls after a 429 with Retry-After: 60, and says how long', async () => {
    const clock = new FakeClock()
    await using sandbox = await startOAuthSandbox({ clock })
    sandbox.failNext(1, 429, { retryAfter: 60 })
    const { tokenEndpoint, credentials } = sandbox
    const manager = new TokenManager(clientCredentials({ tokenEndpoint, ...credentials, clock }), {
      clock,
    })
    for (let call = 0; call < 200; call++, clock.advance(250)) {
      await expect(manager.getToken()).rejects.toMatchObject({
        code: 'ERR_MINT_REFUSED',
        retryAfterMs: 60_000 - call * 250,
      })
    }
    expect(sandbox.requests).toBe(1)
    await expect(manager.getToken()).rejects.toThrow('the next one is 10 s away')
    clock.advance(10_000)
    expect((await manager.getToken()).value).not.toBe('')
  })

  it('is lifted by a secret that was replaced, a key that was replaced, and by forceRefresh', async () => {
    const clock = new FakeClock()
    await using sandbox = await startOAuthSandbox({ clock })
    const { tokenEndpoint, credentials } = sandbox
    let clientSecret = 'a-secret-that-was-mistyped'
    const source = clientCredentials({
      tokenEndpoint,
      ...credentials,
      clientSecret: () => clientSecret,
      clock,
    })
    const manager = new TokenManager(source, { clock })
    await expect(manager.getToken()).rejects.toMatchObject({ permanent: true })
    for (let call = 0; call < 20; call++) {
      await expect(manager.getToken()).rejects.toMatchObject({ retryAfterMs: 60_000 })
    }
    expect(sandbox.requests).toBe(1)
    await expect(manager.getToken({ forceRefresh: true })).rejects.toMatchObject({
      retryAfterMs: undefined,
    })
    expect(sandbox.requests).toBe(2)
    clientSecret = credentials.clientSecret
    expect((await manager.getToken()).value).not.toBe('')
  })
})

describe('a retry inside a mint', () => {
  const good = '{"access_token":"x","token_type":"Bearer","expires_in":600}'
  const secret = { clientId: 'me', clientSecret: 'a-secret-that-is-long-enough', origins: [] }

  it.each([500, 502, 503, 504])('after %i gets everyone who waits a token', async (status) => {
    let asked = 0
    await using server = await startUpstream((_request, response) =>
      asked++ === 0 ? answer(response, status) : answer(response, 200, good),
    )
    const manager = new TokenManager(clientCredentials({ tokenEndpoint: server.origin, ...secret }))
    const tokens = await Promise.all(Array.from({ length: 50 }, () => manager.getToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(server.seen).toHaveLength(2)
  })

  it.each(['reset', 'cut off'])('after a connection that was %s', async (how) => {
    let asked = 0
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        if (asked++ > 0) {
          socket.end(
            `HTTP/1.1 200 OK\r\ncontent-length: ${good.length}\r\nconnection: close\r\n\r\n${good}`,
          )
        } else if (how === 'reset') socket.resetAndDestroy()
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"access_')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const source = clientCredentials({ tokenEndpoint: `http://127.0.0.1:${port}/`, ...secret })
    const manager = new TokenManager(source)
    expect((await manager.getToken()).value).toBe('x')
    expect(asked).toBe(2)
    await new Promise((resolve) => server.close(resolve))
  })

  it('is one, and none after what is a verdict, or where the server says when to come back', async () => {
    for (const [status, headers, requests] of [
      [500, {}, 2],
      [503, { 'retry-after': '5' }, 1],
      [400, {}, 1],
      [429, {}, 1],
      [501, {}, 1],
    ] as const) {
      await using server = await startUpstream((_request, response) => {
        response.writeHead(status, headers).end()
      })
      const source = clientCredentials({ tokenEndpoint: server.origin, ...secret })
      await expect(new TokenManager(source).getToken()).rejects.toThrow(`answered ${status}`)
      expect(server.seen).toHaveLength(requests)
    }
  })

  it('stays within the mint’s own time', async () => {
    const clock = new FakeClock()
    await using server = await startUpstream((_request, response) => answer(response, 500))
    const source = clientCredentials({ tokenEndpoint: server.origin, ...secret, clock })
    const call = new TokenManager(source, { clock, timeoutMs: 50 }).getToken()
    const ended = expect(call).rejects.toMatchObject({ code: 'ERR_MINT_TIMEOUT' })
    while (server.seen.length === 0) await settle()
    clock.advance(50)
    await ended
  })
})

describe('a key that was replaced', () => {
  async function revoked(how: 'in memory' | 'in a store') {
    const clock = new FakeClock()
    const sandbox = await startApnsSandbox({ clock })
    const store = new MemoryTokenStore(clock)
    const key = { current: sandbox.credentials }
    const first = apnsPusher(sandbox, clock, store, key)
    expect((await first.push()).status).toBe(200)
    clock.advance(25 * MINUTE)
    sandbox.revokeKey()
    first.replaceKey()
    const second = how === 'in memory' ? first : apnsPusher(sandbox, clock, store, key)
    return { sandbox, second, [Symbol.asyncDispose]: () => sandbox.close() }
  }

  it.each(['in memory', 'in a store'] as const)(
    'at APNs: the next push works, though the old key’s token is %s, and no new token is one too many',
    async (how) => {
      await using place = await revoked(how)
      expect((await place.second.push()).status).toBe(200)
      expect((await place.second.push()).status).toBe(200)
      expect(place.sandbox.refusals).toEqual({ 'key-revoked': 1 })
    },
  )

  it('is used at once by refresh(), of a manager and of a pool, and within minAge as soon as that is over', async () => {
    const clock = new FakeClock()
    const key = { current: ecKey() }
    const makeSource = () =>
      jwtSource({
        algorithm: 'ES256',
        key: () => key.current,
        claims: { iss: 'a' },
        lifetime: 1200,
        origins: [],
        clock,
      })
    const manager = new TokenManager(makeSource(), { clock })
    const pool = new TokenPool((_tenant: string) => makeSource(), { max: 10, clock })
    const old = [manager, pool.get('a'), pool.get('b')]
    const before = await Promise.all(old.map((each) => each.getToken()))
    key.current = ecKey()
    expect((await manager.getToken()).keyFingerprint).toBe(before[0]?.keyFingerprint)
    const replaced = await manager.refresh()
    expect(replaced.keyFingerprint).not.toBe(before[0]?.keyFingerprint)
    await pool.refresh('a')
    expect((await pool.get('a').getToken()).keyFingerprint).toBe(replaced.keyFingerprint)
    expect((await pool.get('b').getToken()).keyFingerprint).toBe(before[2]?.keyFingerprint)
    await pool.refresh()
    expect((await pool.get('b').getToken()).keyFingerprint).toBe(replaced.keyFingerprint)

    const strict = new TokenManager(makeSource(), { clock, minAge: 600 })
    const held = await strict.getToken()
    key.current = ecKey()
    expect(await strict.refresh()).toBe(held)
    clock.advance(599_999)
    expect(await strict.getToken()).toBe(held)
    clock.advance(1)
    expect((await strict.getToken()).keyFingerprint).not.toBe(held.keyFingerprint)
  })

  it('is not kept from anyone by a store that still has the old key’s token', async () => {
    const clock = new FakeClock()
    const source = new ScriptedSource({ clock })
    const store = new MemoryTokenStore(clock)
    const manager = new TokenManager(source, { clock, store })
    await manager.getToken()
    await settle()
    expect((await manager.refresh()).value).toBe('token-2')
    const strict = new TokenManager(source, { clock, store, minAge: 600 })
    const held = await strict.getToken()
    expect(await strict.refresh()).toBe(held)
    clock.advance(600_000)
    expect((await strict.getToken()).value).toBe('token-3')
    expect((await strict.getToken()).value).toBe('token-3')
  })
})

describe('the same second', () => {
  it.each(['HS256', 'RS256', 'EdDSA', 'ES256'] as const)(
    'a token of %s that was refused is followed by another, and nothing throws',
    async (algorithm) => {
      const clock = new FakeClock()
      const { generateKey } = await import('@mayfly/core')
      const key = await generateKey(algorithm)
      let asked = 0
      await using upstream = await startUpstream((_request, response) =>
        answer(response, asked++ === 0 ? 401 : 200),
      )
      const source = jwtSource({
        algorithm,
        key,
        claims: { iss: 'a' },
        lifetime: 1200,
        origins: [upstream.origin],
        clock,
      })
      const fetch = bearerFetch(new TokenManager(source, { clock }), { clock })
      for (let call = 0; call < 10; call++) {
        expect((await fetch(upstream.origin)).status).toBe(200)
      }
      const [first, second] = upstream.seen
      expect(second?.authorization).not.toBe(first?.authorization)
      const [token] = [await source.getToken()]
      expect(token.issuedAt).toBeLessThanOrEqual(clock.now() / 1000)
    },
  )

  it('is left to the refused token where iat cannot differ, without an error', async () => {
    const clock = new FakeClock()
    await using upstream = await startUpstream((_request, response) => answer(response, 401))
    const source = jwtSource({
      algorithm: 'HS256',
      key: { secret: new Uint8Array(32).fill(7) },
      claims: { iss: 'a' },
      lifetime: 1200,
      backdate: 0,
      origins: [upstream.origin],
      clock,
    })
    const manager = new TokenManager(source, { clock })
    const fetch = bearerFetch(manager, { clock })
    for (let call = 0; call < 10; call++, clock.advance(80)) {
      expect((await fetch(upstream.origin)).status).toBe(401)
      expect((await manager.getToken()).value).not.toBe('')
    }
    expect(upstream.seen).toHaveLength(10)
  })
})
