import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenManager } from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'

/**
 * Puts App Store Connect's sandbox behind an API that speaks GraphQL as well, and refuses the first token
 * that comes: a client that does not send again gets no further.
 */
export const harness: Harness = async ({ load }) => {
  await using sandbox = await startAppStoreConnectSandbox()
  const seen: string[] = []

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization = '' } = incoming.headers
    incoming.resume()
    seen.push(authorization)
    const isGraph = incoming.url === '/graphql'
    const headers = { authorization }
    const judged = await fetch(`${sandbox.origin}/v1/apps`, { headers })
    const refuses = authorization === seen[0]
    const text = refuses ? '{"errors":[{"message":"refused"}]}' : await judged.text()
    response.writeHead(refuses ? 401 : judged.status, { 'content-type': 'application/json' })
    response.end(
      isGraph && !refuses ? JSON.stringify({ data: { apps: JSON.parse(text).data } }) : text,
    )
  }

  const server = createServer((incoming, response) => void answer(incoming, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { keyId, issuerId, privateKey } = sandbox.credentials
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const source = appStoreConnect({ keyId, issuerId, privateKey, origins: [api] })
  try {
    const { call } = await load()
    if (typeof call !== 'function') throw new Error('The fence exports no "call".')
    // A status, or how many apps came.
    assert.ok([200, 3].includes((await call(new TokenManager(source), api)) as number))
    assert.equal(seen.length, 2)
    assert.notEqual(seen[0], seen[1])
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
