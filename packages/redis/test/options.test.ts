import { describe, expect, it } from 'vitest'
import {
  RedisGenerations,
  RedisOneTimeGuard,
  RedisRevocations,
  RedisStoreError,
  RedisTokenStore,
} from '../src/index.ts'

const client = { sendCommand: async () => 'OK' }
const encryptionKeys = [{ keyId: 'a', key: new Uint8Array(32) }]

describe('options', () => {
  it.each([
    [{}, 'client'],
    [{ client: 7 }, 'client'],
    [{ client: {} }, 'client'],
    [{ client, prefx: 'a' }, 'prefx'],
    [{ client, prefix: '' }, 'prefix'],
    [{ client, prefix: 'a b' }, 'prefix'],
    [{ client, timeoutMs: 0 }, 'timeoutMs'],
    [{ client, timeoutMs: Number.NaN }, 'timeoutMs'],
  ])('of every store are checked: %j', (options, option) => {
    for (const Store of [RedisOneTimeGuard, RedisRevocations, RedisGenerations]) {
      expect(() => new Store(options as { client: typeof client })).toThrow(
        expect.objectContaining({ option }),
      )
    }
  })

  it.each([
    [[]],
    [[{ keyId: '', key: new Uint8Array(32) }]],
    [[{ keyId: 'a', key: new Uint8Array(31) }]],
    [[...encryptionKeys, ...encryptionKeys]],
  ])('of the token store are checked: %j', (keys) => {
    const make = (): RedisTokenStore => new RedisTokenStore({ client, encryptionKeys: keys })
    expect(make).toThrow(expect.objectContaining({ option: 'encryptionKeys' }))
  })

  it.each([0, Number.NaN, Infinity])('of generations are checked: %d', (maxLifetime) => {
    const make = (): RedisGenerations => new RedisGenerations({ client, maxLifetime })
    expect(make).toThrow(expect.objectContaining({ option: 'maxLifetime' }))
  })
})

describe('an answer that is none', () => {
  it('is an error, and never a yes', async () => {
    for (const answer of [undefined, 'QUEUED', 2, [], true]) {
      const odd = { client: { sendCommand: async () => answer } }
      const wanted = expect.objectContaining({ code: 'ERR_REDIS_ANSWER' })
      await expect(new RedisOneTimeGuard(odd).consume('a', 4e9)).rejects.toEqual(wanted)
      await expect(new RedisRevocations(odd).isRevoked('a')).rejects.toEqual(wanted)
      await expect(new RedisRevocations(odd).revoke('a', 4e9)).rejects.toEqual(wanted)
      await expect(new RedisGenerations(odd).bump('a')).rejects.toEqual(wanted)
      await expect(new RedisGenerations(odd).current('a')).rejects.toEqual(wanted)
    }
  })

  it('is given up on in time, and when the caller has gone', async () => {
    const silent = { client: { sendCommand: async () => new Promise(() => {}) }, timeoutMs: 1 }
    await expect(new RedisOneTimeGuard(silent).consume('a', 4e9)).rejects.toThrow(RedisStoreError)
    const store = new RedisTokenStore({ ...silent, timeoutMs: 60_000, encryptionKeys })
    const gone = store.get('a', { signal: AbortSignal.abort() })
    await expect(gone).rejects.toMatchObject({ code: 'ERR_REDIS_TIMEOUT' })
  })
})
