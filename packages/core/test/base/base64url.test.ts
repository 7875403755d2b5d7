import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeBase64url,
  encodeBase64url,
  decodePortably,
  encodePortably,
} from '../../src/base/base64url.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')

describe.each([
  { name: 'with Buffer', encode: encodeBase64url, decode: decodeBase64url },
  { name: 'without Buffer', encode: encodePortably, decode: decodePortably },
])('base64url $name', ({ encode, decode }) => {
  it('writes and reads the bytes of RFC 7515 appendix C', () => {
    const bytes = Uint8Array.of(3, 236, 255, 224, 193)
    expect(encode(bytes)).toBe('A-z_4ME')
    expect(decode('A-z_4ME')).toEqual(bytes)
  })

  it('reads back whatever it writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decode(encode(bytes))).toEqual(new Uint8Array(bytes))
        expect(encode(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      }),
    )
  })

  it('writes a part of a larger buffer, and no more', () => {
    expect(encode(new TextEncoder().encode('xxhixx').subarray(2, 4))).toBe('aGk')
  })

  it('reads no text that it would not write', () => {
    const letters = fc.constantFrom(...ALPHABET, '=', '+', '/', ' ', '\n', '\0', 'é', '\u0141')
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 12 }), (text) => {
        const bytes = decode(text)
        if (bytes !== undefined) expect(encode(bytes)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('knows one spelling alone for every pair of bytes', () => {
    // 18 bits carry 16: of the 64 last letters only every fourth may stand.
    const readable = ALPHABET.filter((last) => decode(`AA${last}`) !== undefined)
    expect(readable).toHaveLength(16)
    const single = ALPHABET.filter((last) => decode(`A${last}`) !== undefined)
    expect(single).toHaveLength(4)
  })

  it.each([
    ['padding', 'QQ=='],
    ['one letter', 'A'],
    ['five letters', 'AAAAA'],
    ['white space', 'QUJ D'],
    ['a line end', 'QUJD\n'],
    ['the standard alphabet', '+/+/'],
    ['a letter whose low byte is in the alphabet', 'QUJ\u0144'],
    ['a NUL', 'QUJD\0'],
  ])('refuses %s', (_, text) => {
    expect(decode(text)).toBeUndefined()
  })

  it('reads nothing as no bytes', () => {
    expect(decode('')).toEqual(new Uint8Array())
  })

  it('gives bytes that share no memory with anything else', () => {
    expect(decode('QUJD')?.buffer.byteLength).toBe(3)
  })
})
