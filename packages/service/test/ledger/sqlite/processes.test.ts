import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openLedger } from '@mayfly/service'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteLedger } from '../../../src/ledger/sqlite.ts'
import { SqliteDatabase } from '../../../src/ledger/sqlite/database.ts'
import { migrateSqlite } from '../../../src/ledger/sqlite/migrate.ts'
import { startRecorder } from '../processes/start.ts'
import { NOW, tokenRecord } from '../records.ts'
import { temporaryFolder } from './temporary.ts'

it('lets several processes make one file at the same moment, and share it', async () => {
  const database = join(temporaryFolder(), 'shared.db')
  const recorders = ['a', 'b', 'c', 'd'].map((name) =>
    startRecorder({ database, name, count: 300 }),
  )
  const results = await Promise.all(recorders.map(({ ended }) => ended))
  expect(results).toStrictEqual(recorders.map(() => ({ code: 0, complaints: '' })))
  const ledger = await openLedger({ database })
  onTestFinished(() => ledger.close())
  for (const { confirmed } of recorders) {
    expect(confirmed).toHaveLength(300)
    const found = await Promise.all(confirmed.map((id) => ledger.findByTokenId('telesign', id)))
    expect(found).not.toContain(undefined)
  }
}, 60_000)

it('goes on serving while another process holds the lock, and records when that lets go', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const ledger = await openLedger({ database })
  onTestFinished(() => ledger.close())
  await ledger.record(tokenRecord('before'))
  const other = new DatabaseSync(database)
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  let settled = false
  const waiting = ledger.record(tokenRecord('waiting')).then(() => {
    settled = true
    return ledger.findByTokenId('token', 'waiting')
  })
  // Turns of the event loop, each of which would be impossible while SQLite waits in it.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(await ledger.findByTokenId('token', 'before')).toBeDefined()
  expect(settled).toBe(false)
  other.exec('ROLLBACK')
  expect(await waiting).toBeDefined()
})

it('says that the file is locked when another process never lets go', async () => {
  const database = SqliteDatabase.open(join(temporaryFolder(), 'mayfly.db'))
  migrateSqlite(database, NOW)
  database.waitForLocks('short')
  const ledger = new SqliteLedger(database, 2)
  onTestFinished(() => ledger.close())
  const other = new DatabaseSync(database.file)
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  await expect(ledger.record(tokenRecord('one'))).rejects.toMatchObject({
    code: 'ERR_LEDGER_UNAVAILABLE',
    message: expect.stringMatching(/mayfly\.db" is locked by another process/),
  })
  other.exec('ROLLBACK')
  await ledger.record(tokenRecord('one'))
})
