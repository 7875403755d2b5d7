import type { JwkSet } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { lasting, refreshes, remoteBench, requested } from '../../support/remote.ts'

const MINUTE = 60_000
const DAY = 86_400_000

describe('Keys over HTTP', () => {
  it('are fetched once, however many tokens come before they are there', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    const tokens = Array.from({ length: 50 }, () => lasting(server))
    await Promise.all(tokens.map((token) => verifier.verify(token)))
    expect(server.keyRequests).toBe(1)
    expect(server.metadataRequests).toBe(0)
  })

  it('are not fetched before they are needed', async () => {
    await using bench = await remoteBench()
    const { server, verifier } = bench
    for (const fault of ['unsigned', 'public-key-as-secret', 'other-spelling'] as const) {
      await failure(() => verifier.verify(server.mint({ fault })))
    }
    expect(server.requests).toBe(0)
  })

  it('are refreshed in the background before they run out, and nobody waits', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, events, refreshed } = bench
    const token = lasting(server)
    await verifier.verify(token)
    clock.advance(7.5 * MINUTE - 1)
    await verifier.verify(token)
    expect(server.keyRequests).toBe(1)
    clock.advance(1)
    server.beforeAnswer = () => Promise.resolve()
    const done = refreshed()
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)))
    expect(await done).toMatchObject({ type: 'jwks-refresh', trigger: 'due', keysRemoved: false })
    clock.advance(7.5 * MINUTE - 1)
    await verifier.verify(token)
    expect(server.keyRequests).toBe(2)
    expect(events.filter(({ type }) => type === 'verify')).toHaveLength(23)
  })

  it('are refreshed by traffic that the cache of verified tokens answers alone', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, refreshed } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.rotate()
    server.removeKey()
    clock.advance(8 * MINUTE)
    const done = refreshed()
    await verifier.verify(token)
    expect(await done).toMatchObject({ keysRemoved: true })
    expect(await failure(() => verifier.verify(token))).toMatchObject({ code: 'ERR_TOKEN_KEY' })
  })

  it('are waited for when they ran out while nobody came', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, events } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.rotate()
    server.removeKey()
    clock.advance(10 * MINUTE)
    // A key that is gone must not verify once more, not even what is in the cache.
    expect(await failure(() => verifier.verify(token))).toMatchObject({ code: 'ERR_TOKEN_KEY' })
    expect(refreshes(events).at(-1)).toMatchObject({ trigger: 'expired', keysRemoved: true })
    expect(server.keyRequests).toBe(2)
  })

  it.each([
    ['max-age=120', 2 * MINUTE],
    ['no-store', 30_000],
    ['max-age=31536000', 5 * MINUTE],
  ])('live as long as cache headers say, within bounds: %s', async (header, life) => {
    await using bench = await remoteBench({ keys: { cacheMaxAgeMs: 5 * MINUTE } })
    const { server, verifier, clock, refreshed } = bench
    server.setKeyHeaders({ 'cache-control': header })
    await verifier.warmUp()
    clock.advance(life * 0.75 - 1)
    expect(verifier.health().keys[0]).toMatchObject({ state: 'fresh', refreshing: false })
    clock.advance(1)
    const done = refreshed()
    expect(verifier.health().keys[0]).toMatchObject({ state: 'fresh', refreshing: true })
    await done
    clock.advance(life)
    expect(verifier.health().keys[0]).toMatchObject({ state: 'stale', refreshing: true })
  })

  it('are used on for a day when no newer ones can be had, and nobody waits for each try', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.beforeAnswer = () => new Promise(() => {})
    clock.advance(10 * MINUTE)
    const asked = requested(server)
    const first = verifier.verify(token)
    await asked
    clock.advance(5000)
    await first // it waited 5 s; the others do not
    for (let hour = 0; hour < 23; hour++) {
      clock.advance(3_600_000)
      await verifier.verify(token)
      await verifier.verify(lasting(server))
    }
    expect(verifier.health()).toMatchObject({ ready: true, keys: [{ state: 'stale' }] })
  })

  it('end after that day, and what they verified ends with them', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.down()
    clock.advance(10 * MINUTE + DAY - 1)
    await verifier.verify(token)
    clock.advance(1)
    expect(await failure(() => verifier.verify(token))).toMatchObject({ status: 503 })
    expect(verifier.health()).toMatchObject({ ready: false, keys: [{ state: 'empty' }] })
    server.up()
    clock.advance(60_000)
    await verifier.verify(token)
  })

  it('are not used on where staleIfErrorMs is 0', async () => {
    await using bench = await remoteBench({ keys: { staleIfErrorMs: 0 } })
    const { server, verifier, clock } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.down()
    clock.advance(10 * MINUTE)
    expect(await failure(() => verifier.verify(token))).toMatchObject({ status: 503 })
  })

  it('are refreshed when the clock was set back, since nobody knows how old they are', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, refreshed } = bench
    const token = lasting(server)
    await verifier.verify(token)
    clock.set(clock.now() - 1)
    const done = refreshed()
    await verifier.verify(token)
    expect(await done).toMatchObject({ type: 'jwks-refresh', trigger: 'due' })
  })

  it('come by the fetch that was given, which may ignore its signal', async () => {
    await using bench = await remoteBench({
      keys: { fetch: (input, init) => fetch(input, { ...init, signal: null }) },
    })
    const { server, verifier, clock } = bench
    server.beforeAnswer = () => new Promise(() => {})
    const asked = requested(server)
    const failed = failure(() => verifier.warmUp())
    await asked
    clock.advance(5000)
    expect(await failed).toMatchObject({ code: 'ERR_KEYS_TIMEOUT' })
  })
})

describe('A key that was removed', () => {
  it('takes with it what it verified, and nothing else', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, events, refreshed } = bench
    const old = lasting(server)
    server.rotate()
    const young = lasting(server)
    await verifier.verify(old)
    await verifier.verify(young)
    server.removeKey()
    clock.advance(8 * MINUTE)
    const done = refreshed()
    await verifier.verify(old)
    await done
    expect(await failure(() => verifier.verify(old))).toMatchObject({ code: 'ERR_TOKEN_KEY' })
    await verifier.verify(young)
    expect(events.at(-1)).toMatchObject({ type: 'verify', cached: false })
  })

  it('is noticed when another key has come under its id', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, refreshed } = bench
    const token = lasting(server)
    await verifier.verify(token)
    const [keyId] = server.keyIds
    server.rotate()
    const [jwk] = server.jwks.keys
    server.answerKeysWith({ status: 200, body: { keys: [{ ...jwk, kid: keyId }] } })
    clock.advance(8 * MINUTE)
    const done = refreshed()
    await verifier.verify(token)
    expect(await done).toMatchObject({ keysRemoved: true })
    const error = await failure(() => verifier.verify(token))
    expect(error).toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' })
  })

  it('is the only one that empties the cache: a new one does not', async () => {
    await using bench = await remoteBench()
    const { server, verifier, clock, events, refreshed } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.rotate()
    clock.advance(8 * MINUTE)
    const done = refreshed()
    await verifier.verify(token)
    await done
    await verifier.verify(token)
    expect(events.at(-1)).toMatchObject({ type: 'verify', cached: true })
  })

  it.each<[string, JwkSet]>([
    ['is empty', { keys: [] }],
    ['holds keys of another use', { keys: [{ kty: 'EC', crv: 'P-256', use: 'enc' }] }],
    ['holds nothing that can be read', { keys: [null, 7, { kty: 'EC', crv: 'P-256' }] as never }],
    ['holds secrets alone', { keys: [{ kty: 'oct', k: 'A'.repeat(43) }] }],
  ])('is not gone where the new set %s: health says that it is an old one', async (_, body) => {
    await using bench = await remoteBench()
    const { server, verifier, clock } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.answerKeysWith({ status: 200, body })
    clock.advance(10 * MINUTE)
    await verifier.verify(token)
    expect(verifier.health()).toMatchObject({
      ready: true,
      keys: [{ state: 'stale', keys: 1, failures: 1, lastFailure: 'ERR_KEYS_NONE' }],
    })
  })
})
