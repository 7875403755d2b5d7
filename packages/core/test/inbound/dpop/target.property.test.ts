import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTargets, normalTarget } from '../../../src/inbound/dpop/target.ts'

const UNRESERVED = 'ABCXYZabcxyz0189-._~'
const RESERVED = "!$&'()*+,;=:@"

const character = fc.constantFrom(
  ...Array.from(UNRESERVED + RESERVED),
  '%2F',
  '%3F',
  '%20',
  '%C3%A4',
  '|',
)
const segment = fc
  .array(character, { maxLength: 6 })
  .map((characters) => characters.join(''))
  .filter((text) => text !== '.' && text !== '..')
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
const host = fc.constantFrom(
  'api.example.com',
  'localhost',
  '127.0.0.1',
  '[::1]',
  'xn--bcher-kva.example',
)
const tail = fc.constantFrom('', '?a=b', '#top', '?a=/../b#c', '?', '#')

/** Writes a text in another way that means the same, by one draw for each character. */
function respelled(
  text: string,
  draws: readonly boolean[],
  change: (one: string) => string,
): string {
  return text.replaceAll(/%..|./g, (one, at: number) =>
    draws[at % Math.max(1, draws.length)] === true ? change(one) : one,
  )
}

const encoded = (one: string): string => {
  if (one.startsWith('%')) return one.toLowerCase()
  return UNRESERVED.includes(one) ? `%${one.charCodeAt(0).toString(16)}` : one
}
const otherCase = (one: string): string => one.toUpperCase()

describe('The URL of a proof', () => {
  it('is the same in every spelling that RFC 3986 calls equivalent', () => {
    fc.assert(
      fc.property(
        host,
        path,
        tail,
        fc.array(fc.boolean(), { minLength: 1 }),
        (to, at, end, draws) => {
          const plain = normalTarget(`https://${to}${at}`)
          const name = respelled(to, draws, otherCase)
          const port = draws[0] === true ? ':443' : ''
          const spelled = `${respelled('https', draws, otherCase)}://${name}${port}${respelled(at, draws, encoded)}${end}`
          expect(plain).toBeTypeOf('string')
          expect(normalTarget(spelled)).toBe(plain)
          const dotted = `https://${to}/x/.${'/..'.repeat(1)}/%2e${at}`
          expect(normalTarget(dotted)).toBe(plain)
        },
      ),
    )
  })

  it('is in its one form already, once it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        const once = normalTarget(`http://a.example/${text}`)
        if (once !== undefined) expect(normalTarget(once)).toBe(once)
      }),
    )
  })

  it('is another where a reserved character is encoded, a slash added, or the case changed', () => {
    const plain = 'https://a.example/b/c;d'
    const others = ['b%2Fc;d', 'b/c%3Bd', 'b/c;d/', 'b//c;d', '/b/c;d', 'B/c;d', 'b/c;', 'b/c;d%00']
    const urls = others.map((other) => normalTarget(`https://a.example/${other}`))
    expect(new Set([normalTarget(plain), ...urls]).size).toBe(others.length + 1)
  })

  it('is that which the platform sends, for any URL that it can parse', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
        const sent = new URL(text)
        const targets = compileTargets(sent.origin)(sent.pathname + sent.search)
        expect(targets).toEqual([normalTarget(sent.href)])
      }),
    )
  })

  it.each([
    '',
    '/orders',
    'ftp://a.example/',
    'https://',
    'https:///orders',
    'https://user@a.example/',
    'https://a.example:99999/',
    'https://a example/',
    'https://a.example/a b',
    'https://a.example/%',
    'https://a.example/%zz',
    'https://a.example\\b',
    'https://a.example/\n',
    'https://ä.example/',
    'https://a.example/ä',
    ' https://a.example/',
  ])('is none when it is %j', (url) => {
    expect(normalTarget(url)).toBe(undefined)
  })
})
