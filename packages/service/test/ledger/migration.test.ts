import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openLedger, type Ledger } from '@mayfly/service'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { hasPostgres, startPostgres } from '../../../../scripts/servers/postgres.ts'
import { POSTGRES_MIGRATIONS } from '../../src/ledger/postgres/migrations.ts'
import { SQLITE_MIGRATIONS } from '../../src/ledger/sqlite/migrations.ts'
import { NOW, tokenRecord } from './records.ts'
import { temporaryFolder } from './sqlite/temporary.ts'

/** The rows of a ledger of the first schema. `tokens` and `audiences` are what their columns hold. */
const ROWS = [
  `('order-1', 'hash 1', 'telesign', '[]', 'order-1', '15555551212', ${NOW}, ${NOW + 90}, NULL)`,
  `('id-2', 'hash 2', 'token', '["orders"]', NULL, NULL, ${NOW}, ${NOW + 300}, ${NOW + 5})`,
].join(', ')
const COLUMNS =
  'token_id, token_hash, kind, audience, xid, phone, issued_at, expires_at, revoked_at'

async function expectMigrated(ledger: Ledger): Promise<void> {
  try {
    expect(await ledger.findByTokenId('telesign', 'order-1')).toMatchObject({ xid: 'order-1' })
    expect(await ledger.findByTokenId('token', 'order-1')).toBeUndefined()
    expect(await ledger.findByTokenId('token', 'id-2')).toMatchObject({ revokedAt: NOW + 5 })
    expect(await ledger.findByHash('hash 2')).toMatchObject({ tokenId: 'id-2' })
    // Whose it was nobody can tell: it counts for both, so that nothing comes to life again.
    expect(await ledger.generation('client', 'app')).toBe(3)
    expect(await ledger.generation('subject', 'app')).toBe(3)
    expect(await ledger.advanceGeneration('client', 'app', 3)).toBe(true)
    await ledger.record(tokenRecord('order-1'))
    expect((await ledger.list({ limit: 9 })).tokens).toHaveLength(3)
  } finally {
    await ledger.close()
  }
}

describe('a ledger of the first schema', () => {
  it('is brought up to date in SQLite', async () => {
    const file = join(temporaryFolder(), 'old.db')
    const database = new DatabaseSync(file)
    database.exec(`${SQLITE_MIGRATIONS[0]};
      CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied_at INTEGER) STRICT;
      INSERT INTO schema_migrations VALUES (1, 0);
      INSERT INTO tokens (${COLUMNS}) VALUES ${ROWS};
      INSERT INTO generations VALUES ('app', 3)`)
    database.close()
    await expectMigrated(await openLedger({ database: file }))
  })

  it.skipIf(!hasPostgres())(
    'is brought up to date in PostgreSQL',
    async () => {
      await using server = await startPostgres()
      const client = new Client(server.url)
      await client.connect()
      await client.query(`${POSTGRES_MIGRATIONS[0]};
        CREATE TABLE mayfly_migrations (version int PRIMARY KEY, applied_at bigint NOT NULL);
        INSERT INTO mayfly_migrations VALUES (1, 0);
        INSERT INTO mayfly_tokens (${COLUMNS}) VALUES ${ROWS};
        INSERT INTO mayfly_generations VALUES ('app', 3)`)
      await client.end()
      await expectMigrated(await openLedger({ database: server.url }))
    },
    60_000,
  )
})
