import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../scripts/servers/postgres.ts'
import { temporaryFolder } from '../ledger/sqlite/temporary.ts'
import { ask, sendOrder } from './load.ts'
import { endNodes, makeConsoleTokens, type ServiceNode, startNode } from './node.ts'
import { layWire } from './wire.ts'

afterEach(endNodes)

const TELESIGN_ORDER = { kind: 'telesign', phone: '15551110000', xid: 'under-way' } as const

/** Connects to a node and sends it something. */
async function send({ url }: ServiceNode, head: readonly string[], body = ''): Promise<Socket> {
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write([...head, 'Host: localhost', '', body].join('\r\n'))
  return socket
}

describe.skipIf(!hasPostgres())('a node whose PostgreSQL hangs', () => {
  let postgres: PostgresServer

  beforeAll(async () => {
    postgres = await startPostgres()
  }, 60_000)
  afterAll(() => postgres[Symbol.asyncDispose]())

  it.each([
    ['with a request under way', true],
    ['with none', false],
  ])(
    'ends in its time %s',
    async (_title, isAsked) => {
      const address = new URL(await postgres.createDatabase(`hangs-${String(isAsked)}`))
      await using wire = await layWire(Number(address.port))
      address.port = String(wire.port)
      const node = await startNode({
        database: address.href,
        args: ['--shutdown-timeout', '1s'],
      })
      expect((await sendOrder(node.url, { ...TELESIGN_ORDER, xid: 'before' }, '')).status).toBe(200)
      const attempted = wire.goDead()
      const outcome = isAsked ? sendOrder(node.url, TELESIGN_ORDER, '') : undefined
      if (isAsked) await attempted
      const exit = await node.stop()
      expect(await node.logged(/"cut":\d/)).toBe(`"cut":${isAsked ? 1 : 0}`)
      if (isAsked) {
        await node.logged(/ended before the ledger was done/)
        expect(exit).toStrictEqual({ code: 1, signal: null })
        expect(await outcome).toStrictEqual({ status: 0 })
      } else {
        expect(exit).toStrictEqual({ code: 0, signal: null })
      }
    },
    60_000,
  )
})

it('serves others while a client sends its body slowly, and cuts that one off at the end', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const [token = ''] = await makeConsoleTokens(database, ['slow'])
  const node = await startNode({ database, args: ['--shutdown-timeout', '1s'] })
  const head = [
    'POST /tokens HTTP/1.1',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    'Content-Length: 60',
  ]
  const slow = await send(node, [...head, 'Expect: 100-continue'], '{"aud')
  const answered = text(slow)
  await once(slow, 'data')
  expect((await sendOrder(node.url, { kind: 'token' }, token)).status).toBe(201)
  expect(await node.stop()).toStrictEqual({ code: 0, signal: null })
  expect(await node.logged(/"cut":\d/)).toBe('"cut":1')
  expect(await answered).toBe('HTTP/1.1 100 Continue\r\n\r\n')
}, 60_000)

it('works on few requests of a client that sends a thousand and reads nothing', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const node = await startNode({ database, args: ['--no-rate-limits'] })
  const greedy = await send(node, ['GET /healthz HTTP/1.1'])
  await once(greedy, 'data')
  greedy.pause()
  const gone = once(greedy, 'close')
  greedy.write('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000))
  await gone
  expect((await ask(`${node.url}/healthz`))?.status).toBe(200)
  await node.stop()
  const lines = (await node.logged(/[^]*"msg":"ended"/)).split('\n')
  const answers = lines.filter((line) => line.includes('"/openapi.json"'))
  expect(answers.length).toBeLessThanOrEqual(32)
}, 60_000)
