import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../scripts/servers/postgres.ts'
import { freePort } from '../../../../scripts/servers/process.ts'
import { hasRedis, type RedisServer, startRedis } from '../../../../scripts/servers/redis.ts'
import { temporaryFolder } from '../ledger/sqlite/temporary.ts'
import { expectKept, verifierOf } from './expect-kept.ts'
import { ask, Load, type Order, Orders, type Outcome, sendOrder } from './load.ts'
import { endNodes, makeConsoleTokens, type ServiceNode, startNode } from './node.ts'

/** How often each node is ended under load. `MAYFLY_KILLS=50` for a long run. */
const KILLS = Number(process.env['MAYFLY_KILLS'] ?? 1)
/** A client may send 3000 requests a minute, and the servers are shared by all tests here. */
const CLIENTS = 6

describe.skipIf(!hasPostgres() || !hasRedis())('two nodes on one PostgreSQL and one Redis', () => {
  let postgres: PostgresServer
  let redis: RedisServer
  let database = ''
  let databases = 0

  beforeAll(async () => {
    ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  }, 60_000)
  afterAll(async () => {
    await Promise.all([postgres, redis].map((server) => server[Symbol.asyncDispose]()))
  })
  beforeEach(async () => {
    databases += 1
    database = await postgres.createDatabase(`nodes-${databases}`)
  })
  afterEach(endNodes)

  const start = (...args: string[]) => startAt(0, ...args)
  const startAt = (port: number, ...args: string[]): Promise<ServiceNode> =>
    startNode({
      database,
      port,
      args: ['--redis', redis.url, '--trust-proxy', 'loopback', '--log-level', 'error', ...args],
    })

  /** Makes tokens to put load on with, and tokens to look with. */
  const makeClients = async (): Promise<readonly (readonly string[])[]> => {
    const names = Array.from({ length: CLIENTS }, (_, index) => `client-${databases}-${index}`)
    const tokens = await makeConsoleTokens(database, names)
    return [tokens.slice(0, CLIENTS / 2), tokens.slice(CLIENTS / 2)]
  }

  it('migrate once, and make one key and one console token, when both start at once on an empty database', async () => {
    const folder = temporaryFolder()
    const files = ['one', 'two'].map((name) => join(folder, name))
    const nodes = await Promise.all(files.map((file) => start('--console-token-file', file)))
    const given = files.filter((file) => existsSync(file))
    expect(given).toHaveLength(1)
    const token = readFileSync(given[0] ?? '', 'utf8').trim()
    for (const { url } of nodes) {
      const keys = await ask(`${url}/keys`, { token })
      expect(JSON.parse(keys?.text ?? '')).toMatchObject({ keys: [{ state: 'active' }] })
      const tokens = await ask(`${url}/v1/tokens?kind=console`, { token })
      expect((JSON.parse(tokens?.text ?? '') as { tokens: unknown[] }).tokens).toHaveLength(1)
    }
    const client = new Client(database)
    await client.connect()
    const { rows } = await client.query('SELECT version FROM mayfly_migrations')
    await client.end()
    expect(rows).toStrictEqual([{ version: 1 }, { version: 2 }])
  }, 60_000)

  it(
    'lose nothing that was answered when they are killed in turn under load',
    async () => {
      const ports = [await freePort(), await freePort()] as const
      const nodes = await Promise.all(ports.map((port) => startAt(port)))
      const [tokens = [], auditors = []] = await makeClients()
      const load = new Load({
        urls: nodes.map(({ url }) => url),
        tokens,
        orders: new Orders('killed'),
        together: 4,
        tries: 20,
      })
      onTestFinished(() => load.end())
      await load.more(30)
      for (let kill = 0; kill < 2 * KILLS; kill += 1) {
        const which = kill % 2
        await nodes[which]?.kill()
        await load.more(30)
        nodes[which] = await startAt(ports[which] ?? 0)
        await load.more(30)
      }
      await load.end()
      // A crash may leave an xid taken whose token nobody got. Nothing else was refused.
      expect(load.failures.filter(({ status }) => status !== 409)).toStrictEqual([])
      await expectKept(nodes[1]?.url ?? '', load.given, auditors)
    },
    60_000 + KILLS * 10_000,
  )

  it(
    'fail no request when they are asked to end in turn under load',
    async () => {
      const ports = [await freePort(), await freePort()] as const
      const nodes = await Promise.all(ports.map((port) => startAt(port)))
      const [tokens = [], auditors = []] = await makeClients()
      const load = new Load({
        urls: nodes.map(({ url }) => url),
        tokens,
        orders: new Orders('ended'),
        together: 4,
        tries: 20,
      })
      onTestFinished(() => load.end())
      await load.more(30)
      for (let kill = 0; kill < 2 * KILLS; kill += 1) {
        const which = kill % 2
        expect(await nodes[which]?.stop()).toStrictEqual({ code: 0, signal: null })
        await load.more(30)
        nodes[which] = await startAt(ports[which] ?? 0)
        await load.more(30)
      }
      await load.end()
      expect(load.failures).toStrictEqual([])
      await expectKept(nodes[0]?.url ?? '', load.given, auditors)
    },
    60_000 + KILLS * 10_000,
  )

  it('give no token away that the ledger does not have yet', async () => {
    const nodes = await Promise.all([start(), start()])
    const [token = ''] = await makeConsoleTokens(database, [`waiting-${databases}`])
    const clients = [new Client(database), new Client(database)] as const
    // The one that holds the lock would not see what happens meanwhile.
    const [client, onlooker] = clients
    await Promise.all(clients.map((each) => each.connect()))
    try {
      // Tokens can be looked for meanwhile, and none recorded.
      await client.query('BEGIN; LOCK TABLE mayfly_tokens IN SHARE ROW EXCLUSIVE MODE')
      const orders: readonly Order[] = [
        { kind: 'telesign', phone: '15556660001', xid: 'held-up' },
        { kind: 'voicegain' },
        { kind: 'token' },
      ]
      const outcomes: Promise<Outcome>[] = []
      for (const order of orders) {
        const outcome = sendOrder(nodes[0]?.url ?? '', order, token)
        outcomes.push(outcome)
        await Promise.race([outcome, waitForStuck(onlooker, outcomes.length)])
      }
      await nodes[0]?.kill()
      expect((await Promise.all(outcomes)).filter(({ given }) => given !== undefined)).toEqual([])
      await client.query('ROLLBACK')
      // Its statement had arrived, and what arrives is done: the crash has used up the xid.
      const again = { kind: 'telesign', phone: '15556660001', xid: 'held-up' } as const
      expect([200, 409]).toContain((await sendOrder(nodes[1]?.url ?? '', again, '')).status)
      const other = { ...again, xid: 'another' }
      expect((await sendOrder(nodes[1]?.url ?? '', other, '')).status).toBe(200)
    } finally {
      await Promise.all(clients.map((each) => each.end()))
    }
  }, 60_000)

  it('answer one request of several for the same xid, whichever they came to', async () => {
    const nodes = await Promise.all([start(), start()])
    for (let time = 0; time < 10; time += 1) {
      const order = {
        kind: 'telesign',
        phone: `1555000${1000 + time}`,
        xid: `same-${time}`,
      } as const
      const outcomes = await Promise.all(
        [...nodes, ...nodes].map(({ url }) => sendOrder(url, order, '')),
      )
      const statuses = outcomes.map(({ status }) => status).toSorted((a, b) => a - b)
      expect(statuses).toStrictEqual([200, 409, 409, 409])
    }
  }, 60_000)

  it('verify, introspect, revoke, regenerate and rotate what the other has made, at once', async () => {
    const [one, two] = await Promise.all([start(), start()])
    const [admin = '', own = ''] = await makeConsoleTokens(database, ['admin', 'own'])
    const issueAt = async ({ url }: ServiceNode) => {
      const { given } = await sendOrder(url, { kind: 'token' }, admin)
      if (given === undefined) throw new Error('Nothing was given.')
      return given
    }
    const form = (token: string) => ({
      token: admin,
      method: 'POST',
      body: new URLSearchParams({ token }),
    })
    const isActive = async ({ url }: ServiceNode, token: string): Promise<unknown> => {
      const answer = await ask(`${url}/oauth/introspect`, form(token))
      return (JSON.parse(answer?.text ?? '{}') as { active?: unknown }).active
    }
    for (const [here, there] of [
      [one, two],
      [two, one],
    ] as const) {
      const given = await issueAt(here)
      await (await verifierOf(there.url))(given)
      expect(await isActive(there, given.token)).toBe(true)
      expect((await ask(`${there.url}/oauth/revoke`, form(given.token)))?.status).toBe(200)
      expect(await isActive(here, given.token)).toBe(false)

      // By the most urgent rotation: nobody has heard of the key that the next token is signed with.
      const rotated = await ask(`${here.url}/keys/rotate`, {
        token: admin,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"now":true}',
      })
      expect(rotated?.status).toBe(200)
      const next = await issueAt(here)
      await (await verifierOf(there.url))(next)
      expect(await isActive(there, next.token)).toBe(true)
      await (await verifierOf(here.url))(await issueAt(there))
    }
    const renewed = await ask(`${one.url}/security/jwt/regenerate`, { token: own, method: 'POST' })
    expect(renewed?.status).toBe(200)
    expect((await ask(`${two.url}/v1/tokens`, { token: own }))?.status).toBe(401)
    const token = renewed?.text ?? ''
    expect((await ask(`${two.url}/v1/tokens`, { token }))?.status).toBe(200)
  }, 60_000)

  it('let through together what one would, though one is killed and started again meanwhile', async () => {
    const nodes = await Promise.all([start(), start()])
    const knock = async (url: string, phone: string, address?: string): Promise<number> => {
      const from = address === undefined ? {} : { address }
      return (await ask(`${url}/v1/token/${phone}`, from))?.status ?? 0
    }
    const knocks = (count: number, phone: (index: number) => string, address?: string) =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          knock(nodes[index % 2]?.url ?? '', phone(index), address),
        ),
      )
    const numbers = ['15553330001', '15553330002', '15553330003']
    // Ten for a number in ten minutes, and 300 from an address in a minute: the limits of every start.
    const byNumber = numbers.map(() => 0)
    const knockAll = async (): Promise<void> => {
      for (const [index, number] of numbers.entries()) {
        const statuses = await knocks(8, () => number)
        expect(new Set([...statuses, 200, 429])).toStrictEqual(new Set([200, 429]))
        byNumber[index] = (byNumber[index] ?? 0) + statuses.filter((each) => each === 200).length
      }
    }
    await knockAll()
    await nodes[1]?.kill()
    nodes[1] = await start()
    await knockAll()
    expect(byNumber).toStrictEqual([10, 10, 10])

    const statuses = await knocks(330, (index) => String(15_554_440_000 + index), '192.0.2.1')
    expect(statuses.filter((each) => each === 200)).toHaveLength(300)
    expect(statuses.filter((each) => each === 429)).toHaveLength(30)
  }, 60_000)
})

/** Waits until so many statements of ours wait for a lock. */
async function waitForStuck(client: Client, count: number): Promise<void> {
  const stuck = `SELECT FROM pg_stat_activity
    WHERE application_name = 'mayfly' AND datname = current_database() AND wait_event_type = 'Lock'`
  while (((await client.query(stuck)).rowCount ?? 0) < count) await new Promise(setImmediate)
}
