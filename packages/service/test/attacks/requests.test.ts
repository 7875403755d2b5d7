import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openService } from '../support/service.ts'
import { rawRequest, sendRaw } from '../support/raw.ts'

const MB = 1_048_576

test.each([
  ['/v1/token/1555555%2F1212', 400],
  ['/v1/token/15555551212%2Fx1', 400],
  ['/v1/token/15555551212%00', 400],
  ['/v1/token/15555551212/%2e%2e', 200],
  ['/v1/token/15555551212/..%2fx', 400],
  ['/v1/token/15555551212/a%0d%0aSet-Cookie:%20a=b', 400],
  ['/v1/token/%E0%A4%A', 400],
  ['/v1/token/%ff', 400],
  ['/v1/token/15555551212/%252e', 400],
  ['/v1/token/../keys', 400],
  ['/v1/token/15555551212/x?xid=y', 400],
  ['/v1/token/15555551212;jsessionid=1', 400],
  ['/v1/token/１５５５５５５１２１２', 400],
  ['/keys/./rotate', 404],
])(
  'the target %s is answered with %i, and with a line of headers for each',
  async (target, status) => {
    const { url } = await openService()
    const path = Buffer.from(target).toString('latin1')
    const answer = await sendRaw(url, rawRequest(`GET ${path} HTTP/1.1`))
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).not.toMatch(/^set-cookie/im)
  },
)

test('a target of a megabyte is refused, and a header', async () => {
  const { url, ledger } = await openService()
  const long = rawRequest(`GET /v1/token/15555551212/${'x'.repeat(MB)} HTTP/1.1`)
  expect(await sendRaw(url, long)).toMatch(/^(?:HTTP\/1.1 431 |$)/)
  const header = rawRequest('GET /keys HTTP/1.1', `Authorization: Bearer ${'x'.repeat(MB)}`)
  expect(await sendRaw(url, header)).toMatch(/^(?:HTTP\/1.1 431 |$)/)
  expect((await ledger.list({ kind: 'telesign', limit: 5 })).tokens).toHaveLength(0)
})

test('a target with another host in it is answered as our own', async () => {
  const { url } = await openService()
  const line = 'GET http://evil.example/.well-known/oauth-authorization-server HTTP/1.1'
  const answer = await sendRaw(url, rawRequest(line, 'X-Forwarded-Host: evil.example'))
  expect(answer).toMatch(/^HTTP\/1.1 (?:200|404) /)
  expect(answer).not.toContain('evil.example')
})

test('no header makes another method of a request', async () => {
  const { url, ledger, admin } = await openService()
  const headers = [
    `Authorization: Bearer ${admin}`,
    'X-HTTP-Method-Override: GET',
    'X-HTTP-Method: GET',
    'X-Original-URL: /keys',
  ]
  const line = 'POST /security/jwt?aud=a.de&_method=GET HTTP/1.1'
  expect(await sendRaw(url, rawRequest(line, ...headers))).toMatch(/^HTTP\/1.1 405 /)
  expect((await ledger.list({ kind: 'voicegain', limit: 5 })).tokens).toHaveLength(0)
})

const BODY = '{"audience":"a","expiresIn":60}'

test.each([
  ['two Content-Types', ['Content-Type: application/json', 'Content-Type: text/plain'], 415],
  ['two Authorizations', ['Content-Type: application/json', 'Authorization: Bearer x'], 400],
])('a request with %s is refused', async (_, more, status) => {
  const { url, admin } = await openService()
  const headers = [`Authorization: Bearer ${admin}`, `Content-Length: ${BODY.length}`, ...more]
  const answer = await sendRaw(url, rawRequest('POST /tokens HTTP/1.1', ...headers) + BODY)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})

test('a body that breaks off issues nothing and breaks nothing', async () => {
  const { url, ask, admin, ledger, events } = await openService()
  const headers = [
    `Authorization: Bearer ${admin}`,
    'Content-Type: application/json',
    `Content-Length: ${BODY.length + 10}`,
  ]
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(rawRequest('POST /tokens HTTP/1.1', ...headers) + BODY)
  await expect.poll(() => socket.bytesWritten).toBeGreaterThan(BODY.length)
  // So long the service has read the headers, and waits for the rest.
  await ask('/v1/tokens', { token: admin })
  socket.destroy()
  await expect
    .poll(() => events.filter(({ type }) => type === 'refuse'))
    .toMatchObject([{ type: 'refuse', status: 400 }])
  expect((await ask('/tokens', { token: admin, body: BODY })).status).toBe(201)
  expect((await ledger.list({ kind: 'token', limit: 5 })).tokens).toHaveLength(1)
})

test('chunks that grow past the limit are cut off', async () => {
  const { url, admin } = await openService({ bodyLimit: 1024 })
  const headers = [
    `Authorization: Bearer ${admin}`,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ]
  const chunk = `400\r\n${' '.repeat(1024)}\r\n`
  const request = rawRequest('POST /tokens HTTP/1.1', ...headers)
  expect(await sendRaw(url, request, chunk.repeat(8), '0\r\n\r\n')).toMatch(/^HTTP\/1.1 413 /)
})

test('what a caller sends is not in the answer: no token, no control character, no name', async () => {
  const { ask, admin } = await openService()
  const evil = '"><script>alert(1)</script>'
  const answers = [
    await ask(`/v1/tokens?${encodeURIComponent(evil)}=1`, { token: admin }),
    await ask('/tokens', { token: admin, json: { [evil]: 1 } }),
    await ask(`/v1/token/${encodeURIComponent(evil)}`),
    await ask('/keys', { token: evil }),
    await ask('/keys', { token: `${admin}x` }),
    await ask('/security/jwt?aud=https://user:s3cret@example.com', { token: admin }),
  ]
  for (const { status, text, headers } of answers) {
    expect(status).toBeGreaterThanOrEqual(400)
    const all = text + JSON.stringify([...headers])
    for (const part of ['<script', 's3cret', admin.slice(-20)]) expect(all).not.toContain(part)
  }
})
