import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { OptionError } from '@mayfly/core'
import { verifyVonageWebhook } from '@mayfly/core/vendors'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVonageSandbox } from '@mayfly/sandboxes'
import { type Bench, bench, type Claims, NOW } from './tokens.ts'

let place: Bench
beforeAll(async () => {
  place = await bench()
})
afterAll(() => place.sandbox.close())

const UUID_V1 = '705b6f50-8c21-11e8-9bcb-595326422d60'

describe('the Vonage sandbox judges tokens:', () => {
  const cases: readonly [string, Claims, string][] = [
    ['a good one', {}, '200'],
    ['a UUID of another version', { jti: UUID_V1 }, '200'],
    ['a user', { sub: 'alice' }, '200'],
    ['30 seconds', { iat: NOW, exp: NOW + 30 }, '200'],
    ['29 seconds', { iat: NOW, exp: NOW + 29 }, '401 too-short'],
    ['no exp, a second before its 15 minutes are over', { iat: NOW - 899, exp: undefined }, '200'],
    ['no exp, when its 15 minutes are over', { iat: NOW - 900, exp: undefined }, '401 expired'],
    ['an iat of this second', { iat: NOW }, '200'],
    ['an iat one second ahead', { iat: NOW + 1 }, '401 iat-in-future'],
    ['one second left', { exp: NOW + 1 }, '200'],
    ['no time left', { exp: NOW }, '401 expired'],
    ['a second less than a day', { iat: NOW - 86_399, exp: NOW + 86_400 }, '200'],
    ['a day, whatever its exp says', { iat: NOW - 86_400, exp: NOW + 86_400 }, '401 too-old'],
    ['an nbf of this second', { nbf: NOW }, '200'],
    ['an nbf one second ahead', { nbf: NOW + 1 }, '401 not-yet-valid'],
    ['no iat', { iat: undefined }, '401 claims'],
    ['an exp that is a string', { exp: String(NOW + 60) }, '401 claims'],
    ['an nbf that is no date', { nbf: 'soon' }, '401 claims'],
    ['no jti', { jti: undefined }, '401 claims'],
    ['a jti that is no UUID', { jti: 'one' }, '401 claims'],
    ['an empty user', { sub: '' }, '401 claims'],
    ['another application', { application_id: 'other' }, '401 application'],
    ['no application', { application_id: undefined }, '401 application'],
  ]
  it.each(cases)('%s', async (_, claims, expected) => {
    expect(await place.outcome(place.token(claims))).toBe(expected)
  })

  it('none at all, and what is none', async () => {
    expect(await place.outcome()).toBe('401 missing')
    expect(await place.outcome('x.y.z')).toBe('401 malformed')
  })

  it('another algorithm, even with the right key', async () => {
    expect(await place.outcome(place.token({}, { alg: 'RS512' }))).toBe('401 algorithm')
  })

  it('another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const claims = jwt.decode(place.token()) as jwt.JwtPayload
    const token = jwt.sign(claims, privateKey, { algorithm: 'RS256' })
    expect(await place.outcome(token)).toBe('401 signature')
  })

  const acls: readonly [string, unknown, string][] = [
    ['the path itself', { '/v1/calls': {} }, '200'],
    ['any version', { '/*/calls': {} }, '200'],
    ['what lies below', { '/v1/**': {} }, '200'],
    ['all', { '/**': {} }, '200'],
    ['one of several', { '/*/users/**': {}, '/*/calls': {} }, '200'],
    ['another path', { '/*/users/**': {} }, '403 acl'],
    ['more than is there', { '/v1/calls/**': {} }, '403 acl'],
    ['less than is there', { '/v1': {} }, '403 acl'],
    ['this method', { '/v1/calls': { methods: ['POST', 'GET'] } }, '200'],
    ['another method', { '/v1/calls': { methods: ['POST'] } }, '403 acl'],
    ['nothing', {}, '403 acl'],
    ['a path that is no object', { '/v1/calls': true }, '401 claims'],
    ['paths in a list', ['/v1/calls'], '401 claims'],
  ]
  it.each(acls)('an ACL that names %s', async (_, paths, expected) => {
    expect(await place.outcome(place.token({ acl: { paths } }))).toBe(expected)
  })

  it('an ACL whose star would have to stand for nothing', async () => {
    const token = place.token({ acl: { paths: { '/*/calls': {} } } })
    expect(await place.outcome(token, '//calls')).toBe('403 acl')
  })
})

describe('the Vonage sandbox answers', () => {
  async function answer(path: string, body?: object): Promise<[number, unknown]> {
    const response = await fetch(place.sandbox.origin + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${place.token()}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return [response.status, await response.json()]
  }

  it('every bad token with the same problem, but for its instance', async () => {
    const bodies = []
    for (const token of ['x', place.token({ exp: NOW }), place.token({ jti: '' })]) {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${place.sandbox.origin}/v1/calls`, { headers })
      bodies.push({ ...((await response.json()) as object), instance: '' })
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(bodies[0]).toMatchObject({ title: 'Unauthorized' })
  })

  it('a message with its id', async () => {
    const message = { channel: 'sms', message_type: 'text', to: '1', from: '2', text: 'hi' }
    const sent = { message_uuid: expect.any(String) as string }
    expect(await answer('/v1/messages', message)).toEqual([202, sent])
    expect(await answer('/v1/messages', { ...message, to: 1 })).toMatchObject([422, {}])
  })

  it('calls and users, and lists them afterwards', async () => {
    expect(await answer('/v1/calls', { to: [{ type: 'phone' }] })).toMatchObject([
      201,
      { status: 'started' },
    ])
    expect(await answer('/v1/calls')).toMatchObject([200, { count: 1 }])
    expect(await answer('/v0.3/users', { name: 'alice' })).toMatchObject([201, { name: 'alice' }])
    expect(await answer('/v0.3/users')).toMatchObject([
      200,
      { _embedded: { users: [{ name: 'alice' }] } },
    ])
    expect(await answer('/v0.3/conversations')).toMatchObject([200, { count: 0 }])
    expect(await answer('/v1/calls', {})).toMatchObject([422, {}])
  })

  it('404 for what it does not have', async () => {
    expect(await answer('/v9/nothing')).toMatchObject([404, { title: 'Not found' }])
  })

  it.each([401, 403, 404, 422, 429, 503])('%i when a test asks for it', async (status) => {
    place.sandbox.failNext(1, status, { retryAfter: 3 })
    const response = await fetch(`${place.sandbox.origin}/v1/calls`)
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(await response.json()).toMatchObject({ title: expect.any(String) as string })
  })
})

describe('the controls of the Vonage sandbox', () => {
  it('end a key, a token, and all tokens seen', async () => {
    await using own = await bench()
    const [first, second] = [own.token(), own.token()]
    own.sandbox.revokeToken(first)
    expect(await own.outcome(first)).toBe('401 revoked')
    expect(await own.outcome(second)).toBe('200')
    own.sandbox.revokeTokensSeen()
    expect(await own.outcome(second)).toBe('401 revoked')
    own.sandbox.refuseFirstUse(1)
    const third = own.token()
    expect(await own.outcome(third)).toBe('401 first-use')
    expect(await own.outcome(third)).toBe('200')
    const { applicationId, privateKey } = own.sandbox.regenerateKey()
    expect(await own.outcome(own.token())).toBe('401 signature')
    expect(applicationId).toBe(own.sandbox.credentials.applicationId)
    expect(privateKey).not.toBe(own.sandbox.credentials.privateKey)
  })

  it('send webhooks that are signed for the account, by the sandbox’s clock', async () => {
    const received: { method: string; url: string; authorization: string; body: string }[] = []
    const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { method = '', url = '', headers } = request
      const { authorization = '' } = headers
      received.push({ method, url, authorization, body: await text(request) })
      response.writeHead(204).end()
    }
    const server = createServer((request, response) => void receive(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { sandbox, clock } = place
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const sent = { to: '447700900000', text: 'ü' }
    expect((await sandbox.sendWebhook(target, sent)).status).toBe(204)
    await sandbox.sendWebhook(target, sent, { method: 'GET' })
    await sandbox.sendWebhook(target, sent, { format: 'form', signatureSecret: 'wrong' })
    server.close()
    server.closeAllConnections()

    const { apiKey, signatureSecret } = sandbox.account
    const options = { secrets: { [apiKey]: signatureSecret }, clock }
    const verdicts = received.map(async ({ method, url, authorization, body }) => {
      const query = method === 'GET' ? { query: url.slice(url.indexOf('?') + 1) } : {}
      const bytes = new TextEncoder().encode(body)
      const claims = await verifyVonageWebhook({ authorization, body: bytes, ...query }, options)
      return claims.application_id
    })
    const outcomes = await Promise.allSettled(verdicts)
    expect(outcomes).toMatchObject([
      { value: sandbox.credentials.applicationId },
      { value: sandbox.credentials.applicationId },
      { reason: { code: 'ERR_TOKEN_SIGNATURE' } },
    ])
    expect(received.map(({ body }) => body)).toEqual([
      JSON.stringify(sent),
      '',
      new URLSearchParams(sent).toString(),
    ])
  })

  it('refuse an option that is none', async () => {
    await expect(startVonageSandbox({ nonsense: 1 } as object)).rejects.toBeInstanceOf(OptionError)
    const sending = place.sandbox.sendWebhook('http://127.0.0.1:9', {}, { x: 1 } as object)
    await expect(sending).rejects.toBeInstanceOf(OptionError)
  })
})
