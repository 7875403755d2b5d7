import fc from 'fast-check'

const HOST_LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz0123456789')

/** A DNS label that no rule of IDNA or of IP addresses has an eye on. */
export const label: fc.Arbitrary<string> = fc
  .string({ unit: fc.constantFrom(...HOST_LETTERS, '-', '_'), minLength: 1, maxLength: 12 })
  .map((text) => `a${text}z`)

/** A host of a few such labels. */
export const dnsHost: fc.Arbitrary<string> = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .map((labels) => labels.join('.'))

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6().map((address) => new URL(`https://[${address}]`).hostname)
const host = fc.oneof({ weight: 4, arbitrary: dnsHost }, ipv4, ipv6)
const scheme = fc.constantFrom('https', 'http')
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined })

/** An origin of the web, as browsers write it. */
export const anyOrigin: fc.Arbitrary<string> = fc
  .tuple(scheme, host, port)
  .map(([name, at, number]) => {
    const implied = name === 'https' ? 443 : 80
    return number === undefined || number === implied
      ? `${name}://${at}`
      : `${name}://${at}:${number}`
  })

const PIECES = [
  'https',
  'http',
  'HTTPS',
  'file',
  'null',
  '://',
  ':',
  '/',
  '//',
  '\\',
  '.',
  '..',
  '@',
  '?',
  '#',
  '%2e',
  '[',
  ']',
  '::',
  '::1',
  '0',
  '00',
  '1',
  '127',
  '0x7f',
  '443',
  ':443',
  ':80',
  '65536',
  'a',
  'Z',
  'example',
  'com',
  'xn--',
  'bcher-kva',
  '-',
  '_',
  '*',
  ',',
  ' ',
  '\t',
  'ü',
  '\u212a',
  '\u3002',
]

/** Text made of what origins are made of, in any order, often with a beginning that makes sense. */
export const originLike: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', 'https://', 'http://', 'https://a.example', 'https://127.0.0.'),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }),
  )
  .map(([head, rest]) => head + rest.join(''))

/** One piece put in, left out or put in the place of a character. */
export function mutated(origin: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(origin, fc.nat(), fc.constantFrom(...PIECES), fc.constantFrom(0, 1), fc.boolean())
    .map(([text, where, piece, removed, keep]) => {
      const at = where % (text.length + 1)
      return text.slice(0, at) + (keep ? piece : '') + text.slice(at + removed)
    })
}
