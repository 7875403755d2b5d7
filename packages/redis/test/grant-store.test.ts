import { randomUUID } from 'node:crypto'
import { grantStoreConformance } from '@mayfly/conformance'
import { OptionError } from '@mayfly/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../../../scripts/servers/redis.ts'
import { RedisGrantStore } from '../src/index.ts'
import { type Connected, PACKAGES } from './support.ts'

describe.runIf(hasRedis()).each(PACKAGES)('grants in Redis, by %s', (_, connect) => {
  let server: RedisServer
  let one: Connected
  let two: Connected
  beforeAll(async () => {
    server = await startRedis({ appendonly: true })
    one = await connect(server.url)
    two = await connect(server.url)
  })
  afterAll(async () => {
    await one[Symbol.asyncDispose]()
    await two[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const open = async () => {
    const prefix = randomUUID()
    return {
      processes: [one, two].map(
        ({ client }) => new RedisGrantStore({ client, prefix, timeoutMs: 5000, onWarning: null }),
      ),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  for (const { name, run } of grantStoreConformance({ open })) it(name, run)

  it('survive a crash of the server', async () => {
    const store = new RedisGrantStore({ client: one.client, prefix: 'crash', onWarning: null })
    const version = await store.write('a', 'one')
    await server.kill()
    await expect(store.read('a')).rejects.toMatchObject({ name: 'RedisStoreError' })
    await server.start()
    await expect
      .poll(() => store.read('a').catch(() => undefined), { timeout: 10_000 })
      .toMatchObject({ record: 'one', version })
  })

  it('warn of each setting by which they can be lost', async () => {
    await using plain = await startRedis()
    await using connected = await connect(plain.url)
    const warnings: string[] = []
    const onWarning = (warning: string): void => void warnings.push(warning)
    const store = new RedisGrantStore({ client: connected.client, onWarning })
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]).toContain('"appendonly" is "no"')
    expect(
      () => new RedisGrantStore({ client: connected.client, onwarning: null } as never),
    ).toThrow(OptionError)
    expect(await store.list()).toEqual({ ids: [] })
  })
})
