import { describe, expect, it } from 'vitest'
import { connected, EXPIRED_MS, tokenOf, World } from './world.ts'

describe('a grant', () => {
  it('gives the saved token while it is fresh, without a look at the store', async () => {
    const { world, a, source } = await connected()
    a.store.down = true
    const token = await source.getToken()
    expect(token.value).toBe(world.server.families[0]?.access)
    expect(token.origins).toEqual(['https://api.example.com'])
    expect(await source.getToken()).toBe(token)
    expect(world.server.requests).toBe(0)
  })

  it('gives a stale token out, and refreshes it behind that', async () => {
    const work: Promise<unknown>[] = []
    const { world, source } = await connected({ waitUntil: (each) => void work.push(each) })
    world.pass(3_400_000)
    const first = await source.getToken()
    expect(work).toHaveLength(1)
    await world.run(Promise.all(work))
    const second = await source.getToken()
    expect(second.value).not.toBe(first.value)
    expect(world.server.requests).toBe(1)
  })

  it('serves from memory while the store is away, and says 503 when that is over', async () => {
    const { world, a, source } = await connected()
    a.store.down = true
    world.pass(3_400_000)
    const token = await source.getToken()
    world.pass(190_000)
    // Past the margin, and yet alive.
    expect((await world.run(source.getToken())).value).toBe(token.value)
    world.pass(20_000)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ code: 'ERR_GRANT_STORE' })
    expect(world.server.requests).toBe(0)
  })

  it('is read again a minute after it was seen, so that a disconnect elsewhere is noticed', async () => {
    const { world, a, source } = await connected()
    const b = world.process()
    await world.run(b.grants.revoke('shop'))
    await source.getToken()
    world.pass(61_000)
    await source.getToken()
    await world.rest()
    await expect(world.run(source.getToken())).rejects.toMatchObject({ code: 'ERR_GRANT_MISSING' })
    expect(a.events).toEqual([])
  })

  it('takes what was saved anew elsewhere', async () => {
    const { world, a, source } = await connected()
    const b = world.process()
    await world.run(b.grants.save('shop', world.server.connect()))
    world.pass(61_000)
    await source.getToken()
    await world.rest()
    expect((await source.getToken()).value).toBe(world.server.families[1]?.access)
    expect(a.events).toMatchObject([{ type: 'adopted', id: 'shop' }])
  })

  it('waits as long as the server asks, in every process, and keeps serving what is left', async () => {
    const { world, a, source } = await connected()
    const b = world.process()
    world.server.fates = ['unavailable']
    world.pass(3_580_000)
    const token = await world.run(source.getToken())
    expect(token.value).toBe(world.server.families[0]?.access)
    world.pass(30_000)
    world.server.fates = ['unavailable']
    const refused = await world.run(source.getToken().catch((error: unknown) => error))
    expect(refused).toMatchObject({ retryAfterMs: 7000 })
    for (const each of [a, b]) {
      const calls = Array.from({ length: 20 }, async () =>
        tokenOf(each).catch((error: unknown) => error),
      )
      for (const error of await world.run(Promise.all(calls))) {
        expect((error as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(0)
      }
    }
    expect(world.server.requests).toBe(2)
    world.pass(7000)
    expect(await world.run(tokenOf(b))).toBe(world.server.families[0]?.access)
  })

  it('is refreshed once for fifty refusals of a token that the server ended', async () => {
    const { world, source } = await connected()
    const tokens = await Promise.all(Array.from({ length: 50 }, async () => source.getToken()))
    for (const token of tokens) source.invalidate?.(token)
    const again = await world.run(Promise.all(tokens.map(async () => source.getToken())))
    expect(new Set(again.map(({ value }) => value))).toEqual(
      new Set([world.server.families[0]?.access]),
    )
    expect(world.server.requests).toBe(1)
  })

  it('takes another process’s token instead of refreshing, where its own was refused', async () => {
    const { world, source } = await connected()
    const old = await source.getToken()
    const b = world.process()
    await world.run(b.grants.source('shop').getToken({ forceRefresh: true }))
    source.invalidate?.(old)
    const token = await world.run(source.getToken())
    expect(token.value).toBe(world.server.families[0]?.access)
    expect(world.server.requests).toBe(1)
  })

  it('puts the brake on refusals that no token cures: five refreshes in a minute at the most', async () => {
    const { world, source } = await connected()
    for (let call = 0; call < 200; call++) {
      source.invalidate?.(await world.run(source.getToken()))
      world.pass(300)
    }
    expect(world.server.requests).toBeGreaterThan(1)
    expect(world.server.requests).toBeLessThanOrEqual(5)
  })

  it('is refreshed for a second refusal where the new token had been accepted', async () => {
    const { world, source } = await connected()
    const first = await source.getToken()
    source.invalidate?.(first)
    const second = await world.run(source.getToken())
    source.confirm?.(second)
    source.invalidate?.(second)
    const third = await world.run(source.getToken())
    expect(world.server.accepts(third.value)).toBe(true)
    expect(world.server.requests).toBe(2)
  })

  it('is refreshed when it is asked to be, and by each of two who ask one after the other', async () => {
    const { world, source } = await connected()
    const values = new Set([(await source.getToken()).value])
    for (let round = 0; round < 2; round++) {
      const force = { forceRefresh: true }
      const both = await world.run(Promise.all([source.getToken(force), source.getToken(force)]))
      expect(both[0].value).toBe(both[1].value)
      values.add(both[0].value)
    }
    expect(values.size).toBe(3)
    expect(world.server.requests).toBe(2)
  })

  it('ends a caller’s wait by its signal, and nobody else’s', async () => {
    const { world, source } = await connected()
    world.pass(EXPIRED_MS)
    const controller = new AbortController()
    world.server.during = () => controller.abort(new Error('gone'))
    const impatient = source.getToken({ signal: controller.signal })
    const patient = source.getToken()
    await expect(world.run(impatient)).rejects.toThrow('gone')
    expect((await world.run(patient)).value).toBe(world.server.families[0]?.access)
  })

  it('does not ask again for a token that no server gives', async () => {
    const { world, source } = await connected()
    const error = await world.run(
      source.getToken({ minLifetime: 7200 }).catch((caught: unknown) => caught),
    )
    expect(error).toMatchObject({ code: 'ERR_TOKEN_TOO_SHORT' })
    expect(world.server.requests).toBe(0)
    world.pass(1_000_000)
    const token = await world.run(source.getToken({ minLifetime: 3000 }))
    expect(token.expiresAt - world.clock.now() / 1000).toBeGreaterThan(3000)
  })

  it('keeps its refresh token where an answer has none, and refreshes with it again', async () => {
    const { world, source } = await connected()
    world.server.rotates = false
    for (let round = 1; round <= 3; round++) {
      world.pass(EXPIRED_MS)
      await world.run(source.getToken())
      expect(world.server.families[0]).toMatchObject({ rotations: round, reused: false })
    }
  })

  it('saves a new refresh token although nothing else of the answer can be used', async () => {
    const { world, a } = await connected()
    const { fetch } = world.server
    const b = world.process(0, {
      fetch: async (...args) => {
        const json = (await (await fetch(...args)).json()) as object
        return Response.json({ ...json, token_type: 'DPoP' })
      },
    })
    world.pass(EXPIRED_MS)
    const error = await world.run(tokenOf(b).catch((caught: unknown) => caught))
    expect(error).toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
    expect(String(error)).not.toMatch(/secret/)
    world.pass(5000)
    expect(await world.run(tokenOf(a))).toBe(world.server.families[0]?.access)
    expect(world.server.families[0]).toMatchObject({ reused: false, rotations: 2 })
  })

  it('tells of a known end ahead of time, once', async () => {
    const world = new World()
    const a = world.process(0, { facts: { absoluteLifetime: 30 * 86_400 } })
    await world.run(a.grants.save('shop', world.server.connect()))
    for (let day = 0; day < 28; day++) {
      world.pass(86_400_000)
      await world.run(tokenOf(a))
    }
    const endsAt = 1_700_000_000 + 30 * 86_400
    expect(a.events.filter(({ type }) => type === 'expiring')).toEqual([
      { type: 'expiring', id: 'shop', endsAt },
    ])
  })
})
