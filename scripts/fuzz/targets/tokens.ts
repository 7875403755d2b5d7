import { RequestError, TokenVerifier } from '@mayfly/core'
import { createAttacks } from '@mayfly/conformance'
import { FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { HARD_TEXTS, mutated, repeated } from '../mutations.ts'
import { Finding, target } from '../target.ts'

const clock = new FakeClock()
const { issuer, audience, keys, algorithms, good, attacks } = createAttacks({ clock })
const options = { issuer, audience, keys, algorithms, clock, maxTokenLength: 1_000_000 }
const verifier = new TokenVerifier(options)
const inputOf = (token: string): string => token.slice(0, token.lastIndexOf('.'))
/** What was signed for good. A forgery may sign it anew, with the right key and another random number. */
const signed = new Set(good.map(inputOf))

const forged = attacks
  .filter(({ options: more, name }) => more === undefined && !/megabyte|longer than/.test(name))
  .map(({ token }) => token)

const b64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')
const encoded = fc.uint8Array({ maxLength: 200 }).map(b64)
const json = fc.json({ maxDepth: 4 })

const header = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'zip', '__proto__', 'x'),
      fc.oneof(
        fc.constantFrom(
          'none',
          'RS256',
          'ES256',
          'EdDSA',
          'HS256',
          'rsa',
          'ec',
          'ed',
          'hmac',
          'JWT',
        ),
        fc.jsonValue(),
      ),
    ),
    fc.constantFrom('RS256', 'ES256', 'EdDSA', 'HS256', 'PS256', 'none'),
  )
  .map(([members, alg]) => b64(JSON.stringify({ alg, ...members })))

const part = fc.oneof(header, encoded, json.map(b64), mutated(json).map(b64), fc.constant(''))

/** The parts of several tokens, mixed. */
const mixed = fc
  .array(fc.tuple(fc.constantFrom(...good, ...forged), fc.nat({ max: 2 })), {
    minLength: 3,
    maxLength: 3,
  })
  .map((chosen) => chosen.map(([token, index]) => token.split('.')[index] ?? '').join('.'))

const inputs = fc.oneof(
  mutated(fc.constantFrom(...good)),
  mutated(fc.constantFrom(...forged)),
  mixed,
  fc.tuple(header, part, part).map((parts) => parts.join('.')),
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
  fc.string({ unit: 'binary' }),
)

async function check(token: string): Promise<void> {
  try {
    await verifier.verify(token)
  } catch (error) {
    if (!(error instanceof RequestError) || error.status !== 401) throw error
    if (good.includes(token)) throw new Finding('A good token was refused.')
    return
  }
  if (!signed.has(inputOf(token))) throw new Finding('A token was accepted that nobody signed.')
}

const [, payload = '', signature = ''] = (good[1] ?? '').split('.')
const goodHeader = (good[1] ?? '').split('.')[0] ?? ''

/** Tokens, as they come out of the header of a request. */
export const tokens = target({
  name: 'tokens',
  inputs,
  check,
  large: [
    ...HARD_TEXTS.flatMap(([name, make]) => [
      { name: `${name} for a token`, make },
      {
        name: `${name} in the header`,
        make: (size: number) => `${b64(make((size * 3) / 4))}.${payload}.${signature}`,
      },
    ]),
    {
      name: 'a long payload under a bad signature',
      make: (size) => `${goodHeader}.${repeated('AAAA', size)}.${signature}`,
    },
    {
      name: 'a long signature',
      make: (size) => `${goodHeader}.${payload}.${repeated('AAAA', size)}`,
    },
    {
      name: 'a long RSA signature',
      make: (size) => `${b64('{"alg":"RS256"}')}.${payload}.${repeated('AAAA', size)}`,
    },
    {
      name: 'a long key id',
      make: (size) =>
        `${b64(JSON.stringify({ alg: 'ES256', kid: repeated('k', (size * 3) / 4) }))}.${payload}.${signature}`,
    },
  ],
})
