import { inspect } from 'node:util'
import { type AccessToken, bearerFetch } from '@mayfly/core'
import {
  generateSealingKey,
  GrantManager,
  type GrantManagerOptions,
  MemoryGrantStore,
  Sealing,
} from '@mayfly/core/grants'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { connected, EXPIRED_MS, tokenOf, World } from './world.ts'

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
    const good: GrantManagerOptions = {
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
      expect(() => new GrantManager({ ...good, ...change })).toThrow(
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
      const saving = grants.save('shop', { ...response, ...change })
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
