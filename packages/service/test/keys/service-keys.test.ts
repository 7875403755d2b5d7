import { type Ledger, openLedger } from '@mayfly/service'
import { FakeClock } from '@mayfly/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { memoryKeyStore } from '../../src/keys/memory-store.ts'
import { ServiceKeys } from '../../src/keys/service-keys.ts'
import { generateSealKey } from '../../src/seal/seal-key.ts'
import { Sealer } from '../../src/seal/sealer.ts'
import { SEALER, kidOf, signToken, startNode, verifyWith } from './node.ts'

const DAY = 86_400

let clock: FakeClock
let ledger: Ledger

beforeEach(async () => {
  clock = new FakeClock()
  ledger = await openLedger({ database: ':memory:', clock })
  onTestFinished(() => ledger.close())
})

function now(): number {
  return Math.floor(clock.now() / 1000)
}

function kids({ keys }: { keys: readonly { kid?: string }[] }): readonly (string | undefined)[] {
  return keys.map(({ kid }) => kid)
}

describe('ServiceKeys', () => {
  it('makes a first key that signs at once, and publishes its public half alone', async () => {
    const keys = await startNode(ledger, clock)
    const token = await signToken(keys, clock)
    const jwks = await keys.jwks()
    expect(kids(jwks)).toStrictEqual([kidOf(token)])
    expect(Object.keys(jwks.keys[0] ?? {}).toSorted()).toStrictEqual([
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      'y',
    ])
    await verifyWith(jwks, token, clock)
  })

  it('keeps nothing of a private key in the ledger that can be read without the seal', async () => {
    await startNode(ledger, clock)
    const [stored] = await ledger.keys()
    const readable = stored?.sealedKey.split('.').map((part) => Buffer.from(part, 'base64url'))
    expect(readable).toHaveLength(5)
    for (const part of readable ?? []) expect(part.toString()).not.toContain('"d"')
    const other = new Sealer([generateSealKey()])
    await expect(startNode(ledger, clock, { sealer: other })).rejects.toMatchObject({
      code: 'ERR_SEAL_KEY_UNKNOWN',
    })
  })

  it('refuses a ledger where one key was put in the place of another', async () => {
    await startNode(ledger, clock)
    const [stored] = await ledger.keys()
    if (stored === undefined) throw new Error('There is no key.')
    await ledger.removeKey(stored.keyId)
    await ledger.addKey({ ...stored, keyId: 'another' }, undefined)
    await expect(startNode(ledger, clock)).rejects.toMatchObject({ code: 'ERR_SEAL_BROKEN' })
  })

  it.each(['RS256', 'PS256', 'ES384', 'EdDSA', 'Ed25519'] as const)(
    'signs with %s',
    async (algorithm) => {
      const keys = await startNode(ledger, clock, { algorithm })
      const again = await startNode(ledger, clock, { algorithm })
      const token = await signToken(again, clock)
      await verifyWith(await keys.jwks(), token, clock)
      expect(keys.algorithms).toStrictEqual([algorithm])
    },
  )

  it('keeps its keys over a restart', async () => {
    const token = await signToken(await startNode(ledger, clock), clock)
    const restarted = await startNode(ledger, clock)
    await verifyWith(await restarted.jwks(), token, clock)
    expect(kidOf(await signToken(restarted, clock))).toBe(kidOf(token))
  })

  it('keeps nothing where its keys are in memory', async () => {
    const token = await signToken(
      await ServiceKeys.open({ ledger: memoryKeyStore(), sealer: SEALER, clock }),
      clock,
    )
    const restarted = await ServiceKeys.open({ ledger: memoryKeyStore(), sealer: SEALER, clock })
    expect(kids(await restarted.jwks())).not.toContain(kidOf(token))
    expect(await ledger.keys()).toStrictEqual([])
  })

  it('goes over to another algorithm when it is started with one', async () => {
    await startNode(ledger, clock)
    const keys = await startNode(ledger, clock, { algorithm: 'EdDSA' })
    expect((await keys.list()).map(({ state, algorithm }) => [state, algorithm])).toStrictEqual([
      ['next', 'EdDSA'],
      ['active', 'ES256'],
    ])
    await startNode(ledger, clock, { algorithm: 'EdDSA' })
    expect(await ledger.keys()).toHaveLength(2)
    clock.advanceSeconds(700)
    expect((await keys.list())[0]).toMatchObject({ state: 'active', algorithm: 'EdDSA' })
  })

  it.each([
    [{ algorithm: 'HS256' }, 'algorithm'],
    [{ rotateEvery: 59 }, 'rotateEvery'],
    [{ rotateEvery: Number.NaN }, 'rotateEvery'],
    [{ publishAhead: -1 }, 'publishAhead'],
    [{ rotatEvery: 60 }, 'rotatEvery'],
  ])('refuses %j', async (options, option) => {
    await expect(startNode(ledger, clock, options as never)).rejects.toMatchObject({ option })
  })
})

describe('a rotation', () => {
  it('happens by schedule, and a verifier with a cached JWKS never meets an unknown key', async () => {
    const publishAhead = 600
    const keys = await startNode(ledger, clock, { rotateEvery: DAY, publishAhead })
    const used = new Set<string>()
    let cached = { jwks: await keys.jwks(), at: now() }
    const steps = (4 * DAY) / 120
    for (let step = 0; step < steps; step += 1) {
      clock.advanceSeconds(120)
      const token = await signToken(keys, clock)
      used.add(kidOf(token))
      if (now() - cached.at > publishAhead) cached = { jwks: await keys.jwks(), at: now() }
      expect(kids(cached.jwks)).toContain(kidOf(token))
    }
    expect(used.size).toBe(4)
  })

  it('publishes the next key before it signs, and gives the one there is when asked again', async () => {
    const keys = await startNode(ledger, clock)
    const first = kidOf(await signToken(keys, clock))
    const next = await keys.rotate()
    expect(next).toStrictEqual({
      keyId: next.keyId,
      algorithm: 'ES256',
      activeFrom: now() + 660,
    })
    expect((await keys.list())[0]).toMatchObject({ keyId: next.keyId, state: 'next' })
    expect(await keys.rotate()).toStrictEqual(next)
    expect(kids(await keys.jwks())).toStrictEqual([next.keyId, first])
    expect(kidOf(await signToken(keys, clock))).toBe(first)
    clock.advanceSeconds(660)
    expect(kidOf(await signToken(keys, clock))).toBe(next.keyId)
  })

  it('keeps a key published until its last token is dead, by clocks that are behind too', async () => {
    const keys = await startNode(ledger, clock)
    const token = await signToken(keys, clock, 3600)
    await keys.rotate()
    clock.advanceSeconds(3600 + 299)
    expect(kids(await keys.jwks())).toContain(kidOf(token))
    clock.advanceSeconds(2 * 3600)
    await ledger.purge({ expiredBefore: 0, now: now() })
    expect(kids(await keys.jwks())).not.toContain(kidOf(token))
    expect(await ledger.keys()).toHaveLength(1)
  })

  it('keeps the key of a token that is good for a year', async () => {
    const keys = await startNode(ledger, clock, { rotateEvery: 30 * DAY })
    const token = await signToken(keys, clock, 365 * DAY)
    for (let month = 0; month < 12; month += 1) {
      clock.advanceSeconds(30 * DAY)
      await signToken(keys, clock)
      await ledger.purge({ expiredBefore: 0, now: now() })
    }
    await verifyWith(await keys.jwks(), token, clock)
    // The present one, perhaps the next one, and the one before: those of nobody went.
    expect((await keys.jwks()).keys.length).toBeLessThanOrEqual(4)
    clock.advanceSeconds(6 * DAY)
    await ledger.purge({ expiredBefore: 0, now: now() })
    expect(kids(await keys.jwks())).not.toContain(kidOf(token))
  })

  it('replaces the next key too when it has to be now', async () => {
    const keys = await startNode(ledger, clock)
    const first = kidOf(await signToken(keys, clock))
    const next = await keys.rotate()
    const emergency = await keys.rotate({ now: true })
    expect((await keys.list())[0]).toMatchObject({ keyId: emergency.keyId, state: 'active' })
    expect(kidOf(await signToken(keys, clock))).toBe(emergency.keyId)
    expect(kids(await keys.jwks())).toStrictEqual([emergency.keyId, first])
    expect(kids(await keys.jwks())).not.toContain(next.keyId)
  })
})

describe('the removal of a key', () => {
  it('ends its tokens, and is noticed by what keeps verified tokens', async () => {
    const keys = await startNode(ledger, clock)
    const leaked = kidOf(await signToken(keys, clock))
    await keys.rotate({ now: true })
    const { version } = keys
    expect(await keys.remove(leaked)).toBe(true)
    expect(await keys.remove(leaked)).toBe(false)
    expect(keys.version).not.toBe(version)
    expect(await keys.find('ES256', leaked)).toStrictEqual([])
    expect(kids(await keys.jwks())).not.toContain(leaked)
  })

  it('is refused for the key that signs', async () => {
    const keys = await startNode(ledger, clock)
    const [active] = await keys.list()
    await expect(keys.remove(active?.keyId ?? '')).rejects.toMatchObject({ option: 'keyId' })
  })
})

describe('what a key is needed for', () => {
  it('is in the ledger before a token is answered, and written about once an hour', async () => {
    let writes = 0
    const counting = new Proxy(ledger, {
      get: (target, name) => {
        if (name === 'needKeyUntil') writes += 1
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const keys = await startNode(counting, clock)
    for (let minute = 0; minute < 180; minute += 1) {
      clock.advanceSeconds(60)
      await Promise.all([signToken(keys, clock), signToken(keys, clock)])
      const [stored] = await ledger.keys()
      expect(stored?.neededUntil).toBeGreaterThanOrEqual(now() + 300)
    }
    expect(writes).toBeLessThanOrEqual(4)
    expect(writes).toBeGreaterThanOrEqual(2)
  })

  it('answers no token while the ledger fails to take it', async () => {
    const keys = await startNode(ledger, clock)
    await ledger.close()
    await expect(signToken(keys, clock)).rejects.toMatchObject({ code: 'ERR_LEDGER_CLOSED' })
    expect((await keys.jwks()).keys).toHaveLength(1)
  })
})
