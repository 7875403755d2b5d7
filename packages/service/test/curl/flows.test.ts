import { TokenVerifier, originBinding } from '@mayfly/core'
import { bearerAuth } from '@mayfly/express'
import express from 'express'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTokenService, openApiDocument, type TokenService } from '../../src/index.ts'
import { listen, type RunningServer } from '../../src/server/listen.ts'
import { type Judging, judging } from '../support/judging.ts'
import { OpenApiCheck } from '../support/openapi-check.ts'
import { TELESIGN } from '../support/service.ts'
import { readClaims } from '../support/tokens.ts'
import { curl, curlStatus, hasCurl } from './curl.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const ISSUER = 'http://localhost:8080'

describe.skipIf(!hasCurl())('with plain curl', () => {
  let service: TokenService
  let server: RunningServer
  let judge: Judging
  let consoleToken = ''

  beforeEach(async () => {
    service = await createTokenService({
      issuer: ISSUER,
      database: ':memory:',
      telesign: TELESIGN,
      logger: SILENT,
      onConsoleToken: (token) => {
        consoleToken = token
      },
    })
    const contracts = { issuer: ISSUER, telesign: 'public' } as const
    judge = judging(service.router, new OpenApiCheck(openApiDocument(contracts)))
    server = await listen(judge.listener)
  })

  afterEach(async () => {
    await server.close()
    await service.close()
    judge.settle()
  })

  const asConsole = () => ['--header', `Authorization: Bearer ${consoleToken}`] as const

  test('Telesign’s tutorial: a token for a number, one for a transaction, and both found again', async () => {
    const { url } = server
    const first = await curl(`${url}/v1/token/15555551212`)
    const { phn, xid, iss, iat, exp } = readClaims(first)
    expect([phn, iss]).toStrictEqual(['15555551212', TELESIGN.customerId])
    expect(Number(exp) - Number(iat)).toBe(90)
    const second = await curl(`${url}/v1/token/15555551212/1b4e28ba-2fa1-11d2-883f-0016d3cca427`)
    expect(readClaims(second)['xid']).toBe('1b4e28ba-2fa1-11d2-883f-0016d3cca427')

    const byXid = await curl(...asConsole(), `${url}/v1/tokens/${String(xid)}`)
    expect(JSON.parse(byXid)).toMatchObject({ xid, phone: '15555551212', state: 'active' })
    const byPhone = await curl(...asConsole(), `${url}/v1/tokens?phone=15555551212`)
    expect(JSON.parse(byPhone)).toMatchObject({
      tokens: [{ xid: '1b4e28ba-2fa1-11d2-883f-0016d3cca427' }, { xid }],
    })
    const [refused] = await curlStatus(`${url}/v1/tokens?phone=15555551212`)
    expect(refused).toBe(401)
    const [status, problem] = await curlStatus(`${url}/v1/token/+15555551212`)
    expect([status, JSON.parse(problem)]).toMatchObject([400, { code: 'ERR_PHONE' }])
    const [head] = await curlStatus('--head', `${url}/v1/token/15555551212`)
    expect(head).toBe(405)
  })

  test('Voicegain’s article: a page gets a token for its own site, and no other site can use it', async () => {
    const { url } = server
    const token = await curl(...asConsole(), `${url}/security/jwt?aud=app.example.com&expInSec=120`)
    expect(readClaims(token)).toMatchObject({ aud: 'app.example.com', sub: 'console' })
    const api = await listen(apiBehind(url))
    const call = (...args: readonly string[]) =>
      curlStatus('--header', `Authorization: Bearer ${token}`, ...args, `${api.url}/asr`)
    expect(await call('--header', 'Origin: https://app.example.com')).toStrictEqual([200, 'heard'])
    const [other] = await call('--header', 'Origin: https://evil.example')
    expect(other).toBe(403)
    await api.close()
  })

  test('Voicegain’s console: a token is regenerated, and the old one is over', async () => {
    const { url } = server
    const old = asConsole()
    const regenerate = () =>
      curlStatus('--request', 'POST', ...old, `${url}/security/jwt/regenerate`)
    const [status, token] = await regenerate()
    expect(status).toBe(200)
    expect((await regenerate())[0]).toBe(401)
    expect((await curlStatus(...old, `${url}/security/jwt?aud=a.de`))[0]).toBe(401)
    consoleToken = token
    expect((await curlStatus(...asConsole(), `${url}/security/jwt?aud=a.de`))[0]).toBe(200)
  })

  test('a token of one’s own is issued, looked at, revoked, and looked at again', async () => {
    const { url } = server
    const issued = await curl(
      ...asConsole(),
      '--json',
      '{"audience":"orders","expiresIn":300,"subject":"alice"}',
      `${url}/tokens`,
    )
    const { token } = JSON.parse(issued) as { token: string }
    const post = (path: string) =>
      curlStatus(...asConsole(), '--data-urlencode', `token=${token}`, url + path)
    const [, active] = await post('/oauth/introspect')
    expect(JSON.parse(active)).toMatchObject({ active: true, sub: 'alice', client_id: 'console' })
    expect(await post('/oauth/revoke')).toStrictEqual([200, ''])
    expect(await post('/oauth/introspect')).toStrictEqual([200, '{"active":false}'])
  })
})

/** An API that takes the service's tokens from the pages that they are for. */
function apiBehind(url: string): express.Express {
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: null,
    type: 'JWT',
    keys: { jwksUri: `${url}/.well-known/jwks.json` },
    origin: originBinding({ claim: 'aud' }),
  })
  const app = express()
  app.get('/asr', bearerAuth(verifier), (_req, res) => {
    res.send('heard')
  })
  return app
}
