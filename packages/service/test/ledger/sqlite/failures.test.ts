import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openLedger } from '@mayfly/service'
import { describe, expect, it } from 'vitest'
import { SqliteLedger } from '../../../src/ledger/sqlite.ts'
import { SqliteDatabase } from '../../../src/ledger/sqlite/database.ts'
import { migrateSqlite } from '../../../src/ledger/sqlite/migrate.ts'
import { NOW, tokenRecord } from '../records.ts'
import { temporaryFolder } from './temporary.ts'

async function failureOf(database: string): Promise<{ code: string; message: string }> {
  return openLedger({ database }).then(
    () => ({ code: 'opened', message: '' }),
    (error: unknown) => error as { code: string; message: string },
  )
}

/** Opens a ledger in a process without the rights of root, and gives how that failed. */
function openAsNobody(file: string): readonly unknown[] {
  const script = `
    import { openLedger } from '@mayfly/service'
    const error = await openLedger({ database: process.argv[1] }).catch((error) => error)
    console.log(JSON.stringify([error.code, error.message]))`
  const { stdout } = spawnSync(
    process.execPath,
    ['--conditions=source', '--input-type=module', '-e', script, file],
    {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      ...(process.getuid?.() === 0 && { uid: 65_534, gid: 65_534 }),
    },
  )
  return JSON.parse(stdout) as unknown[]
}

describe('a SQLite file that cannot be used', () => {
  it('is refused by name when its folder does not exist', async () => {
    const file = join(temporaryFolder(), 'no', 'mayfly.db')
    const { code, message } = await failureOf(file)
    expect(code).toBe('ERR_LEDGER_UNAVAILABLE')
    expect(message).toContain(file)
    expect(message).toContain('folder exists')
  })

  it('is refused by name when it is a folder', async () => {
    const file = temporaryFolder()
    expect(await failureOf(file)).toMatchObject({
      code: 'ERR_LEDGER_UNAVAILABLE',
      message: expect.stringContaining(file),
    })
  })

  it('is refused when it is no database, and left as it is', async () => {
    const file = join(temporaryFolder(), 'notes.txt')
    const text = 'Not a database, but long enough to have a header. '.repeat(40)
    writeFileSync(file, text)
    const { code, message } = await failureOf(file)
    expect(code).toBe('ERR_LEDGER_CORRUPT')
    expect(message).toContain(file)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('is refused when it is the database of another program, and left as it is', async () => {
    const file = join(temporaryFolder(), 'other.db')
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE customers (id INTEGER)')
    other.close()
    const before = readFileSync(file)
    const { code, message } = await failureOf(file)
    expect(code).toBe('ERR_LEDGER_SCHEMA')
    expect(message).toContain('another program')
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('is refused when a newer version of the service has been there', async () => {
    const file = join(temporaryFolder(), 'mayfly.db')
    await (await openLedger({ database: file })).close()
    const database = new DatabaseSync(file)
    database.exec('INSERT INTO schema_migrations VALUES (99, 0)')
    database.close()
    const { code, message } = await failureOf(file)
    expect(code).toBe('ERR_LEDGER_SCHEMA')
    expect(message).toMatch(/schema 99, .* knows 2\. Run the newer version/)
  })

  it('is refused by name when its pages are damaged', async () => {
    const file = join(temporaryFolder(), 'mayfly.db')
    const whole = await openLedger({ database: file })
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => whole.record(tokenRecord(`t${index}`))),
    )
    await whole.close()
    const bytes = readFileSync(file)
    // The header and the schema stay; what they point to is noise.
    writeFileSync(file, bytes.fill(0xa5, 8192))
    const outcome = await openLedger({ database: file })
      .then(async (ledger) => {
        try {
          return await ledger.record(tokenRecord('new'))
        } finally {
          await ledger.close()
        }
      }, Promise.reject.bind(Promise))
      .catch((error: unknown) => error)
    expect(outcome).toMatchObject({
      code: 'ERR_LEDGER_CORRUPT',
      message: expect.stringContaining(file),
    })
  })
})

describe('a SQLite ledger', () => {
  it('has each commit on the disk, and keeps readers and the writer apart', () => {
    const database = SqliteDatabase.open(join(temporaryFolder(), 'mayfly.db'))
    migrateSqlite(database, NOW)
    // 2 is FULL: in WAL mode NORMAL would lose the last commits when the machine loses power.
    expect(database.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 })
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' })
    database.close()
  })

  it('is for its owner alone where a link leads to it, too, and one that is there keeps its mode', async () => {
    const folder = temporaryFolder()
    const [link, target] = [join(folder, 'link.db'), join(folder, 'target.db')]
    symlinkSync(target, link)
    await (await openLedger({ database: link })).close()
    expect(statSync(target).mode & 0o777).toBe(0o600)
    chmodSync(target, 0o640)
    await (await openLedger({ database: link })).close()
    expect(statSync(target).mode & 0o777).toBe(0o640)
  })

  it('keeps its file from the eyes of other users', async () => {
    const file = join(temporaryFolder(), 'mayfly.db')
    const ledger = await openLedger({ database: file })
    await ledger.record(tokenRecord('one'))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600)
    await ledger.close()
  })

  it('says that the disk is full, records nothing then, and goes on when there is room', async () => {
    const file = join(temporaryFolder(), 'mayfly.db')
    const database = SqliteDatabase.open(file)
    migrateSqlite(database, NOW)
    // SQLite answers with SQLITE_FULL, as it does for a disk that is.
    database.exec('PRAGMA max_page_count = 60')
    const ledger = new SqliteLedger(database)
    await ledger.record(tokenRecord('before'))
    const audience = ['x'.repeat(200_000)]
    const refused = await Promise.allSettled([
      ledger.record(tokenRecord('small')),
      ledger.record(tokenRecord('large', { audience })),
    ])
    expect(refused).toMatchObject([
      { reason: { code: 'ERR_LEDGER_FULL', message: expect.stringContaining(file) } },
      { reason: { code: 'ERR_LEDGER_FULL' } },
    ])
    expect(await ledger.findByTokenId('token', 'small')).toBeUndefined()
    database.exec('PRAGMA max_page_count = 6000')
    await ledger.record(tokenRecord('large', { audience }))
    expect(await ledger.findByTokenId('token', 'before')).toBeDefined()
    await ledger.close()
  })

  it('says that the file is read-only when it is opened', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'mayfly.db')
    await (await openLedger({ database: file })).close()
    chmodSync(file, 0o444)
    chmodSync(folder, 0o555)
    const [code, message] = openAsNobody(file)
    expect(code).toBe('ERR_LEDGER_READ_ONLY')
    expect(message).toContain(file)
    chmodSync(folder, 0o755)
  })

  it('says that the file became read-only, and does not answer a ping then', async () => {
    const database = SqliteDatabase.open(join(temporaryFolder(), 'mayfly.db'))
    migrateSqlite(database, NOW)
    const ledger = new SqliteLedger(database)
    database.exec('PRAGMA query_only = ON')
    await expect(ledger.record(tokenRecord('one'))).rejects.toMatchObject({
      code: 'ERR_LEDGER_READ_ONLY',
    })
    await expect(ledger.ping()).rejects.toMatchObject({ code: 'ERR_LEDGER_READ_ONLY' })
    expect(await ledger.findByTokenId('token', 'one')).toBeUndefined()
    await ledger.close()
  })
})

describe('openLedger', () => {
  it.each(['mysql://user:hunter2@host/db', 'file:///tmp/x.db', 'https://example.com'])(
    'refuses %s as a database, and does not repeat it',
    async (database) => {
      const { code, message } = await failureOf(database)
      expect(code).toBe('ERR_OPTION_INVALID')
      expect(message).not.toContain(database)
      expect(message).not.toContain('hunter2')
    },
  )

  it('refuses options that it does not know, and names the nearest', async () => {
    const opened = openLedger({ databse: ':memory:' } as never)
    await expect(opened).rejects.toThrow('Did you mean "database"?')
  })
})
