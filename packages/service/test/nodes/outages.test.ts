import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../scripts/servers/postgres.ts'
import { hasRedis, type RedisServer, startRedis } from '../../../../scripts/servers/redis.ts'
import { expectKept } from './expect-kept.ts'
import { ask, Load, Orders } from './load.ts'
import { endNodes, makeConsoleTokens, type ServiceNode, startNode } from './node.ts'

describe.skipIf(!hasPostgres() || !hasRedis())('a node', () => {
  let postgres: PostgresServer
  let redis: RedisServer
  let node: ServiceNode
  let tokens: readonly string[] = []

  beforeAll(async () => {
    ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
    const args = ['--redis', redis.url, '--trust-proxy', 'loopback', '--log-level', 'silent']
    node = await startNode({ database: postgres.url, args })
    tokens = await makeConsoleTokens(postgres.url, ['one', 'two', 'three', 'four'])
  }, 60_000)
  afterAll(async () => {
    await endNodes()
    await Promise.all([postgres, redis].map((server) => server[Symbol.asyncDispose]()))
  })

  /** Asks for a token of each kind, and gives each answer as its status, code and when to come again. */
  const askEach = async (): Promise<readonly unknown[]> => {
    const headers = { 'content-type': 'application/json' }
    const [token = ''] = tokens
    const answers = await Promise.all([
      ask(`${node.url}/v1/token/1555777${1000 + Math.floor(Math.random() * 9000)}`),
      ask(`${node.url}/security/jwt?aud=app.example.com`, { token }),
      ask(`${node.url}/tokens`, {
        token,
        headers,
        method: 'POST',
        body: '{"audience":"a","expiresIn":9}',
      }),
    ])
    return answers.map((answer) => {
      if (answer?.status !== 503) return answer?.status
      const { code } = JSON.parse(answer.text) as { code: string }
      return [code, Number(answer.headers.get('retry-after')) > 0]
    })
  }
  const statusOf = async (path: string) => (await ask(node.url + path))?.status
  const ready = async (): Promise<void> => {
    for (;;) {
      const status = await statusOf('/readyz')
      if (status === 200) return
      if (status === undefined) throw new Error('The node is gone.')
    }
  }

  it.each(['stop', 'kill'] as const)(
    'lets nobody through while Redis is gone, and recovers by itself (%s)',
    async (how) => {
      await redis[how]()
      const refused = ['ERR_LIMITER_UNAVAILABLE', true]
      expect(await askEach()).toStrictEqual([refused, refused, refused])
      expect([await statusOf('/healthz'), await statusOf('/readyz')]).toStrictEqual([200, 503])
      await redis.start()
      await ready()
      expect(await askEach()).toStrictEqual([200, 200, 201])
    },
    60_000,
  )

  it.each(['stop', 'kill'] as const)(
    'says when to come again while PostgreSQL is gone, loses nothing, and recovers by itself (%s)',
    async (how) => {
      const load = new Load({
        urls: [node.url],
        tokens: tokens.slice(0, 2),
        orders: new Orders(how),
        together: 4,
        tries: 1,
      })
      onTestFinished(() => load.end())
      await load.more(20)
      await postgres[how]()
      // Who asks cannot be looked up either, which the guard says before anything else.
      const unknown = ['ERR_STORE_UNAVAILABLE', true]
      const refused = ['ERR_LEDGER_UNAVAILABLE', true]
      expect(await askEach()).toStrictEqual([refused, unknown, unknown])
      const documents = ['/healthz', '/readyz', '/.well-known/jwks.json']
      expect(await Promise.all(documents.map(statusOf))).toStrictEqual([200, 503, 200])
      await postgres.start()
      await ready()
      await load.more(20)
      await load.end()
      expect(await askEach()).toStrictEqual([200, 200, 201])
      expect(load.failures.filter(({ status }) => status !== 503)).toStrictEqual([])
      await expectKept(node.url, load.given, tokens.slice(2))
    },
    60_000,
  )
})
