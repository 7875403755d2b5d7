import { expect, it, onTestFinished } from 'vitest'
import { listQuery } from '../../../src/ledger/list-query.ts'
import type { TokenQuery } from '../../../src/ledger/ledger.ts'
import { SqliteDatabase } from '../../../src/ledger/sqlite/database.ts'
import { SQLITE_DIALECT } from '../../../src/ledger/sqlite/dialect.ts'
import { migrateSqlite } from '../../../src/ledger/sqlite/migrate.ts'
import * as statements from '../../../src/ledger/sqlite/statements.ts'
import { NOW } from '../records.ts'

function planOf(sql: string): string {
  const database = SqliteDatabase.open(':memory:')
  onTestFinished(() => database.close())
  migrateSqlite(database, NOW)
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
  expect(steps).not.toHaveLength(0)
  return steps.map(({ detail }) => detail).join('\n')
}

const LISTS: readonly [Omit<TokenQuery, 'limit'>, string][] = [
  [{}, 'USING INDEX tokens_by_time'],
  [{ xid: 'x' }, 'USING INDEX tokens_by_xid (xid=?'],
  [{ phone: '1' }, 'USING INDEX tokens_by_phone (phone=?'],
  [{ clientId: 'c' }, 'USING INDEX tokens_by_client (client_id=?'],
  [{ kind: 'console' }, 'USING INDEX tokens_by_kind (kind=?'],
  [{ audience: 'a' }, 'SEARCH a USING PRIMARY KEY (audience=?'],
  [{ kind: 'console', clientId: 'c' }, 'USING INDEX tokens_by_client (client_id=?'],
]

it.each(LISTS)('finds the records of %j by an index, in their order', (query, index) => {
  for (const after of [undefined, '1.2']) {
    const { text } = listQuery(
      { ...query, limit: 5, ...(after !== undefined && { after }) },
      SQLITE_DIALECT,
    )
    const plan = planOf(text)
    expect(plan).toContain(index)
    expect(plan).not.toContain('TEMP B-TREE')
  }
})

it.each([
  [statements.FIND_BY_ID, 'tokens_by_id (kind=? AND token_id=?)'],
  [statements.FIND_BY_HASH, 'tokens_by_hash (token_hash=?)'],
  [statements.REVOKE, 'tokens_by_id (kind=? AND token_id=?)'],
  [statements.DOOMED, 'tokens_by_expiry (expires_at<?)'],
  [statements.DELETE_TOKEN, 'INTEGER PRIMARY KEY (rowid=?)'],
  [statements.DELETE_AUDIENCE, 'PRIMARY KEY (audience=? AND issued_at=? AND sequence=?)'],
  [statements.GENERATION, 'PRIMARY KEY (space=? AND name=?)'],
])('runs by an index: %s', (statement, index) => {
  const plan = planOf(statement)
  expect(plan).toContain(index)
  expect(plan).not.toMatch(/SCAN/)
})
