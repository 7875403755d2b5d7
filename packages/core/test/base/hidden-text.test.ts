import { format, inspect } from 'node:util'
import { type AccessToken, createAccessToken, TokenIssuer, TokenManager } from '@mayfly/core'
import pino from 'pino'
import { describe, expect, it } from 'vitest'

const VALUE = 'sesame.sesame.sesame'
const access = createAccessToken({
  value: VALUE,
  issuedAt: 1_700_000_000,
  expiresAt: 1_700_000_600,
  origins: ['https://api.example.com'],
})
const issuer = new TokenIssuer({ issuer: 'https://auth.example.com' })
const issued = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 300 })
const tokens: readonly (readonly [string, { readonly value: string }, string])[] = [
  ['access token', access, 'token.value, or token.header'],
  ['issued token', issued, 'token.value'],
]

/** What puts an object into a string; the text would be taken for the token. */
const MISTAKES: readonly (readonly [string, (token: object) => unknown])[] = [
  // oxlint-disable typescript/restrict-template-expressions, typescript/no-base-to-string -- the mistakes
  ['a template', (token) => `Bearer ${token}`],
  ['String()', (token) => String(token)],
  ['a sum', (token) => 'Bearer ' + (token as unknown as string)],
  ['concat', (token) => 'Bearer '.concat(token as unknown as string)],
  ['toString()', (token) => token.toString()],
  ['join()', (token) => ['Bearer', token].join(' ')],
  ['Headers', (token) => new Headers({ authorization: token as unknown as string })],
  ['URLSearchParams', (token) => new URLSearchParams({ token: token as unknown as string })],
  ['encodeURIComponent()', (token) => encodeURIComponent(token as unknown as string)],
  // oxlint-enable typescript/restrict-template-expressions, typescript/no-base-to-string
]

/** What shows an object to a person: none of it may fail, or show the token. */
const SHOWING: readonly (readonly [string, (token: object) => string])[] = [
  ['inspect', (token) => inspect(token, { showHidden: true, depth: 9 })],
  ['inspect with getters', (token) => inspect([token], { showProxy: true })],
  ['console.log', (token) => format('token', token)],
  ...['%s', '%o', '%O', '%j'].map(
    (sign) => [`console.log of ${sign}`, (token: object) => format(sign, token)] as const,
  ),
  ['JSON', (token) => JSON.stringify({ token })],
  ['pino', (token) => logged((log) => log.info({ token }, 'got one'))],
  ['pino with a format', (token) => logged((log) => log.info('got %o and %j', token, token))],
  ['a copy', (token) => JSON.stringify({ ...token })],
  ['the keys', (token) => Object.keys(token).join()],
  ['the tag', (token) => Object.prototype.toString.call(token)],
]

function logged(write: (log: pino.Logger) => void): string {
  let text = ''
  write(pino({}, { write: (line) => void (text += line) }))
  expect(text).toContain('got')
  return text
}

describe.each(tokens)('An %s', (_kind, token, advice) => {
  it.each(MISTAKES)(
    'that is written into a string by %s throws, and says what to write',
    (_, write) => {
      expect(() => write(token)).toThrow(advice)
      expect(() => write(token)).toThrow(
        expect.objectContaining({ name: 'OptionError', code: 'ERR_OPTION_INVALID' }) as Error,
      )
    },
  )

  it.each(SHOWING)('is shown by %s without its text, and without an error', (_, show) => {
    const text = show(token)
    expect(text).not.toBe('')
    expect(text).not.toContain(token.value)
  })
})

describe('What the Authorization header takes', () => {
  it('is the header of an access token, which no list of its members has', () => {
    expect(access.header).toBe(`Bearer ${VALUE}`)
    expect(Object.keys(access)).not.toContain('header')
    expect({ ...access }).not.toHaveProperty('header')
    expect(new Headers({ authorization: access.header }).get('authorization')).toBe(access.header)
  })

  it('is there where a source gave a plain object', async () => {
    const { value, issuedAt, expiresAt, origins } = access
    const plain = {
      value,
      issuedAt,
      expiresAt: expiresAt + 1e10,
      origins,
    } as unknown as AccessToken
    const manager = new TokenManager({ id: 'plain', origins, getToken: async () => plain })
    expect((await manager.getToken()).header).toBe(access.header)
  })
})
