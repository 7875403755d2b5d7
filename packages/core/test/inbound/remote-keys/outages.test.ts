import { authenticate, RemoteKeys } from '@mayfly/core'
import { startJwksServer } from '@mayfly/sandboxes'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { lasting, refreshes, remoteBench } from '../../support/remote.ts'
import { bearing } from '../../support/requests.ts'

const MINUTE = 60_000
const unavailable = { code: 'ERR_KEYS_UNAVAILABLE', status: 503, reason: 'keys_unavailable' }

describe('An outage', () => {
  it('is answered with 503, Retry-After and no challenge, and is reported', async () => {
    await using bench = await remoteBench()
    const { server, verifier, events } = bench
    server.down()
    const outcome = await authenticate(verifier, bearing(lasting(server)))
    expect(outcome).toMatchObject({ ok: false, error: unavailable })
    if (outcome.ok) return
    expect(outcome.error.headers).toEqual({ 'cache-control': 'no-store', 'retry-after': '1' })
    expect(outcome.error.toProblem()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'The token cannot be checked at the moment.',
      reason: 'keys_unavailable',
    })
    expect(events).toEqual([
      {
        type: 'jwks-refresh-failed',
        from: server.jwksUri,
        trigger: 'first',
        durationMs: 0,
        code: 'ERR_KEYS_FETCH',
        keysLeft: false,
        cooldownMs: 1000,
      },
      { type: 'deny', reason: 'keys_unavailable', durationMs: 0 },
    ])
  })

  it('makes no more than one try per pause, and each pause twice as long, up to a minute', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    server.failNext(1000, 500)
    const tries: number[] = []
    const start = clock.now()
    server.onEvent(() => tries.push((clock.now() - start) / 1000))
    for (let second = 0; second <= 200; second++) {
      await Promise.all([1, 2, 3].map(() => failure(() => verifier.verify(token))))
      clock.advanceSeconds(1)
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183])
  })

  it('says how long to wait', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    const ask = async (): Promise<unknown> => {
      const error = await failure(() => verifier.verify(token))
      expect(error).toMatchObject(unavailable)
      return (error as { headers: Record<string, string> }).headers['retry-after']
    }
    server.failNext(1, 429, { retryAfter: 20 })
    expect(await ask()).toBe('20')
    clock.advance(12_500)
    expect(await ask()).toBe('8')
    clock.advance(7499)
    expect(await ask()).toBe('1')
    clock.advance(1)
    await verifier.verify(token)
  })

  it('is not made longer than five minutes by what the issuer asks for', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    server.failNext(1, 503, { retryAfter: 86_400 })
    const error = await failure(() => verifier.warmUp())
    expect(error).toMatchObject({ code: 'ERR_KEYS_FETCH' })
    expect(verifier.health().keys[0]).toMatchObject({ retryInMs: 5 * MINUTE })
    expect(await failure(() => verifier.warmUp())).toBe(error)
    expect(server.keyRequests).toBe(1)
    clock.advance(5 * MINUTE)
    await verifier.warmUp()
  })

  it('that comes after a good answer begins with the shortest pause again', async () => {
    await using bench = await remoteBench({ keys: { staleIfErrorMs: 0 } })
    const { server, verifier, clock } = bench
    for (let outage = 0; outage < 3; outage++) {
      server.failNext(1, 500)
      await failure(() => verifier.warmUp())
      expect(verifier.health().keys[0]).toMatchObject({ retryInMs: 1000 })
      clock.advance(1000)
      await verifier.warmUp()
      clock.advance(10 * MINUTE)
    }
  })

  it('leaves known keys alone, and says 503 of unknown ones, for they may be new', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    await verifier.warmUp()
    server.down()
    const unknown = lasting(server, { keyId: 'perhaps-new' })
    expect(await failure(() => verifier.verify(unknown))).toMatchObject(unavailable)
    await verifier.verify(lasting(server))
    expect(await failure(() => verifier.verify(unknown))).toMatchObject(unavailable)
    server.up()
    clock.advance(1000)
    // A try that failed is not taken out of the budget for unknown keys.
    expect(await failure(() => verifier.verify(unknown))).toMatchObject({ code: 'ERR_TOKEN_KEY' })
  })

  it('is over once the keys are there', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, events } = bench
    server.down()
    for (const pause of [1000, 2000, 4000]) {
      await failure(() => verifier.warmUp())
      clock.advance(pause)
    }
    expect(verifier.health()).toMatchObject({
      ready: false,
      keys: [{ failures: 3, lastFailure: 'ERR_KEYS_FETCH' }],
    })
    server.up()
    await verifier.warmUp()
    expect(verifier.health()).toEqual({
      ready: true,
      keys: [
        {
          from: server.jwksUri,
          state: 'fresh',
          keys: 1,
          algorithms: ['ES256'],
          refused: 0,
          ageMs: 0,
          refreshing: false,
          failures: 0,
          lastFailure: undefined,
          retryInMs: 0,
        },
      ],
    })
    expect(refreshes(events).map(({ trigger }) => trigger)).toContain('warm-up')
  })
})

describe('health()', () => {
  it('gets the keys by itself, so that a server without requests becomes ready', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, refreshed } = bench
    server.down()
    const failed = refreshed()
    expect(verifier.health()).toMatchObject({ ready: false, keys: [{ refreshing: true }] })
    expect(await failed).toMatchObject({ type: 'jwks-refresh-failed', trigger: 'first' })
    expect(verifier.health()).toMatchObject({ ready: false, keys: [{ refreshing: false }] })
    server.up()
    clock.advance(1000)
    const done = refreshed()
    verifier.health()
    await done
    expect(verifier.health().ready).toBe(true)
  })

  it('counts the age of the keys', async () => {
    await using bench = await remoteBench()
    const { verifier, clock } = bench
    expect(verifier.health().keys[0]?.ageMs).toBeUndefined()
    await verifier.warmUp()
    clock.advance(MINUTE)
    expect(verifier.health().keys[0]?.ageMs).toBe(MINUTE)
  })
})

describe('warmUp()', () => {
  it('fetches once, and not again while the keys are fresh', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    await Promise.all([verifier.warmUp(), verifier.warmUp()])
    clock.advance(7 * MINUTE)
    await verifier.warmUp()
    expect(server.keyRequests).toBe(1)
  })

  it('is content with old keys where no newer ones can be had', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    await verifier.warmUp()
    server.down()
    clock.advance(11 * MINUTE)
    await verifier.warmUp()
  })

  it('complains of a set in which no key fits', async () => {
    await using bench = await remoteBench({ verifier: { algorithms: ['RS256'] } })
    const { server, verifier } = bench
    const error = await failure(() => verifier.warmUp())
    expect(error).toMatchObject({ name: 'KeyError', code: 'ERR_KEYS_NONE' })
    expect((error as Error).message).toContain(server.jwksUri)
  })
})

describe('Where a request must not wait for what another began, as on Cloudflare Workers', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('each fetches for itself, nothing goes on in the background, and all the rest is the same', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    await Promise.all([1, 2, 3].map(() => verifier.verify(lasting(server))))
    expect(server.keyRequests).toBe(3)
    clock.advance(8 * MINUTE)
    await verifier.verify(token)
    expect(verifier.health().keys[0]).toMatchObject({ state: 'fresh', refreshing: false })
    expect(server.keyRequests).toBe(3)
    server.rotate()
    clock.advance(2 * MINUTE)
    await verifier.verify(lasting(server))
    expect(server.keyRequests).toBe(4)
    server.failNext(2, 500)
    clock.advance(10 * MINUTE)
    await verifier.verify(token)
    await verifier.verify(token)
    expect(server.keyRequests).toBe(5)
    clock.advance(1000)
    await verifier.verify(token)
    expect(server.keyRequests).toBe(6)
  })

  it('an answer that was overtaken brings no removed key back', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    await using server = await startJwksServer()
    const [keyId] = server.keyIds
    const keys = new RemoteKeys({ jwksUri: server.jwksUri, algorithms: ['ES256'] })
    const releases: (() => void)[] = []
    const asked = new Promise<void>((resolve) => {
      server.beforeAnswer = () => {
        resolve()
        return new Promise<void>((release) => releases.push(release))
      }
    })
    const early = keys.find('ES256', keyId)
    await asked
    server.beforeAnswer = undefined
    server.rotate()
    server.removeKey()
    expect(await keys.find('ES256', keyId)).toEqual([])
    for (const release of releases) release()
    expect(await early).toEqual([])
  })
})
