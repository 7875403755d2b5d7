import { type AttackSetup, b64, forge, type Forgery, signParts } from './setup.ts'
import type { AttackTopic } from './topics.ts'

const SPELT: AttackTopic = 'last character changed, =, ==, newline, +/ alphabet'
const PARTS: AttackTopic = 'a megabyte of dots, and other numbers of parts'

function goodToken({ claims, ec }: AttackSetup): string {
  return forge({ alg: 'ES256', kid: 'ec' }, claims, { key: ec.privateKey })
}

/** A good token in a spelling that decodes to the same bytes, in a forgiving decoder at least. */
const SPELLINGS: readonly (readonly [string, (token: string) => string])[] = [
  ['another last character, the unused bits set', setUnusedBits],
  ['one "=" at the end', (token) => `${token}=`],
  ['two "=" at the end', (token) => `${token}==`],
  ['padding in the header', (token) => token.replace('.', '=.')],
  ['a line end at the end', (token) => `${token}\n`],
  ['a space at the start', (token) => ` ${token}`],
  ['a space in the signature', (token) => `${token.slice(0, -4)} ${token.slice(-4)}`],
  ['a NUL at the end', (token) => `${token}\0`],
  ['a letter beyond ASCII with the same low byte', (token) => beyondAscii(token)],
  ['its scheme in front', (token) => `Bearer ${token}`],
  ['quotes around it', (token) => `"${token}"`],
]

const SHAPES: readonly (readonly [string, (token: string) => string, AttackTopic?])[] = [
  ['nothing', () => ''],
  ['one dot', () => '.'],
  ['two dots', () => '..'],
  ['two parts', (token) => token.slice(0, token.lastIndexOf('.'))],
  ['four parts', (token) => `${token}.`],
  [
    'five parts, as a JWE has',
    () => [b64('{"alg":"dir","enc":"A256GCM"}'), '', 'AAAA', 'AAAA', 'AAAA'].join('.'),
    'JWE given to the verifier',
  ],
  ['a megabyte of dots', () => '.'.repeat(1_000_000)],
  [
    'JSON with two dots in it',
    (token) => jsonSerialisation(token),
    'JSON serialisation with dots inside',
  ],
  ['an empty header', (token) => token.slice(token.indexOf('.'))],
]

/** Good tokens spelt otherwise, and what is no token at all. */
export const spellingAttacks: readonly Forgery[] = [
  ...SPELLINGS.map(
    ([name, respell]): Forgery => ({
      topic: SPELT,
      name: `a good token with ${name}`,
      reason: 'token_malformed',
      token: (setup) => respell(goodToken(setup)),
    }),
  ),
  ...SHAPES.map(
    ([name, reshape, topic = PARTS]): Forgery => ({
      topic,
      name: `a token that is ${name}`,
      reason: 'token_malformed',
      token: (setup) => reshape(goodToken(setup)),
    }),
  ),
  {
    topic: SPELT,
    name: 'a good token in the standard base64 alphabet',
    reason: 'token_malformed',
    token: (setup) => {
      for (;;) {
        const token = goodToken(setup)
        const [header = '', payload = '', signature = ''] = token.split('.')
        const respelt = signature.replaceAll('-', '+').replaceAll('_', '/')
        if (respelt !== signature) return `${header}.${payload}.${respelt}`
      }
    },
  },
  ...['e30=', 'e31', 'e3 0', '+/8A'].map(
    (payload): Forgery => ({
      topic: SPELT,
      name: `claims spelt "${payload}", though the signature over them is good`,
      reason: 'token_malformed',
      token: ({ ec }) => signParts(b64('{"alg":"ES256","kid":"ec"}'), payload, ec),
    }),
  ),
  {
    topic: PARTS,
    name: 'a good token that is longer than any token has to be',
    reason: 'token_malformed',
    token: ({ claims, ec }) =>
      forge(
        { alg: 'ES256', kid: 'ec' },
        { ...claims, more: 'x'.repeat(9300) },
        { key: ec.privateKey },
      ),
  },
  {
    topic: 'claims that were not signed',
    name: 'the claims of one token under the signature of another',
    reason: 'signature_invalid',
    token: (setup) => {
      const [header = '', , signature = ''] = goodToken(setup).split('.')
      const payload = b64(JSON.stringify({ ...setup.claims, admin: true }))
      return `${header}.${payload}.${signature}`
    },
  },
  {
    topic: 'fifty thousand opening brackets',
    name: 'five thousand opening brackets for claims, signed by a stranger',
    reason: 'signature_invalid',
    token: ({ foreign }) => {
      const [header = '', , signature = ''] = forge(
        { alg: 'RS256', kid: 'rsa' },
        {},
        {
          key: foreign.rsa.privateKey,
        },
      ).split('.')
      return `${header}.${b64('['.repeat(5000))}.${signature}`
    },
  },
]

function setUnusedBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.slice(-1))
  // 64 bytes leave four bits unused in the last character.
  return token.slice(0, -1) + alphabet.charAt(last + 1)
}

function beyondAscii(token: string): string {
  const at = token.length - 10
  return (
    token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) + 0x100) + token.slice(at + 1)
  )
}

function jsonSerialisation(token: string): string {
  const [header, payload, signature] = token.split('.')
  return JSON.stringify({ payload, protected: header, signature, header: { x: 'a.b.c' } })
}
