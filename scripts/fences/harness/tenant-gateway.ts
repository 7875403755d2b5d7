import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Harness } from '../context.ts'

/** Stands where the vendor does, and answers with whose token it got, and what else. */
export const harness: Harness = async ({ load, urls }) => {
  const upstream = createServer(({ url, headers }, response) => {
    const [, payload = ''] = headers.authorization?.split('.') ?? []
    const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string }
    response.end(JSON.stringify({ iss, url, cookie: headers.cookie ?? null }))
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  process.env['UPSTREAM'] = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  await load()
  const [url = ''] = await urls()
  const tenants = ['acme', 'globex', 'acme', 'globex']
  const answers = await Promise.all(
    tenants.map(async (tenant) => {
      const headers = { authorization: 'Bearer mine', cookie: 'mine=1', 'x-tenant': tenant }
      return (await fetch(`${url}/orders?access_token=mine&page=2`, { headers })).json()
    }),
  )
  const expected = tenants.map((iss) => ({ iss, url: '/orders?page=2', cookie: null }))
  assert.deepEqual(answers, expected)
}
