import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSealer } from '../../src/seal/open.ts'
import { generateSealKey } from '../../src/seal/seal-key.ts'
import { temporaryFolder } from '../ledger/sqlite/temporary.ts'
import { storedKey } from '../ledger/records.ts'

const EMPTY = { keys: async () => [] }
const USED = { keys: async () => [storedKey('one')] }

it('makes one key file beside the ledger, for its owner alone, however many ask at once', async () => {
  const folder = temporaryFolder()
  const database = join(folder, 'mayfly.db')
  const sealers = await Promise.all(
    Array.from({ length: 8 }, () => openSealer({ database, ledger: EMPTY })),
  )
  expect(readdirSync(folder)).toStrictEqual(['mayfly.db.key'])
  expect(statSync(`${database}.key`).mode & 0o777).toBe(0o600)
  const sealed = await sealers[0]?.purpose('token').seal('text', 'id')
  for (const sealer of sealers) {
    expect(await sealer.purpose('token').open(sealed ?? '', 'id')).toBe('text')
  }
})

it('reads the file again, and takes more lines as older keys', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const first = (await openSealer({ database, ledger: EMPTY })).purpose('token')
  const sealed = await first.seal('text', 'id')
  const file = `${database}.key`
  writeFileSync(file, `${generateSealKey()}\n${readFileSync(file, 'utf8')}`)
  const second = (await openSealer({ database, ledger: USED })).purpose('token')
  expect(await second.open(sealed, 'id')).toBe('text')
  await expect(first.open(await second.seal('text', 'id'), 'id')).rejects.toMatchObject({
    code: 'ERR_SEAL_KEY_UNKNOWN',
  })
})

it('makes no new key where the old one is missing', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  await openSealer({ database, ledger: EMPTY })
  rmSync(`${database}.key`)
  await expect(openSealer({ database, ledger: USED })).rejects.toMatchObject({
    code: 'ERR_SEAL_KEY_FILE',
    message: expect.stringContaining(`${database}.key" is gone`),
  })
})

it('refuses a key file that every user can read, and one without keys', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  await openSealer({ database, ledger: EMPTY })
  chmodSync(`${database}.key`, 0o644)
  await expect(openSealer({ database, ledger: EMPTY })).rejects.toThrow('chmod 600')
  chmodSync(`${database}.key`, 0o600)
  writeFileSync(`${database}.key`, 'no key')
  const opened = openSealer({ database, ledger: EMPTY })
  await expect(opened).rejects.toMatchObject({ code: 'ERR_SEAL_KEY_FILE' })
  await expect(opened).rejects.not.toThrow('no key,')
})

it('says so when the key file cannot be made', async () => {
  const database = join(temporaryFolder(), 'missing', 'mayfly.db')
  await expect(openSealer({ database, ledger: EMPTY })).rejects.toMatchObject({
    code: 'ERR_SEAL_KEY_FILE',
    message: expect.stringContaining(database),
  })
})

it('wants the keys by name for PostgreSQL and for a ledger of one’s own', async () => {
  for (const database of ['postgres://me:hunter2@host/db', undefined]) {
    const opened = openSealer({ database, ledger: EMPTY })
    await expect(opened).rejects.toMatchObject({ option: 'sealKeys' })
    await expect(opened).rejects.not.toThrow('hunter2')
  }
})

it('keeps no key of what does not outlive the process', async () => {
  const folder = temporaryFolder()
  const database = join(folder, 'mayfly.db')
  const ephemeral = [
    await openSealer({ database, ledger: EMPTY, ephemeral: true }),
    await openSealer({ database: ':memory:', ledger: EMPTY }),
  ]
  expect(readdirSync(folder)).toStrictEqual([])
  const [one, two] = ephemeral.map((sealer) => sealer.purpose('token'))
  const sealed = (await one?.seal('text', 'id')) ?? ''
  await expect(two?.open(sealed, 'id')).rejects.toMatchObject({ code: 'ERR_SEAL_KEY_UNKNOWN' })
})
