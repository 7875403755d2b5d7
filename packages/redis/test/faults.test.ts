import { connect as connectTo, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { createAccessToken, TokenManager } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { hasRedis, startRedis } from '../../../scripts/servers/redis.ts'
import {
  type RedisClient,
  RedisGenerations,
  RedisOneTimeGuard,
  RedisRevocations,
  RedisTokenStore,
} from '../src/index.ts'
import { type Connected, PACKAGES } from './support.ts'

const LATER = 4_000_000_000
const SIGNAL = new AbortController().signal
const TOKEN = {
  id: 'secret-id',
  value: 'secret-token',
  issuedAt: 1_700_000_000,
  expiresAt: LATER,
  origins: [],
}

function storesOf(client: RedisClient, timeoutMs = 1000) {
  const options = { client, timeoutMs }
  const encryptionKeys = [{ keyId: 'k1', key: new Uint8Array(32).fill(7) }]
  return {
    once: new RedisOneTimeGuard(options),
    revocations: new RedisRevocations(options),
    generations: new RedisGenerations(options),
    tokens: new RedisTokenStore({ ...options, encryptionKeys }),
  }
}

/** Everything that asks or tells, but what a manager catches. */
function callsOf(stores: ReturnType<typeof storesOf>): Record<string, () => Promise<unknown>> {
  const { once, revocations, generations, tokens } = stores
  return {
    consume: async () => once.consume('secret-id', LATER),
    revoke: async () => revocations.revoke('secret-id', LATER),
    isRevoked: async () => revocations.isRevoked('secret-id'),
    bump: async () => generations.bump('secret-id'),
    current: async () => generations.current('secret-id'),
    get: async () => tokens.get('secret-id'),
    set: async () => tokens.set('secret-id', TOKEN),
    delete: async () => tokens.delete('secret-id'),
    lock: async () => tokens.lock('secret-id', { lifetimeMs: 1000, signal: SIGNAL }),
  }
}

async function failures(
  calls: Record<string, () => Promise<unknown>>,
): Promise<Record<string, unknown>> {
  const outcomes = Object.entries(calls).map(async ([name, call]): Promise<[string, unknown]> => {
    try {
      await call()
      return [name, 'answered']
    } catch (error) {
      // Neither what is stored, nor a name, nor a command.
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(
        /secret|mayfly:|ciphertext|EVAL|PX/,
      )
      return [name, error instanceof Error ? error.message : error]
    }
  })
  return Object.fromEntries(await Promise.all(outcomes))
}

async function managed(client: RedisClient): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000)
  const source = {
    id: 'secret-id',
    origins: [],
    getToken: async () =>
      createAccessToken({ value: 'minted', issuedAt, expiresAt: issuedAt + 600 }),
  }
  const store = storesOf(client).tokens
  return (await new TokenManager(source, { store, storeTimeoutMs: 500 }).getToken()).value
}

const WRITES = ['consume', 'revoke', 'bump', 'set', 'lock']

describe.runIf(hasRedis()).each(PACKAGES)('a Redis that is not well, by %s', (_, connect) => {
  it('and refuses to write: what guards is closed, what saves work is done without', async () => {
    await using server = await startRedis()
    await using connected: Connected = await connect(server.url)
    const { client } = connected
    const faults: readonly [string, readonly string[], readonly string[]][] = [
      ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
      ['READONLY', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    ]
    for (const [word, begin, end] of faults) {
      await send(client, begin)
      const found = await failures(callsOf(storesOf(client)))
      for (const name of WRITES) {
        expect(found[name]).toBe(`Redis failed, or is out of reach (${word}).`)
      }
      expect(await managed(client)).toBe('minted')
      await send(client, end)
    }
    expect(await storesOf(client).once.consume('secret-id', LATER)).toBe(true)
  })

  it('and has something else under our names: a guard says no, a token is minted and put in its place', async () => {
    await using server = await startRedis()
    await using connected = await connect(server.url)
    const { client } = connected
    const stores = storesOf(client)
    await stores.once.consume('secret-id', LATER)
    await stores.revocations.revoke('secret-id', LATER)
    await stores.generations.bump('secret-id')
    await stores.tokens.set('secret-id', TOKEN)
    const names = (await send(client, ['KEYS', '*'])) as string[]
    expect(names).toHaveLength(5)
    for (const name of names) {
      await send(client, ['DEL', name])
      await send(client, ['RPUSH', name, 'secret'])
    }
    expect(await managed(client)).toBe('minted')
    const found = await failures(callsOf(stores))
    const failed = 'Redis failed, or is out of reach (WRONGTYPE).'
    expect(found).toMatchObject({ current: failed, bump: failed })
    expect(await stores.once.consume('secret-id', LATER)).toBe(false)
    expect(await stores.revocations.isRevoked('secret-id')).toBe(true)
  })

  it('and has a huge value in the place of a token: it is not read to its end', async () => {
    await using server = await startRedis()
    await using connected = await connect(server.url)
    const { client } = connected
    const { tokens } = storesOf(client)
    await tokens.set('secret-id', { ...TOKEN, value: 'x'.repeat(65_536) })
    expect((await tokens.get('secret-id'))?.value).toHaveLength(65_536)
    const [name = ''] = (await send(client, ['KEYS', '*'])) as string[]
    await send(client, ['SETRANGE', name, '100000000', 'x'])
    await send(client, ['CONFIG', 'RESETSTAT'])
    expect(await tokens.get('secret-id')).toBeUndefined()
    const stats = String(await send(client, ['INFO', 'stats']))
    expect(Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1])).toBeLessThan(300_000)
  })

  it('and takes no end that is thousands of years away: a mark stays for some of them', async () => {
    await using server = await startRedis()
    await using connected = await connect(server.url)
    const { once, revocations } = storesOf(connected.client)
    for (const [index, end] of [1e13, 1e20, 1e300].entries()) {
      expect(await once.consume(`far-${index}`, end)).toBe(true)
      expect(await once.consume(`far-${index}`, end)).toBe(false)
      await revocations.revoke(`far-${index}`, end)
      expect(await revocations.isRevoked(`far-${index}`)).toBe(true)
    }
  })

  it('and never answers: every call ends in good time, and there is a token all the same', async () => {
    await using server = await startRedis()
    await using silent = await startSilence(server.url)
    await using connected = await connect(silent.url)
    silent.begin()
    const late = 'Redis did not answer in time.'
    const found = await failures(callsOf(storesOf(connected.client, 100)))
    expect(new Set(Object.values(found))).toEqual(new Set([late]))
    expect(await managed(connected.client)).toBe('minted')
  })
})

async function send(client: RedisClient, [command = '', ...rest]: readonly string[]) {
  if ('call' in client) return client.call(command, ...rest)
  return (client as { sendCommand(args: string[]): Promise<unknown> }).sendCommand([
    command,
    ...rest,
  ])
}

/** What lies before a Redis, and swallows everything from a moment on. */
async function startSilence(url: string) {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connectTo(Number(new URL(url).port), '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    near.on('data', (chunk) => void (silent || far.write(chunk)))
    far.on('data', (chunk) => void (silent || near.write(chunk)))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `redis://127.0.0.1:${port}`,
    begin: () => {
      silent = true
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
