import assert from 'node:assert/strict'
import type { Harness } from '../context.ts'

const API = 'https://api.example.com'
const SHOP = 'https://shop.example.com'

interface Page {
  showCustomer(): Promise<string>
  readEvents(): AsyncGenerator<string>
  connect(onMessage: (text: string) => void): Promise<WebSocket>
}

/** Runs what is for a page, with the header that a browser adds. */
export const harness: Harness = async ({ load, route, urls }) => {
  const page = (await load()) as unknown as Page
  const [url = ''] = await urls()
  route(API, url)
  const routed = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    request.headers.set('origin', SHOP)
    return await routed(request)
  }
  const real = globalThis.WebSocket
  globalThis.WebSocket = class extends real {
    constructor(address: string | URL, offered?: string | string[] | object) {
      const there = String(address).replace(API.replace('http', 'ws'), url.replace('http', 'ws'))
      super(there, { protocols: offered as string[], headers: { origin: SHOP } })
    }
  }

  assert.equal(await page.showCustomer(), '{"customer":"alice"}')
  const { value } = await page.readEvents().next()
  assert.equal(value, 'data: hello alice')
  const socket = await new Promise<WebSocket>((resolve, reject) => {
    const opened = page.connect((text) => {
      assert.equal(text, 'hello alice')
      opened.then(resolve, reject)
    })
    opened.then((one) => one.addEventListener('error', reject), reject)
  })
  assert.equal(socket.protocol, 'orders.v1')
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
  socket.close()
  await closed
}
