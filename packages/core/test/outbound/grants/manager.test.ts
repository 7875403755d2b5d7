import { inspect } from 'node:util'
import { type AccessToken, bearerFetch } from '@mayfly/core'
import { generateSealingKey, GrantManager, MemoryGrantStore, Sealing } from '@mayfly/core/grants'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { type Process, tokenOf, World } from './world.ts'

const EXPIRED_MS = 3_700_000

async function connected(options: Parameters<World['process']>[1] = {}) {
  const world = new World()
  const a = world.process(0, options)
  await world.run(a.grants.save('shop', world.server.connect()))
  return { world, a, source: a.grants.source('shop') }
}

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

describe('a grant that ends', () => {
  it('throws from then on, without a request, until it is saved anew', async () => {
    const { world, a, source } = await connected()
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    world.pass(EXPIRED_MS)
    for (let round = 0; round < 3; round++) {
      const error = await world.run(source.getToken().catch((caught: unknown) => caught))
      expect(error).toMatchObject({ code: 'ERR_GRANT_ENDED', permanent: true, cause: 'unknown' })
    }
    expect(world.server.requests).toBe(1)
    expect(a.events).toMatchObject([{ type: 'reconnect-needed', cause: 'unknown' }])
    await world.run(a.grants.save('shop', world.server.connect()))
    expect((await source.getToken()).value).toBe(world.server.families[1]?.access)
  })

  it.each([
    ['revoked', { error_description: 'Token has been expired or revoked.' }, 'expired'],
    ['revoked', { error_description: 'The grant was revoked by its user.' }, 'revoked'],
  ])('says what the server says: %s', async (_, body, cause) => {
    const { world, source } = await connected({
      fetch: async () => Response.json({ error: 'invalid_grant', ...body }, { status: 400 }),
    })
    world.pass(EXPIRED_MS)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ cause })
  })

  it('is expired where a known end has passed', async () => {
    const { world, source } = await connected({ facts: { idleLifetime: 86_400 } })
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    world.pass(86_500_000)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ cause: 'expired' })
  })

  it('is not ended by a refusal that came for what was there before', async () => {
    const { world, a, source } = await connected()
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    world.pass(EXPIRED_MS)
    world.server.during = async () => {
      world.server.during = undefined
      await a.grants.save('shop', world.server.connect())
    }
    expect((await world.run(source.getToken())).value).toBe(world.server.families[1]?.access)
    expect(a.events.filter(({ type }) => type === 'reconnect-needed')).toEqual([])
  })

  it('is told of once, though two processes hear of it', async () => {
    const { world, a } = await connected()
    const [family] = world.server.families
    if (family !== undefined) family.ended = true
    let answered = (): void => {}
    const held = new Promise<void>((resolve) => {
      answered = resolve
    })
    const { fetch } = world.server
    const frozen: Process = world.process(0, {
      fetch: async (...args) => {
        const answer = await fetch(...args)
        frozen.store.down = true
        await held
        frozen.store.down = false
        return answer
      },
    })
    world.pass(EXPIRED_MS)
    const late = tokenOf(frozen).catch((error: unknown) => error)
    await world.rest()
    const early = await world.run(tokenOf(a).catch((error: unknown) => error))
    answered()
    for (const error of [early, await world.run(late)]) {
      expect(error).toMatchObject({ code: 'ERR_GRANT_ENDED' })
    }
    expect(world.events('reconnect-needed')).toHaveLength(1)
  })
})

describe('revoke', () => {
  it('revokes at the server and deletes', async () => {
    const { world, a, source } = await connected()
    await world.run(a.grants.revoke('shop'))
    expect(world.server.revoked).toHaveLength(1)
    expect(world.server.families[0]?.ended).toBe(true)
    await expect(world.run(source.getToken())).rejects.toMatchObject({ code: 'ERR_GRANT_MISSING' })
    await world.run(a.grants.revoke('shop'))
    expect(world.server.revoked).toHaveLength(1)
  })

  it('waits for a refresh under way, in this process and in others', async () => {
    for (const ahead of [undefined, 0]) {
      const { world, a, source } = await connected()
      const other = ahead === undefined ? a : world.process(ahead)
      world.pass(EXPIRED_MS)
      let revoking: Promise<void> | undefined
      world.server.during = async () => {
        revoking ??= other.grants.revoke('shop')
        await new Promise((resolve) => setImmediate(resolve))
        expect(world.server.revoked).toEqual([])
      }
      await world.run(source.getToken().catch(() => {}))
      await world.run(revoking ?? Promise.reject(new Error('not begun')))
      expect(world.server.families[0]).toMatchObject({ ended: true, reused: false })
      expect(await world.store.read('shop')).toBeUndefined()
    }
  })

  it('that fails at the server ends the grant, keeps it, and is tried again when asked', async () => {
    let down = true
    const world = new World()
    const { fetch } = world.server
    const a = world.process(0, {
      fetch: async (input, init) =>
        down && String(input).endsWith('/revoke')
          ? new Response('', { status: 500 })
          : fetch(input, init),
    })
    await world.run(a.grants.save('shop', world.server.connect()))
    await expect(world.run(a.grants.revoke('shop'))).rejects.toMatchObject({
      code: 'ERR_GRANT_REVOCATION',
    })
    await expect(world.run(tokenOf(a))).rejects.toMatchObject({
      code: 'ERR_GRANT_ENDED',
      cause: 'revoked',
    })
    down = false
    await world.run(a.grants.revoke('shop'))
    expect(world.server.families[0]?.ended).toBe(true)
    expect(await world.run(a.grants.show('shop'))).toBeUndefined()
  })
})

describe('a manager', () => {
  it('keeps the tokens of grants apart, and refreshes each of many that do not fit into memory', async () => {
    const world = new World()
    const a = world.process(0, { maxInMemory: 2 })
    const ids = Array.from({ length: 10 }, (_, index) => `shop-${index}`)
    for (const id of ids) await world.run(a.grants.save(id, world.server.connect()))
    world.pass(EXPIRED_MS)
    const calls = [...ids, ...ids].map(async (id) => tokenOf(a, id))
    const tokens = await world.run(Promise.all(calls))
    for (const [index, token] of tokens.entries()) {
      expect(token).toBe(world.server.families[index % 10]?.access)
    }
    for (const family of world.server.families) {
      expect(family).toMatchObject({ rotations: 1, reused: false })
    }
  })

  it('waits on close until an answer is stored, and gives nothing after', async () => {
    const { world, a, source } = await connected()
    world.pass(EXPIRED_MS)
    a.store.fateOf = (write) => (write >= 2 && write < 5 ? 'lost' : 'done')
    void source.getToken().catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
    await world.run(a.grants.close())
    const b = world.process()
    expect(await world.run(tokenOf(b))).toBe(world.server.families[0]?.access)
    expect(world.server.families[0]?.reused).toBe(false)
    await expect(source.getToken()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('seals records, changes keys in two steps, and re-seals the rest', async () => {
    const [one, two] = [generateSealingKey(), { keyId: 'two', key: new Uint8Array(32).fill(7) }]
    const sealing = new Sealing([one])
    const { world, a } = await connected({ sealing, storeTimeoutMs: 3_600_000 })
    const stored = (await world.store.read('shop'))?.record ?? ''
    expect(stored).not.toMatch(/secret/)
    const header = JSON.parse(
      Buffer.from((JSON.parse(stored) as { protected: string }).protected, 'base64url').toString(),
    ) as object
    expect(header).toMatchObject({ alg: 'dir', enc: 'A256GCM' })
    const b = world.process(0, { sealing: [two], storeTimeoutMs: 3_600_000 })
    await expect(world.run(tokenOf(b))).rejects.toMatchObject({ code: 'ERR_GRANT_STORE' })
    expect(await world.run(b.grants.show('shop'))).toEqual({ id: 'shop', state: 'unreadable' })
    expect(await world.run(b.grants.reseal())).toEqual({ resealed: 0, current: 0, unreadable: 1 })
    sealing.replaceKeys([two, one])
    expect(await world.run(a.grants.reseal())).toEqual({ resealed: 1, current: 0, unreadable: 0 })
    expect(await world.run(a.grants.reseal())).toEqual({ resealed: 0, current: 1, unreadable: 0 })
    expect(await world.run(tokenOf(b))).toBe(world.server.families[0]?.access)
  })

  it('takes a record that was put in another’s place for broken', async () => {
    const { world, a } = await connected({
      sealing: [generateSealingKey()],
      storeTimeoutMs: 3_600_000,
    })
    await world.store.write('other', (await world.store.read('shop'))?.record ?? '')
    await expect(world.run(tokenOf(a, 'other'))).rejects.toMatchObject({ code: 'ERR_GRANT_STORE' })
  })

  it('lists grants without their tokens, and shows none in events, errors and inspect', async () => {
    const { world, a } = await connected()
    world.pass(EXPIRED_MS)
    world.server.fates = ['lost', 'reset']
    const error = await world.run(tokenOf(a).catch((caught: unknown) => caught))
    const listed: unknown[] = []
    for await (const each of a.grants.list()) listed.push(each)
    expect(listed).toHaveLength(1)
    const everything = inspect([error, listed, a.events, a.grants, a.grants.source('shop')], {
      depth: 20,
      showHidden: true,
    })
    expect(everything).toContain('shop')
    expect(everything).not.toMatch(/secret/)
  })

  it('is a source for bearerFetch, to its own origins alone', async () => {
    const { world, source } = await connected()
    const seen: string[] = []
    const call = bearerFetch(source, {
      clock: world.clock,
      fetch: async (_input, init) => {
        const authorization = new Headers(init?.headers).get('authorization') ?? ''
        seen.push(authorization)
        const isGood = world.server.accepts(authorization.slice('Bearer '.length))
        return new Response('', { status: isGood ? 200 : 401 })
      },
    })
    expect((await call('https://api.example.com/orders')).status).toBe(200)
    const [family] = world.server.families
    if (family !== undefined) family.access = 'ended by the server'
    expect((await world.run(call('https://api.example.com/orders'))).status).toBe(200)
    expect(seen).toHaveLength(3)
    await expect(call('https://evil.example/')).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
    })
  })

  it('refuses a request of nobody with 401', () => {
    const grants = new World().process().grants
    for (const id of [undefined, null, '']) {
      expect(() => grants.source(id)).toThrow(
        expect.objectContaining({ status: 401, reason: 'token_missing' }),
      )
    }
  })

  it('names the option that is wrong', async () => {
    const good = {
      store: new MemoryGrantStore(),
      sealing: null,
      endpoint: 'https://auth.example.com/token',
      client: { clientId: 'app' },
    }
    const wrong: [object, string][] = [
      [{ store: {} }, 'store'],
      [{ sealing: undefined }, 'sealing'],
      [{ sealing: ['short'] }, 'sealing'],
      [{ sealing: [] }, 'sealing'],
      [{ endpoint: 'http://auth.example.com/token' }, 'endpoint'],
      [{ issuer: 'https://auth.example.com' }, 'issuer'],
      [{ client: {} }, 'client.clientId'],
      [{ origins: ['api.example.com'] }, 'origins'],
      [{ leaseMs: 0 }, 'leaseMs'],
      [{ timeoutMs: Number.NaN }, 'timeoutMs'],
      [{ parameters: { grant_type: 'x' } }, 'parameters'],
      [{ leaseMS: 1 }, 'leaseMS'],
      [{ clock: {} }, 'clock'],
    ]
    for (const [change, option] of wrong) {
      expect(() => new GrantManager({ ...good, ...change } as never)).toThrow(
        expect.objectContaining({ option }),
      )
    }
    const grants = new GrantManager({ ...good, clock: new FakeClock() })
    const response = { access_token: 'a', refresh_token: 'r', expires_in: 60 }
    const badResponses: [object, string][] = [
      [{ refresh_token: undefined }, 'refresh_token'],
      [{ access_token: 'a b' }, 'access_token'],
      [{ expires_in: 'soon' }, 'expires_in'],
      [{ token_type: 'DPoP' }, 'token_type'],
    ]
    for (const [change, option] of badResponses) {
      const saving = grants.save('shop', { ...response, ...change } as never)
      await expect(saving).rejects.toMatchObject({ option })
    }
    await expect(grants.save('', response)).rejects.toMatchObject({ option: 'id' })
    await expect(grants.save('a', response, { obtainedAt: 1e12 })).rejects.toMatchObject({
      option: 'obtainedAt',
    })
  })

  it('gives tokens whose value stays out of logs', async () => {
    const { source } = await connected()
    const token: AccessToken = await source.getToken()
    expect(JSON.stringify(token) + inspect(token, { showHidden: true })).not.toMatch(/secret/)
  })
})
