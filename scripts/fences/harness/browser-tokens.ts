import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Harness } from '../context.ts'

const SHOP = 'https://shop.example.com'
const EVIL = 'https://evil.example'

/** Uses the API as its page would, and as a thief's page would with the same token. */
export const harness: Harness = async ({ load, urls }) => {
  await load()
  const [url = ''] = await urls()
  const ask = async (path: string, origin: string, init: RequestInit = {}): Promise<Response> => {
    const request = new Request(url + path, init)
    request.headers.set('origin', origin)
    return await fetch(request)
  }

  const preflight = {
    method: 'OPTIONS',
    headers: {
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  }
  const good = await ask('/orders', SHOP, preflight)
  assert.deepEqual([good.status, allowed(good)], [204, SHOP])
  assert.equal(allowed(await ask('/orders', EVIL, preflight)), null)

  const issued = await ask('/token', SHOP, { method: 'POST' })
  const { access_token: token } = (await issued.json()) as { access_token: string }
  for (const origin of [EVIL, 'null']) {
    assert.equal((await ask('/token', origin, { method: 'POST' })).status, 403)
  }
  assert.equal((await fetch(`${url}/token`, { method: 'POST' })).status, 403)

  const bearer = { headers: { authorization: `Bearer ${token}` } }
  const orders = await ask('/orders', SHOP, bearer)
  assert.deepEqual(await orders.json(), { customer: 'alice' })
  assert.equal(allowed(orders), SHOP)
  for (const path of ['/orders', '/events']) {
    const refused = await ask(path, EVIL, bearer)
    assert.equal(refused.status, 403)
    assert.equal(((await refused.json()) as { reason: string }).reason, 'origin_mismatch')
  }
  const missing = await ask('/orders', SHOP)
  assert.deepEqual([missing.status, allowed(missing)], [401, SHOP])
  assert.equal(missing.headers.get('access-control-expose-headers'), 'www-authenticate')

  const events = await ask('/events', SHOP, bearer)
  const { value } = (await events.body?.getReader().read()) ?? {}
  assert.equal(new TextDecoder().decode(value), 'data: hello alice\n\n')

  const opened = await upgrade(url, SHOP, token)
  assert.match(opened, /^HTTP\/1\.1 101 [^]*sec-websocket-protocol: orders\.v1\r\n/i)
  assert.match(await upgrade(url, EVIL, token), /^HTTP\/1\.1 403 [^]*origin_mismatch/)
}

/** Whose script may read the answer. */
function allowed(answer: Response): string | null {
  return answer.headers.get('access-control-allow-origin')
}

/** What a browser would send to open a WebSocket, and the beginning of what it gets. */
async function upgrade(url: string, origin: string, token: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const fields = [
    'Host: api.example.com',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==',
    `Sec-WebSocket-Protocol: orders.v1, bearer.${token}`,
    `Origin: ${origin}`,
  ]
  socket.write(`GET / HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  const closed = once(socket, 'close')
  socket.destroy()
  await closed
  return answer.toString()
}
