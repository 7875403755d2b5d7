import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bitLength,
  derKind,
  readDer,
  readElements,
  readSequence,
  writeElement,
} from '../../src/keys/der.ts'

const SEQUENCE = 0x30
const OCTET_STRING = 0x04

describe('DER', () => {
  it('is read as it was written, whatever the length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const content = new Uint8Array(length).fill(7)
      const written = writeElement(SEQUENCE, writeElement(OCTET_STRING, content))
      const [element] = readSequence(written) ?? []
      expect(element?.tag).toBe(OCTET_STRING)
      expect(element?.content).toEqual(content)
    }
  })

  it('is never read beyond its end, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const elements = readElements(bytes)
        const total = elements?.reduce((sum, { whole }) => sum + whole.length, 0)
        expect(total ?? bytes.length).toBe(bytes.length)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['without its length', '30'],
    ['shorter than it says', '3003020101'.slice(0, 8)],
    ['of indefinite length', '30800000'],
    ['of a length that is cut off', '3082'],
    ['of absurd length', '3084ffffffff'],
  ])('is not read when it is %s', (_, hex) => {
    expect(readElements(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it('is one sequence, and nothing after it', () => {
    expect(readSequence(Buffer.from('300302010100', 'hex'))).toBeUndefined()
    expect(readSequence(Buffer.from('020101', 'hex'))).toBeUndefined()
  })

  it('of a key is not seen in bytes at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 70 }), (rest) => {
        const secret = Uint8Array.from([0x30, rest.length, ...rest])
        expect(derKind(secret)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('of PKCS #8 is brought into its first version, the only one that every runtime reads', () => {
    const head =
      '300506032b6570042204201111111111111111111111111111111111111111111111111111111111111111'
    const extras = `a000812100${'22'.repeat(32)}`
    const second = Buffer.from(`3053020101${head}${extras}`, 'hex')
    expect(Buffer.from(readDer(second, 'EdDSA')?.der ?? []).toString('hex')).toBe(
      `302e020100${head}`,
    )
  })

  it('numbers are measured in bits, the zeros in front not counted', () => {
    const bits = ['', '00', '01', '0001', '7f', '80', '0080', '0100', 'ff00'].map((hex) =>
      bitLength(Buffer.from(hex, 'hex')),
    )
    expect(bits).toEqual([0, 0, 1, 1, 7, 8, 8, 9, 16])
  })
})
