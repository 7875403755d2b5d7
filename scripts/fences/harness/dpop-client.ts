import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  denial,
  DpopNonces,
  DpopVerifier,
  Guard,
  nodeRequest,
  TokenIssuer,
  TokenVerifier,
} from '@mayfly/core'
import { type HttpResponse, issueEndpoint } from '@mayfly/core/adapter'
import type { Harness } from '../context.ts'

function dpopOf(baseUrl: string): DpopVerifier {
  return new DpopVerifier({ baseUrl, nonces: new DpopNonces() })
}

/** Stands where the authorization server and the API do, both of which ask for nonces. */
export const harness: Harness = async ({ load, route }) => {
  const issuer = new TokenIssuer({ issuer: 'https://auth.example.com' })
  const { keys } = issuer
  const verifier = new TokenVerifier({ issuer: issuer.issuer, audience: 'orders', keys })
  const issue = issueEndpoint(issuer, () => ({ audience: 'orders', expiresIn: 300 }), {
    dpop: dpopOf('https://auth.example.com'),
  })
  const guard = new Guard(verifier, { dpop: dpopOf('https://api.example.com') })
  const statuses: number[] = []

  const judge = async (request: IncomingMessage): Promise<HttpResponse> => {
    if (request.url === '/token') return issue(nodeRequest(request))
    const outcome = await guard.authenticate(nodeRequest(request))
    return outcome.ok ? { status: 200, headers: outcome.headers, body: '' } : denial(outcome.error)
  }
  const server = createServer((request, response) => {
    request.resume()
    void judge(request).then(({ status, headers, body }) => {
      statuses.push(status)
      return response.writeHead(status, headers).end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  route('https://auth.example.com', to)
  route('https://api.example.com', to)
  process.env['OAUTH_CLIENT_SECRET'] = 'secret'
  await load()
  assert.deepEqual(statuses, [400, 200, 401, 200])
}
