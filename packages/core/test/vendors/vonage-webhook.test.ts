import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import type { RequestError } from '@mayfly/core'
import {
  verifyVonageWebhook,
  type VonageSecrets,
  VonageWebhookVerifier,
} from '@mayfly/core/vendors'
import { signVonageWebhook } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { verifySignature } from '@vonage/jwt'
import fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { failure, NOW } from '../support/inbound.ts'
import {
  ACCOUNT,
  type Attempt,
  judge,
  PAYLOAD,
  reasonFor,
  SECRET,
  SECRETS,
} from '../support/vonage-webhooks.ts'

const UTF8 = new TextEncoder()

describe('verifyVonageWebhook accepts', () => {
  it('a webhook whose body is the one that was signed, and gives its claims', async () => {
    const clock = new FakeClock()
    const sending = { ...ACCOUNT, applicationId: 'app-1', clock }
    const { headers, body } = signVonageWebhook(PAYLOAD, sending)
    const { authorization } = headers
    expect(verifySignature(authorization?.slice(7) ?? '', SECRET)).toBe(true)
    const request = { authorization, body: UTF8.encode(body) }
    const claims = await verifyVonageWebhook(request, { secrets: SECRETS, clock })
    expect(claims).toEqual({
      iss: 'Vonage',
      iat: NOW,
      jti: expect.any(String) as string,
      api_key: 'abcd1234',
      application_id: 'app-1',
      payload_hash: createHash('sha256').update(body).digest('hex'),
    })
    expect(Object.isFrozen(claims)).toBe(true)
  })

  it('a form, and an empty body', async () => {
    await expect(judge({ sending: { format: 'form' } })).resolves.toBeDefined()
    const { headers } = signVonageWebhook('', { ...ACCOUNT, clock: new FakeClock() })
    const request = { authorization: headers['authorization'], body: new Uint8Array() }
    const options = { secrets: SECRETS, clock: new FakeClock() }
    await expect(verifyVonageWebhook(request, options)).resolves.toBeDefined()
  })

  it('a GET request, whose query is what was signed', async () => {
    await expect(judge({ sending: { method: 'GET' } })).resolves.toBeDefined()
  })

  it('a hash in capitals', async () => {
    const hash = createHash('sha256').update(JSON.stringify(PAYLOAD)).digest('hex').toUpperCase()
    await expect(judge({ sending: { claims: { payload_hash: hash } } })).resolves.toBeDefined()
  })

  const known: readonly [string, VonageSecrets][] = [
    ['bytes', { abcd1234: UTF8.encode(SECRET) }],
    ['one of many accounts', { other: 'another secret', ...SECRETS }],
    ['old and new', { abcd1234: ['the old secret', SECRET] }],
    ['from a function', (apiKey) => (apiKey === 'abcd1234' ? SECRET : undefined)],
    ['from a function that takes its time', async () => ['the new secret', SECRET]],
  ]
  it.each(known)('secrets that are %s', async (_, secrets) => {
    await expect(judge({ options: { secrets } })).resolves.toBeDefined()
  })

  it('a secret that is short, as some accounts have', async () => {
    const sending = { signatureSecret: 'k3y' }
    const options = { secrets: { abcd1234: 'k3y' } }
    await expect(judge({ sending, options })).resolves.toBeDefined()
  })
})

describe('verifyVonageWebhook refuses', () => {
  const GET = { method: 'GET' } as const
  const cases: readonly [string, Attempt, string][] = [
    ['another body', { sending: { sent: '{}' } }, '401 claim_invalid payload_hash'],
    ['no body', { sending: { sent: '' } }, '401 claim_invalid payload_hash'],
    [
      'the same JSON, written with spaces',
      { sending: { sent: JSON.stringify(PAYLOAD, undefined, 1) } },
      '401 claim_invalid payload_hash',
    ],
    ['another query', { sending: { ...GET, sent: 'to=1' } }, '401 claim_invalid payload_hash'],
    ['another secret', { sending: { signatureSecret: `${SECRET}7` } }, '401 signature_invalid'],
    ['an unknown account', { sending: { apiKey: 'ffff0000' } }, '401 key_unknown'],
    ['an account named __proto__', { sending: { apiKey: '__proto__' } }, '401 key_unknown'],
    ['an account named toString', { sending: { apiKey: 'toString' } }, '401 key_unknown'],
    [
      'an account that the function does not know',
      { options: { secrets: () => undefined } },
      '401 key_unknown',
    ],
    ['another issuer', { sending: { claims: { iss: 'vonage' } } }, '401 issuer_mismatch iss'],
    [
      'an issuer that is a list',
      { sending: { claims: { iss: ['Vonage'] } } },
      '401 claim_invalid iss',
    ],
    ['an end that has passed', { sending: { claims: { exp: NOW - 5 } } }, '401 token_expired exp'],
    [
      'a beginning that has not come',
      { sending: { claims: { nbf: NOW + 6 } } },
      '401 token_not_yet_valid nbf',
    ],
    ['milliseconds', { sending: { claims: { iat: NOW * 1000 } } }, '401 claim_invalid iat'],
    [
      'a hash that is no text',
      { sending: { claims: { payload_hash: 7 } } },
      '401 claim_invalid payload_hash',
    ],
    ['an id that is empty', { sending: { claims: { jti: '' } } }, '401 claim_invalid jti'],
    [
      'an application that is no text',
      { sending: { claims: { application_id: {} } } },
      '401 claim_invalid application_id',
    ],
    ...['iss', 'iat', 'jti', 'api_key', 'payload_hash'].map((claim): [string, Attempt, string] => [
      `a token without ${claim}`,
      { sending: { claims: { [claim]: undefined } } },
      `401 claim_missing ${claim}`,
    ]),
  ]
  for (const [what, attempt, reason] of cases) {
    it(what, async () => expect(await reasonFor(attempt)).toBe(reason))
  }

  it('a hash that is too long or too short, however it begins', async () => {
    const hash = createHash('sha256').update(JSON.stringify(PAYLOAD)).digest('hex')
    for (const payload_hash of [`${hash}00`, hash.slice(0, -2)]) {
      const reason = await reasonFor({ sending: { claims: { payload_hash } } })
      expect(reason).toBe('401 claim_invalid payload_hash')
    }
  })

  it.each([
    [300, 'accepted'],
    [301, '401 token_too_old iat'],
    [-300, 'accepted'],
    [-301, '401 token_not_yet_valid iat'],
  ])(
    'by default what was signed more than 300 seconds from now: %s seconds ago is %s',
    async (age, expected) => {
      const attempt = { sending: { claims: { iat: NOW - age } } }
      if (expected === 'accepted') await expect(judge(attempt)).resolves.toBeDefined()
      else expect(await reasonFor(attempt)).toBe(expected)
    },
  )

  it('what is older than maxAge', async () => {
    const options = { maxAge: 10 }
    await expect(judge({ options, sending: { claims: { iat: NOW - 10 } } })).resolves.toBeDefined()
    const late = { options, sending: { claims: { iat: NOW - 11 } } }
    expect(await reasonFor(late)).toBe('401 token_too_old iat')
  })

  const token = (header: object, secret: string): string =>
    jwt.sign(JSON.stringify({ iss: 'Vonage', iat: NOW, api_key: 'abcd1234' }), secret, {
      header: { alg: 'HS256', ...header },
    })
  const authorizations: readonly [string, string | readonly string[] | undefined, string][] = [
    ['no token', undefined, '401 token_missing'],
    ['no header at all', [], '401 token_missing'],
    ['another scheme', 'Basic YTpi', '401 token_missing'],
    ['two headers', ['Bearer a.b.c', 'Bearer a.b.c'], '400 request_invalid'],
    ['a bearer without a token', 'Bearer', '400 request_invalid'],
    ['two spaces', 'Bearer  a.b.c', '400 request_invalid'],
    ['something that is no token', 'Bearer a.b', '401 token_malformed'],
    ['another algorithm', `Bearer ${token({ alg: 'HS512' }, SECRET)}`, '401 algorithm_not_allowed'],
    ['no signature', `Bearer ${token({}, SECRET).replace(/[^.]+$/, '')}`, '401 token_malformed'],
    [
      'a payload that is no object',
      `Bearer ${jwt.sign('"abcd1234"', SECRET, { header: { alg: 'HS256' } })}`,
      '401 token_malformed',
    ],
  ]
  it.each(authorizations)('a request with %s', async (_, authorization, expected) => {
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock: new FakeClock() })
    const error = await failure(() => verifier.verify({ authorization, body: new Uint8Array() }))
    const { status, reason } = error as RequestError
    expect(`${status} ${reason}`).toBe(expected)
  })

  it('a GET request with a body beside its query, so that neither goes unchecked', async () => {
    const clock = new FakeClock()
    const { headers, body } = signVonageWebhook(PAYLOAD, { ...ACCOUNT, clock })
    const { authorization } = headers
    const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock })
    const request = { authorization, body: UTF8.encode(body), query: 'to=attacker' }
    const error = await failure(() => verifier.verify(request))
    expect(error).toMatchObject({ status: 400, reason: 'request_invalid' })
  })

  it('any change of a query, and any parameter more', async () => {
    const text = fc.string({ maxLength: 5 })
    const pair = fc.tuple(text, text)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(pair, { selector: ([name]) => name }),
        pair,
        async (pairs, more) => {
          // Names that are numbers would change places in the object that the sender makes of them.
          fc.pre(pairs.every(([name]) => !/^\d+$/.test(name)))
          const signed = new URLSearchParams(pairs).toString()
          const sent = `${signed}&${new URLSearchParams([more]).toString()}`
          const clock = new FakeClock()
          const sending = { ...ACCOUNT, clock, method: 'GET' } as const
          const { headers } = signVonageWebhook(signed, sending)
          const { authorization } = headers
          const verifier = new VonageWebhookVerifier({ secrets: SECRETS, clock })
          const body = new Uint8Array()
          await verifier.verify({ authorization, body, query: signed })
          const error = await failure(() => verifier.verify({ authorization, body, query: sent }))
          expect(error).toMatchObject({ claim: 'payload_hash' })
        },
      ),
      { numRuns: 50 },
    )
  })

  it('with messages that hold no token, no secret and no body', async () => {
    const clock = new FakeClock()
    for (const sent of ['{}', undefined]) {
      const sending = { ...ACCOUNT, clock, ...(sent !== undefined && { sent }) }
      const { headers, body } = signVonageWebhook({ text: 'private' }, sending)
      const authorization = headers['authorization'] ?? ''
      const secrets = sent === undefined ? { abcd1234: 'other-secret-of-ours' } : SECRETS
      const verifier = new VonageWebhookVerifier({ secrets, clock })
      const error = await failure(() => verifier.verify({ authorization, body: UTF8.encode(body) }))
      const seen = inspect([error, verifier], { depth: 10, showHidden: true })
      for (const secret of [authorization.slice(7), SECRET, 'other-secret', 'private']) {
        expect(seen).not.toContain(secret)
      }
    }
  })
})
