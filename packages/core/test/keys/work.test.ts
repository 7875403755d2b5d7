import * as nodeCrypto from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Algorithm,
  ALGORITHMS,
  generateKey,
  importKey,
  RequestError,
  signCompact,
  TokenVerifier,
} from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  importNumbers,
  type KeyOperations,
  MAX_WAITING,
  nodeOperations,
  webCryptoOperations,
} from '../../src/keys/operations.ts'
import type { KeyNumbers } from '../../src/keys/jwk.ts'
import { pairFor, pairs } from './materials.ts'

const PAIRS: readonly Algorithm[] = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))

/** One pair, worked with by Node's own crypto and by WebCrypto. */
async function bothOf(algorithm: Algorithm): Promise<readonly Required<KeyOperations>[]> {
  const { privateKey, publicKey } = pairFor(algorithm)
  const jwk = (key: nodeCrypto.KeyObject): KeyNumbers =>
    key.export({ format: 'jwk' }) as unknown as KeyNumbers
  const signing = await importNumbers(jwk(privateKey), algorithm, 'sign')
  const verifying = await importNumbers(jwk(publicKey), algorithm, 'verify')
  return [
    nodeOperations(nodeCrypto, algorithm, { signing: privateKey, verifying: publicKey }),
    webCryptoOperations(algorithm, { signing, verifying }),
  ]
}

/** Ways to change a signature, whatever its form. */
const changes = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => (good: Uint8Array) => {
    const bad = Uint8Array.from(good)
    bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ flip
    return bad
  }),
  fc.nat(140).map((length) => (good: Uint8Array) => good.slice(0, length)),
  fc
    .uint8Array({ minLength: 1, maxLength: 3 })
    .map((more) => (good: Uint8Array) => Uint8Array.from([...good, ...more])),
  fc.uint8Array({ maxLength: 300 }).map((random) => () => random),
  fc.constant((good: Uint8Array) => good),
  fc.constant((good: Uint8Array) => new Uint8Array(good.length)),
  fc.constant((good: Uint8Array) => new Uint8Array(good.length).fill(0xff)),
  fc.constant((good: Uint8Array) => {
    const half = good.length / 2
    return Uint8Array.from([...good.slice(half), ...good.slice(0, half)])
  }),
)

describe.each(PAIRS)('Node’s own crypto and WebCrypto with %s', (algorithm) => {
  it('agree about every signature, good or changed', async () => {
    const [node, web] = await bothOf(algorithm)
    const bytes = fc.uint8Array({ maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(bytes, changes, fc.boolean(), async (data, change, byNode) => {
        const good = await (byNode ? node : web)?.sign?.(data)
        const given = change(good ?? new Uint8Array())
        const verdicts = await Promise.all(
          [node, web].map(async (one) => one?.verify?.(data, given)),
        )
        const isGood = Buffer.from(given).equals(good ?? Buffer.alloc(0))
        expect(verdicts).toEqual([isGood, isGood])
      }),
      { numRuns: algorithm.endsWith('512') || algorithm.startsWith('RS') ? 25 : 60 },
    )
  })
})

describe.each([
  ['ES256', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
  [
    'ES384',
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ],
  [
    'ES512',
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  ],
] as const)('an %s signature at the edges of its numbers', (algorithm, order) => {
  it('holds by neither, but with s taken from the order it does by both', async () => {
    const both = await bothOf(algorithm)
    const data = Buffer.from('data')
    const good = Buffer.from((await both[0]?.sign?.(data)) ?? [])
    const size = order.length / 2
    const n = BigInt(`0x${order}`)
    const [r, s] = [good.subarray(0, size), good.subarray(size)].map((half) =>
      BigInt(`0x${half.toString('hex')}`),
    ) as [bigint, bigint]
    const write = (...numbers: readonly bigint[]): Buffer =>
      Buffer.from(numbers.map((one) => one.toString(16).padStart(size * 2, '0')).join(''), 'hex')
    const top = (1n << BigInt(size * 8)) - 1n
    const rows: readonly (readonly [Buffer, boolean])[] = [
      [write(r, s), true],
      [write(r, n - s), true],
      [write(n - r, s), false],
      ...[0n, 1n, n - 1n, n, top].flatMap((edge) => [
        [write(edge, s), false] as const,
        [write(r, edge), false] as const,
        [write(edge, edge), false] as const,
      ]),
      [nodeCrypto.sign(algorithm.replace('ES', 'sha'), data, pairFor(algorithm).privateKey), false],
    ]
    for (const [signature, holds] of rows) {
      for (const { verify } of both) expect(await verify?.(data, signature)).toBe(holds)
    }
  })
})

describe('Work with asymmetric keys', () => {
  const data = Buffer.from('data')
  const options = { key: pairs.p256.privateKey, dsaEncoding: 'ieee-p1363' } as const
  const signature = nodeCrypto.sign('sha256', data, options)

  /** Counts what runs in place, and what on other threads. */
  function counted(): { readonly verify: () => unknown; readonly counts: number[] } {
    const counts = [0, 0]
    const verify = (...input: Parameters<typeof nodeCrypto.verify>): unknown => {
      const place = typeof input[4] === 'function' ? 1 : 0
      counts[place] = (counts[place] ?? 0) + 1
      return nodeCrypto.verify(...input)
    }
    const node = { ...nodeCrypto, verify } as unknown as typeof nodeCrypto
    const operations = nodeOperations(node, 'ES256', { verifying: pairs.p256.publicKey })
    return { verify: () => operations.verify?.(data, signature), counts }
  }

  it('is done in place up to a few operations of each turn, and elsewhere beyond that', async () => {
    await nextTurn()
    const { verify, counts } = counted()
    const verdicts = Array.from({ length: 40 }, verify)
    const inPlace = verdicts.filter((verdict) => verdict === true).length
    expect(inPlace).toBeGreaterThan(0)
    expect(inPlace).toBeLessThan(10)
    // The rest waits, so that others who need the threads do not wait for all of it.
    expect(counts[1]).toBeGreaterThan(0)
    expect(counts[1]).toBeLessThan(20)
    expect(new Set(await Promise.all(verdicts))).toEqual(new Set([true]))
    expect(counts).toEqual([inPlace, 40 - inPlace])
    await nextTurn()
    expect(verify()).toBe(true)
  })

  it('is never more than one slow operation in place', async () => {
    await nextTurn()
    const { sign } = nodeOperations(nodeCrypto, 'RS256', { signing: pairs.rsa.privateKey })
    const signatures = [1, 2, 3].map(() => sign?.(data))
    expect(signatures.map((one) => one instanceof Promise)).toEqual([false, true, true])
    expect(new Set((await Promise.all(signatures.map(async (one) => one))).map(String)).size).toBe(
      1,
    )
  })

  it('is refused with 503 where too much waits, and what waits is done all the same', async () => {
    await nextTurn()
    const key = await importKey(pairs.p256.publicKey, 'ES256')
    const all = await Promise.allSettled(
      Array.from({ length: MAX_WAITING + 50 }, () => key.verify(data, signature)),
    )
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(50)
    for (const error of refused) {
      expect(error).toBeInstanceOf(RequestError)
      expect(error).toMatchObject({
        code: 'ERR_OVERLOADED',
        status: 503,
        reason: 'overloaded',
        headers: { 'retry-after': '1' },
      })
    }
    expect(await key.verify(data, signature)).toBe(true)
  })

  it('never keeps a token waiting that is known', async () => {
    const key = await generateKey('ES256')
    const now = Math.floor(Date.now() / 1000)
    const tokenOf = (jti: string): Promise<string> => {
      const claims = { iss: 'us', aud: 'orders', iat: now, exp: now + 60, jti }
      return signCompact(Buffer.from(JSON.stringify(claims)), { typ: 'JWT' }, key)
    }
    const known = await tokenOf('known')
    const unknown = await Promise.all(Array.from({ length: 300 }, (_, at) => tokenOf(String(at))))
    const keys = { version: 0, algorithms: ['ES256'] as const, find: () => [key] }
    const verifier = new TokenVerifier({ issuer: 'us', audience: 'orders', keys })
    await verifier.verify(known)
    const ended: string[] = []
    const flood = unknown.map((token) => verifier.verify(token).then(() => ended.push('unknown')))
    await verifier.verify(known).then(() => ended.push('known'))
    expect(ended.indexOf('known')).toBeLessThan(20)
    await Promise.all(flood)
    expect(ended).toHaveLength(301)
  })

  it('hands on what goes wrong on another thread', async () => {
    await nextTurn()
    const verify = vi.fn((...input: readonly unknown[]) => {
      const done = input[4] as ((error: Error) => void) | undefined
      if (done === undefined) return false
      queueMicrotask(() => done(new Error('broken')))
      return undefined
    })
    const node = { ...nodeCrypto, verify } as unknown as typeof nodeCrypto
    const operations = nodeOperations(node, 'ES384', { verifying: pairs.p384.publicKey })
    const given = new Uint8Array(96).fill(1)
    expect(operations.verify?.(data, given)).toBe(false)
    await expect(operations.verify?.(data, given)).rejects.toThrow('broken')
  })
})
