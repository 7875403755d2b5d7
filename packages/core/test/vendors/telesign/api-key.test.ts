import { createHmac } from 'node:crypto'
import { importKey } from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readApiKey } from '../../../src/vendors/telesign/api-key.ts'

// Telesign's own example, from the tests of its Python library.
const KEY =
  'EXAMPLE----TE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=='
const SIGNATURE = 'B97g3N9lPdVaptvifxRau7bzVAC5hhRBZ6HKXABN744='

function read(text: string): string {
  return Buffer.from(readApiKey(text, 'apiKey')).toString('hex')
}

describe('a Telesign API key', () => {
  it('has the 61 bytes of Telesign’s example, which sign what they sign there', async () => {
    const secret = readApiKey(KEY, 'apiKey')
    expect(secret).toHaveLength(61)
    const message = "{'test': 123}"
    expect(createHmac('sha256', secret).update(message).digest('base64')).toBe(SIGNATURE)
    const key = await importKey({ secret }, 'HS256')
    const own = await key.sign(new TextEncoder().encode(message))
    expect(Buffer.from(own).toString('base64')).toBe(SIGNATURE)
    // Node reads "-" as 62, and has another key.
    expect(Buffer.from(KEY, 'base64')).not.toEqual(Buffer.from(secret))
  })

  // Each answer is that of `base64.b64decode` in Python 3.11.
  it.each([
    ['QUJD', '414243'],
    ['QUI=', '4142'],
    ['QQ==', '41'],
    ['Q-U_J D\n', '414243'],
    ['++//', 'fbefff'],
    ['Q=Q==', '41'],
    ['QQ=x=', '410c'],
    ['QQ=A==', '4100'],
    ['QQ==QUJD', '41'],
    ['QUJD=QUJD', '414243414243'],
    ['=QUJD', '414243'],
    ['QUJD====QUJD', '414243414243'],
    ['QQ= =', '41'],
    ['Q', undefined],
    ['QU', undefined],
    ['QUI', undefined],
    ['QUJDQ', undefined],
    ['QU==QU', '41'],
    ['éQUJD', '414243'],
  ])('is read as Python reads it: %j', (text, expected) => {
    if (expected === undefined) expect(() => read(text)).toThrow('no whole base64 text')
    else expect(read(text)).toBe(expected)
  })

  it.each(['----', '====', ' \n'])('is refused when nothing is left of it: %j', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ option: 'apiKey' }))
  })

  it('is what Node makes of it where all of it is of the alphabet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(read(text)).toBe(Buffer.from(bytes).toString('hex'))
      }),
    )
  })

  it('stays the same whatever of another alphabet is put between', () => {
    const foreign = fc.constantFrom('-', '_', ' ', '\n', '.', 'é', '*')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.array(foreign), (bytes, more) => {
        const text = Buffer.from(bytes).toString('base64')
        const mixed = Array.from(text)
          .flatMap((letter, at) => [more[at] ?? '', letter])
          .join('')
        expect(read(mixed)).toBe(read(text))
      }),
    )
  })

  it('does not show in what is said about it', () => {
    const almost = KEY.slice(0, -3)
    expect(() => read(almost)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('EXAMPLE') as string,
      }),
    )
  })
})
