import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTokenService, generateSealKey, openLedger } from '@mayfly/service'
import { FakeClock } from '@mayfly/testing'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../ledger/sqlite/temporary.ts'
import { openService, UNBOUND } from '../support/service.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const ORDER = { method: 'POST', json: { audience: 'orders', expiresIn: 300 } } as const

function folderText(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join()
}

it('accepts over a restart what it issued before, with the keys that the file beside the ledger opens', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const settings = { issuer: 'https://auth.example.com', database, logger: SILENT }
  const first = await createTokenService(settings)
  const token = await first.createConsoleToken('console', { bounds: UNBOUND })
  await first.close()
  const ledger = await openLedger({ database })
  const live = await openService({
    ledger,
    ephemeral: false,
    sealKeys: [readFileSync(`${database}.key`, 'utf8').trim()],
    clock: new FakeClock(Date.now()),
  })
  expect(await live.ask('/tokens', { ...ORDER, token })).toMatchObject({ status: 201 })
})

it('keeps no token text and no private key where they could be read', async () => {
  const folder = temporaryFolder()
  const ledger = await openLedger({ database: join(folder, 'mayfly.db') })
  const live = await openService({
    ledger,
    ephemeral: false,
    sealKeys: [generateSealKey()],
    storeTokens: true,
  })
  const { json } = await live.ask('/tokens', { ...ORDER, token: live.admin })
  const { token, tokenId } = json as { token: string; tokenId: string }
  const found = await live.ask(`/v1/tokens?audience=orders&include=token`, { token: live.admin })
  expect(found.json).toMatchObject({ tokens: [{ tokenId, token }] })
  const kept = folderText(folder)
  expect(kept).toContain(tokenId)
  for (const text of [token, live.admin]) {
    for (const part of text.split('.')) expect(kept).not.toContain(part)
  }
  expect(kept).not.toContain('"d":')
})

it('leaves no key behind where it is ephemeral', async () => {
  const folder = temporaryFolder()
  const ledger = await openLedger({ database: join(folder, 'mayfly.db') })
  await openService({ ledger, ephemeral: true })
  expect(await ledger.keys()).toStrictEqual([])
  expect(readdirSync(folder)).not.toContain('mayfly.db.key')
})

it('closes the ledger that it opened when the keys in it cannot be decrypted', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const settings = { issuer: 'https://auth.example.com', database, logger: SILENT }
  await (await createTokenService({ ...settings, sealKeys: [generateSealKey()] })).close()
  const opened = createTokenService({ ...settings, sealKeys: [generateSealKey()] })
  await expect(opened).rejects.toMatchObject({ code: 'ERR_SEAL_KEY_UNKNOWN' })
  // The last connection of a database takes the files beside it away.
  expect(readdirSync(join(database, '..'))).toStrictEqual(['mayfly.db'])
})

it('wants the seal keys of whoever brings a ledger', async () => {
  const ledger = await openLedger({ database: ':memory:' })
  onTestFinished(() => ledger.close())
  const opened = createTokenService({ issuer: 'https://auth.example.com', ledger, logger: SILENT })
  await expect(opened).rejects.toMatchObject({ option: 'sealKeys' })
})
