import { oddRequests, sendOdd } from '@mayfly/conformance'
import { TokenManager } from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { type AppStoreConnectSandbox, startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startExpressGateway } from '../express-gateway/gateway.ts'
import { startKoaGateway } from '../koa-gateway/gateway.ts'
import type { Running } from '../lib/serve.ts'

const PAGE = 'https://app.example.com'
const OTHER_PAGE = 'https://other.example.com'
const STRANGER = 'https://stranger.example'

interface Sent extends RequestInit {
  readonly headers?: Record<string, string>
}

describe.each([
  ['Express', startExpressGateway],
  ['Koa', startKoaGateway],
])('the %s gateway', (_name, start) => {
  let sandbox: AppStoreConnectSandbox
  let gateway: Running

  beforeEach(async () => {
    sandbox = await startAppStoreConnectSandbox()
    const { credentials, origin: upstream } = sandbox
    const source = new TokenManager(appStoreConnect({ ...credentials, origins: [upstream] }))
    gateway = await start({ source, upstream, pages: [PAGE, OTHER_PAGE] })
  })

  afterEach(async () => {
    await gateway.close()
    await sandbox.close()
  })

  /** Fetches as a page would: the browser puts the page's origin on the request. */
  const from = (origin: string, path: string, init: Sent = {}): Promise<Response> =>
    fetch(gateway.origin + path, { ...init, headers: { ...init.headers, origin } })

  async function tokenFor(origin: string): Promise<Sent> {
    const answer = await from(origin, '/token', { method: 'POST' })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    return { headers: { authorization: `Bearer ${token}` } }
  }

  it.each(['/apps', '/v1/apps'])('answers the page that the token names at %s', async (path) => {
    const answer = await from(PAGE, path, await tokenFor(PAGE))

    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(answer.headers.get('vary')).toContain('Origin')
    expect(await answer.json()).toMatchObject({
      data: [{ attributes: { name: 'Mayfly' } }, {}, {}],
    })
  })

  it.each(['/apps', '/v1/apps'])('refuses the token from another origin at %s', async (path) => {
    const token = await tokenFor(PAGE)
    for (const origin of [OTHER_PAGE, STRANGER]) {
      const answer = await from(origin, path, token)
      expect(answer.status).toBe(403)
      expect(await answer.json()).toMatchObject({ reason: 'origin_mismatch', origin })
    }
    expect(sandbox.requests).toBe(0)
  })

  it('asks for a token where there is none', async () => {
    const answer = await from(PAGE, '/v1/apps')

    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(sandbox.requests).toBe(0)
  })

  it('stays up, whatever some hundred odd requests do', async () => {
    const sent = await tokenFor(PAGE)
    const fields = [`Authorization: ${sent.headers?.['authorization']}`, `Origin: ${PAGE}`]
    for (const request of oddRequests(fields)) {
      const odd = sendOdd(gateway.origin, request.replace('/odd', '/v1/apps'))
      const answer = await Promise.race([odd.ended, from(STRANGER, '/token', { method: 'POST' })])
      odd.leave()
      if (answer !== undefined) expect(answer.status).toBe(403)
    }
    expect((await from(PAGE, '/v1/apps', sent)).status).toBe(200)
  })

  it('gives tokens to its own pages only', async () => {
    const answer = await from(STRANGER, '/token', { method: 'POST' })

    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ reason: 'issue_refused' })
  })

  it('answers preflights of its own pages only, without a token', async () => {
    const preflight: Sent = {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    }
    const admitted = await from(PAGE, '/v1/apps', preflight)
    const refused = await from(STRANGER, '/v1/apps', preflight)

    expect(admitted.status).toBe(204)
    expect(admitted.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(admitted.headers.get('access-control-allow-headers')).toBe('authorization')
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    expect(sandbox.requests).toBe(0)
  })

  it('heals a revoked token within the call through bearerFetch', async () => {
    const token = await tokenFor(PAGE)
    await from(PAGE, '/apps', token)
    sandbox.revokeTokensSeen()

    const answer = await from(PAGE, '/apps', token)

    expect(answer.status).toBe(200)
    expect(sandbox.refused).toBe(1)
  })

  it('passes the 401 of a revoked token on through the proxy, and heals the next call', async () => {
    const token = await tokenFor(PAGE)
    await from(PAGE, '/v1/apps', token)
    sandbox.revokeTokensSeen()

    const first = await from(PAGE, '/v1/apps', token)
    const second = await from(PAGE, '/v1/apps', token)

    expect([first.status, second.status]).toEqual([401, 200])
    expect(first.headers.get('access-control-allow-origin')).toBe(PAGE)
  })

  it('tells the page when the API cannot be reached', async () => {
    const token = await tokenFor(PAGE)
    await sandbox.close()

    const answer = await from(PAGE, '/v1/apps', token)

    expect(answer.status).toBe(504)
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE)
  })

  it('streams a body through the proxy', async () => {
    const { headers } = await tokenFor(PAGE)
    const attributes = { identifier: 'com.example.caddisfly', name: 'Caddisfly' }
    const answer = await from(PAGE, '/v1/bundleIds', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ data: { type: 'bundleIds', attributes } }),
    })

    expect(answer.status).toBe(201)
    expect(await answer.json()).toMatchObject({ data: { attributes } })
  })
})
