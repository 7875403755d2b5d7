import { inspect } from 'node:util'
import { type Ledger, openLedger } from '@mayfly/service'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../../../scripts/servers/process.ts'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../../scripts/servers/postgres.ts'
import { listQuery } from '../../../src/ledger/list-query.ts'
import { PostgresConnection } from '../../../src/ledger/postgres/connection.ts'
import { POSTGRES_DIALECT } from '../../../src/ledger/postgres/dialect.ts'
import { startRecorder } from '../processes/start.ts'
import { storedKey, tokenRecord } from '../records.ts'

describe.skipIf(!hasPostgres())('a PostgreSQL ledger', () => {
  let server: PostgresServer
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)

  afterAll(() => server[Symbol.asyncDispose]())

  beforeEach(async () => {
    client = new Client(server.url)
    client.on('error', () => {})
    await client.connect()
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    onTestFinished(() => client.end())
  })

  async function open(): Promise<Ledger> {
    const ledger = await openLedger({ database: server.url })
    onTestFinished(() => ledger.close())
    return ledger
  }

  it('fails at once when the server is gone, without the password, and recovers by itself', async () => {
    const ledger = await open()
    await ledger.record(tokenRecord('before'))
    await server.stop()
    for (const asked of [
      () => ledger.record(tokenRecord('lost')),
      () => ledger.findByTokenId('token', 'before'),
      () => ledger.bumpGeneration('subject', 'alice'),
      () => ledger.addKey(storedKey('one'), undefined),
      () => ledger.ping(),
    ]) {
      const error = await asked().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'LedgerError', code: 'ERR_LEDGER_UNAVAILABLE' })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(server.password)
    }
    await server.start()
    await ledger.ping()
    await ledger.record(tokenRecord('after'))
    expect(await ledger.findByTokenId('token', 'before')).toBeDefined()
    expect(await ledger.findByTokenId('token', 'lost')).toBeUndefined()
  })

  it('fails what is under way when the server ends its connection', async () => {
    const ledger = await open()
    const holder = new Client(server.url)
    onTestFinished(() => holder.end())
    await holder.connect()
    await holder.query('BEGIN; LOCK TABLE mayfly_tokens, mayfly_signing_keys')
    const under = Promise.allSettled([
      ledger.record(tokenRecord('one')),
      ledger.addKey(storedKey('one'), undefined),
    ])
    const stuck = `SELECT pid FROM pg_stat_activity
      WHERE application_name = 'mayfly' AND wait_event_type = 'Lock'`
    while ((await client.query(stuck)).rowCount !== 2) await new Promise(setImmediate)
    await client.query(`SELECT pg_terminate_backend(pid) FROM (${stuck}) AS stuck`)
    const unavailable = { reason: { code: 'ERR_LEDGER_UNAVAILABLE' } }
    expect(await under).toMatchObject([unavailable, unavailable])
    await holder.query('ROLLBACK')
    await ledger.record(tokenRecord('one'))
  })

  it('undoes and lets go of a transaction that fails', async () => {
    const ledger = await open()
    await ledger.addKey(storedKey('one'), undefined)
    for (let time = 0; time < 12; time += 1) {
      await expect(ledger.addKey(storedKey('one'), 'one')).rejects.toMatchObject({
        code: 'ERR_LEDGER_CONFLICT',
      })
    }
    expect(await ledger.addKey(storedKey('two'), 'one')).toBe(true)
  })

  it('records the others when a value of one cannot be kept', async () => {
    const ledger = await open()
    const results = await Promise.allSettled([
      ledger.record(tokenRecord('good')),
      ledger.record(tokenRecord('nul', { subject: 'a\u0000b' })),
      ledger.record(tokenRecord('half', { subject: '\ud800' })),
      ledger.record(tokenRecord('wide', { xid: Array.from({ length: 9000 }, Math.random).join() })),
      ledger.record(tokenRecord('also good')),
    ])
    const failed = { reason: { code: 'ERR_LEDGER_FAILED' } }
    const done = { status: 'fulfilled' }
    expect(results).toMatchObject([done, failed, failed, failed, done])
    expect((await ledger.list({ limit: 10 })).tokens).toHaveLength(2)
  })

  it.each([
    [{}, 'mayfly_tokens_by_time'],
    [{ xid: 'x' }, 'mayfly_tokens_by_xid'],
    [{ phone: '1' }, 'mayfly_tokens_by_phone'],
    [{ clientId: 'c' }, 'mayfly_tokens_by_client'],
    [{ kind: 'token' as const }, 'mayfly_tokens_by_kind'],
    [{ audience: 'a' }, 'mayfly_token_audiences_pkey'],
  ])('finds the records of %j by an index, in their order', async (query, index) => {
    await open()
    // A table this small would be read as a whole; without that choice the plan is that of a large one.
    await client.query('SET enable_seqscan = off; SET enable_bitmapscan = off')
    const { text, values } = listQuery({ ...query, after: '1.2', limit: 5 }, POSTGRES_DIALECT)
    const { rows } = await client.query(`EXPLAIN ${text}`, [...values])
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n')
    expect(plan).toContain(index)
    expect(plan).not.toContain('Sort')
  })

  it('finds an audience that is wider than an index', async () => {
    const ledger = await open()
    const audience = Array.from({ length: 9000 }, Math.random).join()
    const wide = tokenRecord('wide', { audience: [audience] })
    await ledger.record(wide)
    expect((await ledger.list({ audience, limit: 10 })).tokens).toStrictEqual([wide])
  })

  it('does not answer a ping, and records nothing, while the database is read-only', async () => {
    const ledger = await open()
    await client.query(`ALTER DATABASE postgres SET default_transaction_read_only = on`)
    const readOnly = await openLedger({ database: server.url })
    try {
      await expect(readOnly.ping()).rejects.toMatchObject({ code: 'ERR_LEDGER_READ_ONLY' })
      await expect(readOnly.record(tokenRecord('one'))).rejects.toMatchObject({
        code: 'ERR_LEDGER_READ_ONLY',
      })
      await expect(ledger.ping()).resolves.toBeUndefined()
    } finally {
      await client.query('SET default_transaction_read_only = off')
      await client.query('ALTER DATABASE postgres RESET default_transaction_read_only')
      await readOnly.close()
    }
  })

  it('gives up a statement that waits for a lock too long', async () => {
    const ledger = await open()
    const { rows } = await client.query(`
      SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mayfly'`)
    expect(Number(rows[0].count)).toBeGreaterThan(0)
    const connection = new PostgresConnection(server.url)
    onTestFinished(() => connection.close())
    const settings = await connection.run(`
      SELECT current_setting('statement_timeout') AS statement,
        current_setting('lock_timeout') AS lock, current_setting('synchronous_commit') AS commit`)
    expect(settings.rows).toStrictEqual([{ statement: '10s', lock: '5s', commit: 'on' }])
    await client.query('BEGIN; LOCK TABLE mayfly_tokens')
    const waits = connection.transaction(async (run) => {
      await run(`SET LOCAL lock_timeout = '20ms'`)
      await run('SELECT * FROM mayfly_tokens')
    })
    await expect(waits).rejects.toMatchObject({
      code: 'ERR_LEDGER_UNAVAILABLE',
      message: expect.stringContaining('did not answer in time'),
    })
    await client.query('ROLLBACK')
    await ledger.ping()
  })

  it('waits for the disk even where the database is told not to', async () => {
    await client.query('ALTER DATABASE postgres SET synchronous_commit = off')
    const connection = new PostgresConnection(server.url)
    try {
      const { rows } = await connection.run('SHOW synchronous_commit')
      expect(rows).toStrictEqual([{ synchronous_commit: 'on' }])
    } finally {
      await client.query('ALTER DATABASE postgres RESET synchronous_commit')
      await connection.close()
    }
  })

  it('is refused when a newer version of the service has been there', async () => {
    await (await open()).close()
    await client.query('INSERT INTO mayfly_migrations VALUES (99, 0)')
    const opened = openLedger({ database: server.url })
    await expect(opened).rejects.toMatchObject({
      code: 'ERR_LEDGER_SCHEMA',
      message: expect.stringMatching(/^The ledger at 127\.0\.0\.1:\d+\/postgres has schema 99/),
    })
  })

  it('is made by one of several nodes that start at the same moment', async () => {
    const recorders = ['a', 'b', 'c'].map((name) =>
      startRecorder({ database: server.url, name, count: 100 }),
    )
    const results = await Promise.all(recorders.map(({ ended }) => ended))
    expect(results).toStrictEqual(recorders.map(() => ({ code: 0, complaints: '' })))
    const ledger = await open()
    const confirmed = recorders.flatMap((recorder) => recorder.confirmed)
    expect(confirmed).toHaveLength(300)
    const found = await Promise.all(confirmed.map((id) => ledger.findByTokenId('telesign', id)))
    expect(found).not.toContain(undefined)
    const { rows } = await client.query('SELECT version FROM mayfly_migrations')
    expect(rows).toStrictEqual([{ version: 1 }, { version: 2 }])
  })

  it('says that the user, the password or the database is wrong', async () => {
    const address = server.url.replace(/postgres$/, 'no_such_database')
    const error = await openLedger({ database: address }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ERR_LEDGER_ACCESS',
      message: expect.stringContaining('/no_such_database lets us not in'),
      cause: { code: '3D000' },
    })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(server.password)
  })

  it('says that a server without TLS was asked for TLS', async () => {
    const opened = openLedger({ database: `${server.url}?sslmode=verify-full` })
    await expect(opened).rejects.toMatchObject({ code: 'ERR_LEDGER_ACCESS' })
  })
})

it('refuses an address that is no URL, without repeating it', async () => {
  const opened = openLedger({ database: 'postgres://user:pass/word@host:port/db' })
  await expect(opened).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', option: 'database' })
  await expect(opened).rejects.not.toThrow('pass/word')
})

it('says so when nobody listens at the address', async () => {
  const port = await freePort()
  const opened = openLedger({ database: `postgres://me:hunter2@127.0.0.1:${port}/x` })
  await expect(opened).rejects.toMatchObject({
    code: 'ERR_LEDGER_UNAVAILABLE',
    message: expect.stringContaining(`127.0.0.1:${port}/x cannot be reached`),
  })
})
