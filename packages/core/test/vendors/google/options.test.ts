import { generateKeyPairSync } from 'node:crypto'
import { type GoogleServiceAccountOptions, googleServiceAccount } from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import { CREDENTIALS, PRIVATE_KEY } from './credentials.ts'

const SCOPE = 'https://www.googleapis.com/auth/pubsub'
const BASE = { credentials: CREDENTIALS, scope: SCOPE }

function make(options: object): () => unknown {
  return () => googleServiceAccount(options as GoogleServiceAccountOptions)
}

describe('googleServiceAccount refuses when the source is made', () => {
  const bad: readonly [string, object, string][] = [
    ['neither scope nor audience', { credentials: CREDENTIALS }, 'scope'],
    ['both scope and audience', { ...BASE, audience: 'https://a.example/' }, 'audience'],
    [
      'an audience without self-signing',
      { credentials: CREDENTIALS, audience: 'https://a.example/', selfSigned: false },
      'audience',
    ],
    ['a user with a self-signed token', { ...BASE, selfSigned: true, subject: 'a@b.c' }, 'subject'],
    ['an empty user', { ...BASE, subject: '' }, 'subject'],
    ['a word for selfSigned', { ...BASE, selfSigned: 'yes' }, 'selfSigned'],
    ['one second more than an hour', { ...BASE, lifetime: 3601 }, 'lifetime'],
    ['no time', { ...BASE, lifetime: 0 }, 'lifetime'],
    ['part of a second', { ...BASE, lifetime: 60.5 }, 'lifetime'],
    ['milliseconds', { ...BASE, lifetime: 3.6e12 }, 'lifetime'],
    ['a backdate of the whole life', { ...BASE, lifetime: 60, backdate: 60 }, 'backdate'],
    ['a claim that replaces Google’s', { ...BASE, claims: { scope: 'x' } }, 'claims'],
    ['a claim that replaces a date', { ...BASE, claims: { iat: 1 } }, 'claims'],
    ['a fixed token id', { ...BASE, tokenId: 'same' }, 'tokenId'],
    ['an origin in the clear', { ...BASE, origins: ['http://a.example'] }, 'origins'],
    ['a timeout of nothing', { ...BASE, timeoutMs: 0 }, 'timeoutMs'],
  ]
  for (const [what, options, option] of bad) {
    it(what, () => {
      expect(make(options)).toThrow(expect.objectContaining({ name: 'OptionError', option }))
    })
  }

  it('nothing at the limits', () => {
    expect(make({ ...BASE, lifetime: 3600 })).not.toThrow()
    expect(make({ ...BASE, lifetime: 1, backdate: 0 })).not.toThrow()
    expect(make({ ...BASE, lifetime: 60, backdate: 59 })).not.toThrow()
  })
})

describe('googleServiceAccount says of credentials', () => {
  const text = JSON.stringify(CREDENTIALS)
  const { client_email, private_key, ...stripped } = CREDENTIALS
  const cases: readonly [string, unknown, RegExp][] = [
    ['nothing', undefined, /"credentials" is required/],
    [
      'the path of the file',
      './robot-key.json',
      /is the path of a file; give googleCredentialsFile/,
    ],
    ['the private key alone', PRIVATE_KEY, /is the private key alone; give the whole JSON/],
    ['other text', 'hello', /is text, but no JSON/],
    ['a file that was cut off', text.slice(0, 400), /Was it cut off/],
    [
      'line ends that were unescaped',
      text.replaceAll('\\n', '\n'),
      /the line ends within "private_key" must be written as \\n/,
    ],
    ['a list', [CREDENTIALS], /not an array/],
    ['a number', 7, /not 7/],
    ['a user’s own', { ...CREDENTIALS, type: 'authorized_user' }, /a user’s own credentials/],
    ['federation', { ...CREDENTIALS, type: 'external_account' }, /workload identity federation/],
    ['another type', { ...CREDENTIALS, type: 'x' }, /of another "type"; what is needed has/],
    ['an OAuth client', { installed: { client_id: 'x' } }, /is the file of an OAuth client/],
    ['a web client', { web: { client_id: 'x' } }, /is the file of an OAuth client/],
    ['no account', { ...stripped, private_key }, /has no "client_email"/],
    ['no key', { ...stripped, client_email }, /has no "private_key"/],
    ['an empty key', { ...CREDENTIALS, private_key: '' }, /has no "private_key"/],
    ['no id', { ...CREDENTIALS, private_key_id: '' }, /"credentials.private_key_id" must not be/],
    [
      'an exchange in the clear',
      { ...CREDENTIALS, token_uri: 'http://example.com/token' },
      /"credentials.token_uri".*in the clear/,
    ],
  ]
  for (const [what, credentials, message] of cases) {
    it(`that they are ${what}`, () => {
      expect(make({ scope: SCOPE, credentials })).toThrow(
        expect.objectContaining({ name: 'OptionError', message: expect.stringMatching(message) }),
      )
    })
  }

  it('nothing of what is in them', () => {
    for (const credentials of [text.slice(0, 900), text.replaceAll('\\n', '\n'), btoa(text)]) {
      try {
        make({ scope: SCOPE, credentials })()
        expect.unreachable()
      } catch (error) {
        const { message, cause } = error as Error
        expect(cause).toBeUndefined()
        for (const piece of [PRIVATE_KEY.slice(40, 60), client_email]) {
          expect(message).not.toContain(piece)
        }
      }
    }
  })

  const ec = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
  const keys: readonly [string, string, string][] = [
    ['lost its line ends', PRIVATE_KEY.replaceAll('\n', ' ').replaceAll(' ', ''), ''],
    ['was cut off', PRIVATE_KEY.slice(0, 400), ''],
    ['is of another kind', ec, 'ERR_KEY_TYPE'],
  ]
  for (const [what, key, code] of keys) {
    it(`what is wrong with a key that ${what}`, () => {
      expect(make({ scope: SCOPE, credentials: { ...CREDENTIALS, private_key: key } })).toThrow(
        expect.objectContaining({
          name: 'KeyError',
          code: expect.stringContaining(code === '' ? 'ERR_KEY_' : code),
        }),
      )
    })
  }
})
