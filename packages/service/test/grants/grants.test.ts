import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { grantStoreConformance } from '@mayfly/conformance'
import { PostgresGrantStore, SqliteGrantStore } from '@mayfly/service/grants'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../scripts/servers/postgres.ts'

describe('grants in SQLite', () => {
  const open = async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-grants-'))
    const file = join(folder, 'grants.db')
    const processes = [new SqliteGrantStore(file), new SqliteGrantStore(file)]
    return {
      processes,
      [Symbol.asyncDispose]: async () => {
        for (const each of processes) each[Symbol.dispose]()
        rmSync(folder, { recursive: true })
      },
    }
  }
  for (const { name, run } of grantStoreConformance({ open })) it(name, run)

  it('are in a file that nobody else can read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-grants-'))
    const file = join(folder, 'grants.db')
    using store = new SqliteGrantStore(file)
    expect(store).toBeDefined()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    rmSync(folder, { recursive: true })
    expect(() => new SqliteGrantStore(file)).toThrow(
      expect.objectContaining({ name: 'LedgerError' }),
    )
  })
})

describe.runIf(hasPostgres())('grants in PostgreSQL', () => {
  let server: PostgresServer
  let databases = 0
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })
  const open = async () => {
    const url = await server.createDatabase(`grants${++databases}`)
    const processes = [new PostgresGrantStore(url), new PostgresGrantStore(url)]
    return {
      processes,
      [Symbol.asyncDispose]: async () => {
        for (const each of processes) await each[Symbol.asyncDispose]()
      },
    }
  }
  for (const { name, run } of grantStoreConformance({ open })) it(name, run)

  it('fail while it is away, show no password, and are there again after', async () => {
    const url = await server.createDatabase('outage')
    await using store = new PostgresGrantStore(url)
    const version = await store.write('a', 'one')
    await server.stop()
    const error: unknown = await store.read('a').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'LedgerError' })
    expect(String(error)).not.toContain(server.password)
    await server.start()
    expect(await store.read('a')).toMatchObject({ record: 'one', version })
  })
})
