import { sign } from 'node:crypto'
import { type Algorithm, ecdsaFromDer, importKey } from '@mayfly/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isInRange } from '../../src/keys/operations.ts'
import { pairFor } from './materials.ts'

const CURVES = [
  ['ES256', 'sha256', 32, 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
  [
    'ES384',
    'sha384',
    48,
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ],
  [
    'ES512',
    'sha512',
    66,
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  ],
] as const

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(CURVES)('an %s signature', (algorithm, hash, size, order) => {
  const n = BigInt(`0x${order}`)
  const number = (value: bigint): Buffer =>
    Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex')
  const pair = (r: bigint, s: bigint): Buffer => Buffer.concat([number(r), number(s)])

  it('is in range from 1 to the order of the group less 1', () => {
    for (const good of [1n, 2n, n / 2n, n - 1n]) {
      expect(isInRange(pair(good, 1n), algorithm)).toBe(true)
      expect(isInRange(pair(1n, good), algorithm)).toBe(true)
    }
    for (const bad of [0n, n, n + 1n, 2n ** BigInt(size * 8) - 1n]) {
      expect(isInRange(pair(bad, 1n), algorithm)).toBe(false)
      expect(isInRange(pair(1n, bad), algorithm)).toBe(false)
    }
  })

  it('has no other length than that of two numbers', () => {
    expect(isInRange(pair(1n, 1n).subarray(1), algorithm)).toBe(false)
    expect(isInRange(Buffer.concat([pair(1n, 1n), Buffer.of(1)]), algorithm)).toBe(false)
  })

  it('out of range does not even reach the crypto of the runtime', async () => {
    const key = await importKey(pairFor(algorithm).publicKey, algorithm)
    const verifying = vi.spyOn(crypto.subtle, 'verify')
    expect(await key.verify(new Uint8Array(1), pair(0n, 0n))).toBe(false)
    expect(verifying).not.toHaveBeenCalled()
  })

  it('out of range, or of another length, does not verify', async () => {
    const key = await importKey(pairFor(algorithm).publicKey, algorithm)
    for (const signature of [pair(0n, 0n), pair(n, 1n), pair(1n, 1n), Buffer.alloc(3)]) {
      expect(await key.verify(new Uint8Array(1), signature)).toBe(false)
    }
  })

  it('comes out of DER as Node itself writes it side by side', async () => {
    const { privateKey, publicKey } = pairFor(algorithm)
    const key = await importKey(publicKey, algorithm)
    const data = Buffer.from('data')
    // Often enough that some number is short, and some has a zero in front.
    for (let round = 0; round < 40; round++) {
      const joined = ecdsaFromDer(sign(hash, data, privateKey), algorithm)
      expect(joined).toHaveLength(size * 2)
      expect(await key.verify(data, joined)).toBe(true)
    }
  })
})

describe('ecdsaFromDer', () => {
  it('pads short numbers', () => {
    const joined = ecdsaFromDer(Buffer.from('3006020101020102', 'hex'), 'ES256')
    expect(Buffer.from(joined).toString('hex')).toBe(`${'0'.repeat(63)}1${'0'.repeat(63)}2`)
  })

  it.each([
    ['nothing', ''],
    ['one number', '3003020101'],
    ['three numbers', '3009020101020101020101'],
    ['no numbers', '3006040101040101'],
    ['text after it', '300602010102010100'],
    ['a number that is too long', `3026022101${'00'.repeat(32)}020101`],
    ['its end cut off', '30060201010201'],
  ])('refuses %s', (_, hex) => {
    expect(() => ecdsaFromDer(Buffer.from(hex, 'hex'), 'ES256')).toThrow(
      expect.objectContaining({ code: 'ERR_KEY_SIGNER' }),
    )
  })

  it.each<Algorithm>(['RS256', 'HS256', 'EdDSA'])('is of no use for %s', (algorithm) => {
    expect(() => ecdsaFromDer(new Uint8Array(8), algorithm)).toThrow(TypeError)
  })
})
