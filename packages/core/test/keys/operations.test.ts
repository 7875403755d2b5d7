import * as nodeCrypto from 'node:crypto'
import type { Algorithm } from '@mayfly/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { importKey } from '../../src/keys/import.ts'
import type { KeyOperations } from '../../src/keys/key.ts'
import { nodeHmacOperations } from '../../src/keys/node-hmac.ts'
import { importSecret, webCryptoOperations } from '../../src/keys/web-crypto.ts'

type Make = (algorithm: Algorithm, secret: Uint8Array) => Promise<KeyOperations>

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

describe('a secret', () => {
  it('works where there is no node:crypto', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    const key = await importKey({ secret: Buffer.alloc(32, 1) }, 'HS256')
    const data = Buffer.from('data')
    const expected = nodeCrypto.createHmac('sha256', Buffer.alloc(32, 1)).update(data).digest()
    expect(await key.sign(data)).toEqual(new Uint8Array(expected))
    expect(await key.verify(data, expected)).toBe(true)
  })

  it('works where there is no process', async () => {
    vi.stubGlobal('process', undefined)
    try {
      const key = await importKey({ secret: Buffer.alloc(32, 1) }, 'HS256')
      expect(await key.verify(new Uint8Array(), await key.sign(new Uint8Array()))).toBe(true)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
