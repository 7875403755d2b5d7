import assert from 'node:assert/strict'
import type { TokenIssuer } from '@mayfly/core'
import type { Harness } from '../context.ts'

const PAGE = 'https://shop.example.com'

/** Opens a WebSocket as the token's page would, and as another page would. */
export const harness: Harness = async ({ load, urls }) => {
  const { issuer } = (await load()) as { issuer: TokenIssuer }
  const [url = ''] = await urls()
  const say = { audience: 'live', origins: [PAGE], subject: 'alice', expiresIn: 300 }
  const { value } = await issuer.issue(say)
  const open = (origin: string): Promise<string> => {
    const told = { protocols: ['orders.v1', `bearer.${value}`], headers: { origin } }
    const socket = new WebSocket(url.replace('http', 'ws'), told)
    return new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        socket.close()
        resolve(`${socket.protocol}: ${String(data)}`)
      })
      socket.addEventListener('error', () => resolve('refused'))
    })
  }
  assert.equal(await open(PAGE), 'orders.v1: hello alice')
  assert.equal(await open('https://evil.example'), 'refused')
}
