import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@mayfly/testing'
import { afterEach, expect, test } from 'vitest'
import { hasOpenssl, makeCertificate } from '../../../scripts/servers/certificate.ts'
import { createTokenService, type ServiceEvent, type TokenService } from '../src/index.ts'
import { ISSUER, SILENT } from './support/service.ts'

let service: TokenService | undefined
afterEach(async () => {
  await service?.close()
  service = undefined
})

async function make(more: object = {}): Promise<TokenService> {
  service = await createTokenService({
    issuer: ISSUER,
    database: ':memory:',
    logger: SILENT,
    ...more,
  })
  return service
}

test('a service serves by itself, at several places, and ends them when it is closed', async () => {
  const one = await make()
  const servers = [await one.listen(), await one.listen({ host: '127.0.0.1', port: 0 })]
  for (const { url } of servers) expect((await fetch(`${url}/readyz`)).status).toBe(200)
  await one.close()
  for (const { url } of servers) await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})

test('a server that was ended by itself does not keep the service from being closed', async () => {
  const one = await make()
  const server = await one.listen()
  expect(await server.close()).toBe(0)
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  await one.close()
})

test('what is in the way of one part keeps none of the others open', async () => {
  const one = await make()
  const first = await one.listen()
  const second = await one.listen()
  second.close = () => Promise.reject(new Error('stuck'))
  await expect(one.close()).rejects.toThrow('stuck')
  await expect(fetch(`${first.url}/healthz`)).rejects.toThrow()
})

test.each([{ prot: 1 }, { port: -1 }, { clock: new FakeClock() }, { observe: () => {} }])(
  'listen refuses %j by name, and the service goes on',
  async (options) => {
    const one = await make()
    const [option = ''] = Object.keys(options)
    await expect(one.listen(options as object)).rejects.toMatchObject({ option })
    expect((await fetch(`${(await one.listen()).url}/healthz`)).status).toBe(200)
  },
)

test('a body that drips in is refused in time, and nothing is issued', async () => {
  const events: ServiceEvent[] = []
  const one = await make({
    observe: (event: ServiceEvent) => void events.push(event),
  })
  const token = await one.createConsoleToken('app')
  const { port } = await one.listen({ headersTimeoutMs: 100, requestTimeoutMs: 100 })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const lines = [
    'POST /tokens HTTP/1.1',
    'Host: a',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    'Content-Length: 31',
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n{"audience":`)
  await once(socket.resume(), 'close')
  await expect.poll(() => events.at(-1)).toMatchObject({ type: 'refuse', status: 400 })
  expect(events.filter(({ type }) => type === 'issue')).toHaveLength(1)
})

test.skipIf(!hasOpenssl())(
  'a certificate that cannot be used any more is told of and counted',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-listen-'))
    const clock = new FakeClock()
    try {
      const tls = await makeCertificate(folder, 'first')
      let observe: (event: ServiceEvent) => void = () => {}
      const told = new Promise<ServiceEvent>((resolve) => (observe = resolve))
      const one = await make({ clock, observe })
      const { url } = await one.listen({ tls })
      expect(url).toMatch(/^https:/)
      copyFileSync((await makeCertificate(folder, 'next')).certFile, tls.certFile)
      clock.advance(5000)
      expect(await told).toMatchObject({ type: 'failure', what: 'certificate' })
      expect(await one.metrics.read()).toContain('mayfly_failures_total{what="certificate"} 1')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
