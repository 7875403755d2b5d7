import * as nodeCrypto from 'node:crypto'
import {
  type Algorithm,
  ALGORITHMS,
  generateKey,
  importKey,
  signCompact,
  verifyCompact,
} from '@mayfly/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  importSecret,
  type KeyOperations,
  nodeHmacOperations,
  webCryptoOperations,
} from '../../src/keys/operations.ts'
import { pairs, pem } from './materials.ts'

type Make = (algorithm: Algorithm, secret: Uint8Array) => Promise<KeyOperations>

const PEMS = [
  [pem(pairs.rsa.privateKey, 'pkcs1'), 'RS256'],
  [pem(pairs.rsa.publicKey, 'pkcs1'), 'PS256'],
  [pem(pairs.p384.privateKey, 'sec1'), 'ES384'],
  [pem(pairs.ed25519.privateKey, 'pkcs8'), 'EdDSA'],
  [Buffer.from(pem(pairs.p256.publicKey, 'spki')).toString('base64'), 'ES256'],
] as const

const IMPLEMENTATIONS: readonly { readonly name: string; readonly make: Make }[] = [
  {
    name: 'node:crypto',
    make: async (algorithm, secret) => nodeHmacOperations(nodeCrypto, algorithm, secret),
  },
  {
    name: 'WebCrypto',
    make: async (algorithm, secret) =>
      webCryptoOperations(algorithm, await importSecret(secret, algorithm)),
  },
]

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(IMPLEMENTATIONS)('HMAC by $name', ({ make }) => {
  const secret = Buffer.alloc(70, 7)
  const data = Buffer.from('data')

  it.each([
    ['HS256', 'sha256'],
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ] as const)('computes %s by the book', async (algorithm, digest) => {
    const { sign, verify } = await make(algorithm, secret)
    const expected = nodeCrypto.createHmac(digest, secret).update(data).digest()
    expect(await sign?.(data)).toEqual(new Uint8Array(expected))
    expect(await verify?.(data, expected)).toBe(true)
  })

  it.each([
    ['one bit changed', (good: Buffer) => Buffer.from([(good[0] ?? 0) ^ 1, ...good.subarray(1)])],
    ['one byte less', (good: Buffer) => good.subarray(0, -1)],
    ['one byte more', (good: Buffer) => Buffer.concat([good, Buffer.of(0)])],
    ['nothing in it', () => Buffer.alloc(0)],
  ])('refuses a signature with %s', async (_, change) => {
    const { verify } = await make('HS256', secret)
    const good = nodeCrypto.createHmac('sha256', secret).update(data).digest()
    expect(await verify?.(data, change(good))).toBe(false)
  })

  it('refuses the signature of other data and of another secret', async () => {
    const { sign } = await make('HS256', secret)
    const other = await make('HS256', Buffer.alloc(70, 8))
    const signature = (await sign?.(data)) ?? new Uint8Array()
    expect(await other.verify?.(data, signature)).toBe(false)
    expect(await other.verify?.(Buffer.from('date'), signature)).toBe(false)
  })
})

describe('without anything of Node', () => {
  beforeEach(() => {
    vi.stubGlobal('process', undefined)
    vi.stubGlobal('Buffer', undefined)
  })

  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it.each(ALGORITHMS)('a key for %s is made, signs and verifies', async (algorithm) => {
    const key = await generateKey(algorithm)
    const token = await signCompact(new TextEncoder().encode('{}'), {}, key)
    const keys = { version: 0, find: () => [key] }
    const { payload } = await verifyCompact(token, keys, { algorithms: [algorithm] })
    expect(new TextDecoder().decode(payload)).toBe('{}')
  })

  it('PEM of every kind is read', async () => {
    for (const [text, algorithm] of PEMS) {
      expect((await importKey(text, algorithm)).fingerprint).toMatch(/^[\w-]{43}$/)
    }
  })

  it('HMAC is computed by WebCrypto', async () => {
    const signing = vi.spyOn(crypto.subtle, 'sign')
    const key = await importKey({ secret: new Uint8Array(32).fill(1) }, 'HS256')
    await key.sign(new Uint8Array(1))
    expect(signing).toHaveBeenCalledOnce()
  })
})
