import { array, assert, constantFrom, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OfferedProtocols, offeredProtocols } from '../../../src/server/guard/token-places.ts'
import { RequestError } from '../../../src/base/errors.ts'
import { received } from '../../support/requests.ts'

const FIELD = 'Sec-WebSocket-Protocol'
const NAME_CHARACTERS = Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~",
)

const name = string({ unit: constantFrom(...NAME_CHARACTERS), minLength: 1, maxLength: 40 })
const protocol = name.filter((text) => !text.toLowerCase().startsWith('bearer.'))
const prefix = tuple(...Array.from('bearer', (c) => constantFrom(c, c.toUpperCase())))
const listed = tuple(prefix, name).map(([letters, text]) => [`${letters.join('')}.${text}`, text])
const space = constantFrom('', ' ', '\t', ' \t ')

function read(...fields: readonly string[]): OfferedProtocols | 'refused' {
  try {
    return offeredProtocols(received({ fields: fields.map((value) => [FIELD, value] as const) }))
  } catch (error) {
    if (error instanceof RequestError && error.status === 400) return 'refused'
    throw error
  }
}

describe('The list of WebSocket protocols', () => {
  it('tells tokens from protocols, in whatever order, spelling and number of fields', () => {
    const elements = array(oneof(protocol, listed), { minLength: 1, maxLength: 6 })
    assert(
      property(elements, space, constantFrom('one field', 'many'), (all, gap, spread) => {
        const texts = all.map((one) => (typeof one === 'string' ? one : (one[0] ?? '')))
        const separator = `${gap},${gap}`
        const offered = spread === 'many' ? read(...texts) : read(texts.join(separator))
        expect(offered).toEqual({
          protocols: all.filter((one) => typeof one === 'string'),
          tokens: all.filter((one) => typeof one !== 'string').map(([, token]) => token),
        })
      }),
    )
  })

  it('never takes what begins like a token for a protocol, whatever comes', () => {
    const anything = oneof(
      string({ unit: 'binary-ascii' }),
      tuple(name, string({ unit: 'grapheme' }), name).map((parts) => parts.join('')),
      array(oneof(name, listed.map(String), string({ maxLength: 3 }))).map((all) => all.join(',')),
    )
    assert(
      property(anything, (value) => {
        const offered = read(value)
        if (offered === 'refused') return
        expect(offered.protocols.join()).not.toMatch(/(?:^|,)bearer\./i)
        const characters = new Set(NAME_CHARACTERS)
        const all = [...offered.protocols, ...offered.tokens].join('')
        expect(Array.from(all).filter((one) => !characters.has(one))).toEqual([])
      }),
    )
  })

  it.each([
    '',
    ',',
    'a,',
    ',a',
    'a,,b',
    'a b',
    '"a"',
    'a;b',
    'a=b',
    'a/b',
    'bearer.a=',
    'ä',
    'a\0',
  ])('is refused when it is %j', (value) => expect(read(value)).toBe('refused'))

  it('is empty where the field is not there', () => {
    expect(read()).toEqual({ protocols: [], tokens: [] })
  })
})
