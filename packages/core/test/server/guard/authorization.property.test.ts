import { assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestError } from '@mayfly/core'
import { readAuthorization } from '../../../src/server/guard/bearer.ts'
import { received } from '../../support/requests.ts'

const B64_CHARACTERS = Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/',
)

const b64token = tuple(
  string({ unit: constantFrom(...B64_CHARACTERS), minLength: 1, maxLength: 80 }),
  nat({ max: 3 }),
).map(([text, padding]) => text + '='.repeat(padding))

const scheme = tuple(...Array.from('bearer', (c) => constantFrom(c, c.toUpperCase())))

const REFUSED = Symbol('refused')

function read(value: string): string | undefined | typeof REFUSED {
  try {
    return readAuthorization(received({ fields: [['authorization', value]] }))
  } catch (error) {
    if (error instanceof RequestError && error.status === 400) return REFUSED
    throw error
  }
}

describe('The grammar of the Authorization header', () => {
  it('gives every b64token after every spelling of the scheme', () => {
    assert(
      property(scheme, b64token, (letters, token) => {
        expect(read(`${letters.join('')} ${token}`)).toBe(token)
      }),
    )
  })

  it('never gives a token that a b64token is not, whatever comes', () => {
    const anything = oneof(
      string({ unit: 'binary-ascii' }),
      constantFrom('Bearer ü', 'ｂearer x', 'Bearer\u00a0x', 'Bearer x\u2028'),
      string().map((text) => `Bearer ${text}`),
      tuple(b64token, nat(), string({ minLength: 1, maxLength: 2 })).map(([token, at, noise]) => {
        const text = `Bearer ${token}`
        const index = at % (text.length + 1)
        return text.slice(0, index) + noise + text.slice(index)
      }),
    )
    assert(
      property(anything, (value) => {
        const token = read(value)
        if (token === undefined || token === REFUSED) return
        expect(token).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/)
        expect(value.slice(0, 7).toLowerCase()).toBe('bearer ')
        expect(value.slice(7)).toBe(token)
      }),
      { numRuns: 500 },
    )
  })

  it('takes no longer for a long header than its length', () => {
    const started = process.cpuUsage().user
    expect(read(`Bearer ${'='.repeat(1_000_000)}`)).toBe(REFUSED)
    expect(read(`Bearer ${'a'.repeat(1_000_000)}!`)).toBe(REFUSED)
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000)
  })
})
