import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  bearerFetch,
  createAccessToken,
  denial,
  DpopNonces,
  DpopProver,
  DpopVerifier,
  Guard,
  nodeRequest,
  TokenIssuer,
  TokenManager,
  TokenVerifier,
} from '@mayfly/core'
import { type HttpResponse, issueEndpoint } from '@mayfly/core/adapter'
import { clientCredentials } from '@mayfly/core/vendors'
import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'

const ISSUER = 'https://auth.example.com'
const insecure = { [oauth.allowInsecureRequests]: true }

interface Site extends AsyncDisposable {
  readonly origin: string
  readonly seen: IncomingMessage[]
}

async function open(make: (origin: string) => RequestListener): Promise<Site> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [seen, listener] = [[] as IncomingMessage[], make(origin)]
  server.on('request', (request, response) => {
    seen.push(request)
    request.resume()
    listener(request, response)
  })
  return {
    origin,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** A token endpoint and an API of ours, on one server, with nonces or without. */
function ourSite(nonces: DpopNonces | undefined): Promise<Site> {
  return open((baseUrl) => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const dpop = new DpopVerifier({ baseUrl, ...(nonces && { nonces }) })
    const issue = issueEndpoint(
      issuer,
      () => ({ audience: 'orders', subject: 'alice', expiresIn: 300 }),
      { dpop },
    )
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: 'orders', keys: issuer.keys })
    const guard = new Guard(verifier, { dpop })
    const judge = async (request: IncomingMessage): Promise<HttpResponse> => {
      if (request.url === '/token') return issue(nodeRequest(request))
      const outcome = await guard.authenticate(nodeRequest(request))
      if (!outcome.ok) return denial(outcome.error)
      const { headers, auth } = outcome
      return { status: 200, headers, body: String(auth?.claims.sub) }
    }
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { status, headers, body } = await judge(request)
      response.writeHead(status, headers).end(body)
    }
    return (request, response) => void answer(request, response)
  })
}

describe.each([
  ['asks for nonces', () => new DpopNonces()],
  ['asks for no nonces', () => undefined],
])('A server of ours that %s', (_, makeNonces) => {
  it('gives oauth4webapi a bound token, and lets it in with that', async () => {
    const nonces = makeNonces()
    await using site = await ourSite(nonces)
    const as = { issuer: ISSUER, token_endpoint: `${site.origin}/token` }
    const client: oauth.Client = { client_id: 'client' }
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const ask = async () => {
      const options = { DPoP, ...insecure }
      const none = oauth.None()
      const asked = await oauth.clientCredentialsGrantRequest(as, client, none, {}, options)
      return oauth.processClientCredentialsResponse(as, client, asked)
    }
    const token = await ask().catch((error: unknown) => {
      if (nonces !== undefined && oauth.isDPoPNonceError(error)) return ask()
      throw error
    })
    expect(token).toMatchObject({ token_type: 'dpop', expires_in: 300 })

    const url = new URL(`${site.origin}/orders?page=1`)
    const use = (accessToken: string) =>
      oauth.protectedResourceRequest(accessToken, 'GET', url, undefined, undefined, {
        DPoP,
        ...insecure,
      })
    const answer = await use(token.access_token)
    expect([answer.status, await answer.text()]).toEqual([200, 'alice'])

    const other = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const thief = () =>
      oauth.protectedResourceRequest(token.access_token, 'GET', url, undefined, undefined, {
        DPoP: other,
        ...insecure,
      })
    // With nonces its first try only learns the nonce.
    const stolen = await thief().catch((error: unknown) => error)
    const again = oauth.isDPoPNonceError(stolen)
      ? await thief().catch((error: unknown) => error)
      : stolen
    expect(again).toMatchObject({
      cause: [
        {
          scheme: 'dpop',
          parameters: { error: 'invalid_token', algs: 'ES256 PS256 EdDSA Ed25519' },
        },
      ],
    })
  })

  it('gives clientCredentials a bound token, and lets bearerFetch in with that', async () => {
    const nonces = makeNonces()
    await using site = await ourSite(nonces)
    const dpop = new DpopProver()
    const source = clientCredentials({
      tokenEndpoint: `${site.origin}/token`,
      clientId: 'client',
      clientSecret: 'secret',
      origins: [site.origin],
      dpop,
    })
    const fetch = bearerFetch(new TokenManager(source), { dpop })
    const answer = await fetch(`${site.origin}/orders?page=1`)
    expect([answer.status, await answer.text()]).toEqual([200, 'alice'])
    expect(site.seen.map(({ url }) => url)).toEqual(
      nonces === undefined ? ['/token', '/orders?page=1'] : ['/token', '/token', '/orders?page=1'],
    )
  })
})

describe('A server that verifies with oauth4webapi', () => {
  it('lets bearerFetch in with its proofs, and nobody without them', async () => {
    const dpop = new DpopProver()
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const errors: unknown[] = []
    await using site = await open((origin) => (request, response) => {
      const as = { issuer: ISSUER, jwks_uri: `${origin}/jwks` }
      const headers = new Headers(request.headers as Record<string, string>)
      const seen = new Request(origin + (request.url ?? ''), {
        method: request.method ?? '',
        headers,
      })
      const customFetch = async (): Promise<Response> => Response.json(await issuer.jwks())
      const options = { [oauth.customFetch]: customFetch, requireDPoP: true, ...insecure }
      oauth.validateJwtAccessToken(as, seen, 'orders', options).then(
        ({ sub }) => response.end(sub),
        (error: unknown) => {
          errors.push(error)
          response.writeHead(401).end()
        },
      )
    })
    const source = {
      id: 'own',
      origins: [site.origin],
      async getToken() {
        const issued = await issuer.issue({
          audience: 'orders',
          subject: 'alice',
          claims: { client_id: 'client' },
          type: 'at+jwt',
          expiresIn: 300,
          confirmation: { jkt: await dpop.thumbprint() },
        })
        const { value, issuedAt, expiresAt } = issued
        return createAccessToken({ value, issuedAt, expiresAt, origins: [site.origin] })
      },
    }
    const fetch = bearerFetch(source, { dpop })
    for (const method of ['GET', 'DELETE']) {
      const answer = await fetch(`${site.origin}/orders/1?a=b`, { method })
      expect([answer.status, await answer.text()]).toEqual([200, 'alice'])
    }
    expect(errors).toEqual([])
    expect((await bearerFetch(source)(site.origin)).status).toBe(401)
    const other = bearerFetch(source, { dpop: new DpopProver() })
    expect((await other(site.origin)).status).toBe(401)
  })
})
