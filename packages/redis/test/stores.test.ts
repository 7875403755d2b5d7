import { randomBytes, randomUUID } from 'node:crypto'
import { storeConformance, type StoresDriver } from '@mayfly/conformance'
import { createTestIssuer } from '@mayfly/testing'
import { TokenVerifier } from '@mayfly/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../../../scripts/servers/redis.ts'
import {
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

  it('read tokens of an older key, and none that was changed, moved or made with another', async () => {
    const prefix = randomUUID()
    const old = { keyId: 'old', key: randomBytes(32) }
    const now = { keyId: 'new', key }
    const store = (encryptionKeys: { keyId: string; key: Uint8Array }[]): RedisTokenStore =>
      new RedisTokenStore({ client: one.client, prefix, encryptionKeys })
    await store([old]).set('a', TOKEN)
    expect(await store([now, old]).get('a')).toEqual(TOKEN)
    expect(await store([now]).get('a')).toBeUndefined()
    expect(await store([{ keyId: 'old', key }]).get('a')).toBeUndefined()
    const [name = ''] = await keys(prefix)
    const sealed = String(await send(one.client, 'GET', name))
    await store([old]).set('b', TOKEN)
    const other = (await keys(prefix)).find((each) => each !== name) ?? ''
    await send(one.client, 'SET', other, sealed)
    expect(await store([old]).get('b')).toBeUndefined()
    for (const text of ['', '{', 'null', sealed.replace('"ciphertext":"', '"ciphertext":"A')]) {
      await send(one.client, 'SET', name, text)
      expect(await store([old]).get('a')).toBeUndefined()
    }
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
