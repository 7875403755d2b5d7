import { randomBytes, randomUUID } from 'node:crypto'
import { storeConformance, type StoresDriver } from '@mayfly/conformance'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import {
  type AccessToken,
  createAccessToken,
  type ManagerEvent,
  TokenManager,
  TokenVerifier,
} from '@mayfly/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../../../scripts/servers/redis.ts'
import {
  type EncryptionKey,
  type NodeRedisLike,
  type RedisClient,
  RedisGenerations,
  RedisOneTimeGuard,
  RedisRevocations,
  RedisTokenStore,
} from '../src/index.ts'
import { type Connected, PACKAGES } from './support.ts'

const LATER = 4_000_000_000
const key = randomBytes(32)

describe.runIf(hasRedis()).each(PACKAGES)('stores in Redis, by %s', (_, connect) => {
  let server: RedisServer
  let one: Connected
  let two: Connected
  beforeAll(async () => {
    server = await startRedis()
    one = await connect(server.url)
    two = await connect(server.url)
  })
  afterAll(async () => {
    await one[Symbol.asyncDispose]()
    await two[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const driver: StoresDriver = {
    open: async () => {
      const prefix = randomUUID()
      return {
        processes: [one, two].map(({ client }) => storesOf(client, prefix)),
        [Symbol.asyncDispose]: async () => {},
      }
    },
  }
  for (const { name, run } of storeConformance(driver)) it(name, run)

  async function keys(prefix: string): Promise<string[]> {
    return (await send(one.client, 'KEYS', `${prefix}*`)) as string[]
  }

  it('forget what is over, a minute or an hour later, and show no name or token', async () => {
    const prefix = randomUUID()
    const stores = storesOf(one.client, prefix)
    const inAMinute = Date.now() / 1000 + 60
    await stores.once.consume('secret-id', inAMinute)
    await stores.revocations.revoke('secret-id', inAMinute)
    await stores.generations.bump('secret-id')
    await stores.tokens.set('secret-id', { ...TOKEN, expiresAt: inAMinute }, {})
    const all = await keys(prefix)
    expect(all).toHaveLength(5)
    for (const name of all.filter((each) => !each.endsWith(':lifetime'))) {
      const left = Number(await send(one.client, 'PTTL', name))
      const kinds = { generation: 90_000_000, revoked: 3_720_000, once: 3_720_000 }
      const longest = kinds[name.split(':')[1] as keyof typeof kinds] ?? 120_000
      expect(left).toBeGreaterThan(50_000)
      expect(left).toBeLessThanOrEqual(longest)
      expect(`${name} ${String(await send(one.client, 'GET', name))}`).not.toMatch(/secret/)
    }
  })

  it('keep a generation as long as any process counts on, whoever begins it', async () => {
    const prefix = randomUUID()
    const month = 30 * 86_400
    await new RedisGenerations({ client: one.client, prefix, maxLifetime: month }).current('alice')
    await new RedisGenerations({ client: one.client, prefix }).bump('alice')
    const names = (await keys(prefix)).filter((name) => !name.endsWith(':lifetime'))
    expect(names).toHaveLength(1)
    const left = Number(await send(one.client, 'PTTL', names[0] ?? ''))
    expect(left).toBeGreaterThan(month * 1000)
  })

  it('keep a revocation for the longest that was asked for', async () => {
    const prefix = randomUUID()
    const { revocations } = storesOf(one.client, prefix)
    const now = Date.now() / 1000
    await revocations.revoke('a', now + 600)
    await revocations.revoke('a', now + 60)
    const [name = ''] = await keys(prefix)
    expect(Number(await send(one.client, 'PTTL', name))).toBeGreaterThan(4_200_000)
    await revocations.revoke('a', now + 6000)
    expect(Number(await send(one.client, 'PTTL', name))).toBeGreaterThan(6_000_000)
  })

  it('read tokens of an older key, and do not take one that was changed, moved or made with another for none', async () => {
    const prefix = randomUUID()
    const old = { keyId: 'old', key: randomBytes(32) }
    const now = { keyId: 'new', key }
    const store = (encryptionKeys: { keyId: string; key: Uint8Array }[]): RedisTokenStore =>
      new RedisTokenStore({ client: one.client, prefix, encryptionKeys })
    await store([old]).set('a', TOKEN)
    expect(await store([now, old]).get('a')).toEqual(TOKEN)
    const unknown = { code: 'ERR_SEALING_KEY_UNKNOWN' }
    const broken = { code: 'ERR_SEALING_BROKEN' }
    await expect(store([now]).get('a')).rejects.toMatchObject(unknown)
    await expect(store([{ keyId: 'old', key }]).get('a')).rejects.toMatchObject(broken)
    const [name = ''] = await keys(prefix)
    const sealed = String(await send(one.client, 'GET', name))
    await store([old]).set('b', TOKEN)
    const other = (await keys(prefix)).find((each) => each !== name) ?? ''
    await send(one.client, 'SET', other, sealed)
    await expect(store([old]).get('b')).rejects.toMatchObject(broken)
    const changed = sealed.replace('"ciphertext":"', '"ciphertext":"A')
    await send(one.client, 'SET', name, changed)
    await expect(store([old]).get('a')).rejects.toMatchObject(broken)
    for (const text of ['', '{', 'null']) {
      await send(one.client, 'SET', name, text)
      expect(await store([old]).get('a')).toBeUndefined()
    }
  })

  it('let their key be changed in two steps, with old and new processes side by side', async () => {
    const prefix = randomUUID()
    const [a, b] = ['a', 'b'].map((keyId) => ({ keyId, key: randomBytes(32) }))
    if (a === undefined || b === undefined) return
    const clock = new FakeClock(Date.now())
    let mints = 0
    const events: ManagerEvent[] = []
    const process = (encryptionKeys: EncryptionKey[]): TokenManager => {
      const store = new RedisTokenStore({ client: one.client, prefix, encryptionKeys, clock })
      const getToken = async (): Promise<AccessToken> => {
        const issuedAt = Math.floor(clock.now() / 1000)
        return createAccessToken({ value: `t-${++mints}`, issuedAt, expiresAt: issuedAt + 3600 })
      }
      const source = { id: 'one', origins: [], revokesPrevious: true, getToken }
      const observe = (event: ManagerEvent): void => void events.push(event)
      return new TokenManager(source, { store, clock, observe, storeTimeoutMs: 60_000 })
    }
    const steps = [[a], [a, b], [b, a], [b]]
    const all = [process([a])]
    for (const [step, after] of steps.slice(1).entries()) {
      const rolling = [...all.slice(-1), process(steps[step] ?? []), process(after), process(after)]
      const written = async () => expect.poll(async () => keys(`${prefix}:lock`)).toEqual([])
      for (const manager of rolling) {
        await manager.getToken({ minLifetime: 60 })
        await written()
      }
      // The token is renewed in the middle of a change, by an old process and by a new one.
      for (const renewing of [rolling[0], rolling[3]]) {
        const before = mints
        clock.advanceSeconds(3590)
        const first = await renewing?.getToken()
        await written()
        for (const manager of rolling) expect((await manager.getToken()).value).toBe(first?.value)
        expect(mints).toBe(before + 1)
      }
      all.push(...rolling)
    }
    expect(events.filter(({ type }) => type !== 'mint')).toEqual([])
  })

  it('guard a verifier, which is closed while Redis is away and open again after', async () => {
    await using own = await startRedis()
    await using connected = await connect(own.url)
    const { client } = connected
    const issuer = createTestIssuer()
    const verifier = new TokenVerifier({
      issuer: issuer.issuer,
      audience: null,
      keys: issuer.keys,
      once: new RedisOneTimeGuard({ client, timeoutMs: 300 }),
      revocations: new RedisRevocations({ client, timeoutMs: 300 }),
    })
    const token = issuer.mint()
    await verifier.verify(token)
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'token_replayed' })
    await own.kill()
    const refused = verifier.verify(issuer.mint())
    await expect(refused).rejects.toMatchObject({ status: 503, reason: 'store_unavailable' })
    const kept = issuer.mint()
    const byUse = new TokenVerifier({
      issuer: issuer.issuer,
      audience: null,
      keys: issuer.keys,
      once: new RedisOneTimeGuard({ client, timeoutMs: 300 }),
    })
    await expect(byUse.verify(kept)).rejects.toMatchObject({ reason: 'store_unavailable' })
    await own.start()
    await expect
      .poll(
        () =>
          verifier.verify(issuer.mint()).then(
            () => 'good',
            () => 'bad',
          ),
        { timeout: 10_000 },
      )
      .toBe('good')
    // Its client was told to come again, and nothing has used it up behind its back.
    expect(await verifier.verify(kept)).toBeDefined()
  })
})

const TOKEN = {
  id: 'secret-id',
  value: 'secret-token',
  issuedAt: 1_700_000_000,
  expiresAt: LATER,
  origins: ['https://api.example.com'],
}

function storesOf(client: RedisClient, prefix: string) {
  return {
    once: new RedisOneTimeGuard({ client, prefix }),
    revocations: new RedisRevocations({ client, prefix }),
    generations: new RedisGenerations({ client, prefix }),
    tokens: new RedisTokenStore({ client, prefix, encryptionKeys: [{ keyId: 'k1', key }] }),
  }
}

async function send(client: RedisClient, command: string, ...rest: string[]): Promise<unknown> {
  if ('call' in client) return client.call(command, ...rest)
  return (client as NodeRedisLike).sendCommand([command, ...rest])
}
