import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLedger } from '@mayfly/service'
import { afterAll, beforeAll } from 'vitest'
import { testLedger } from './conformance.ts'

let folder: string
let files = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-ledger-'))
})

afterAll(() => rm(folder, { recursive: true }))

testLedger('SQLite file', () => {
  files += 1
  return openLedger({ database: join(folder, `${files}.db`) })
})

testLedger('SQLite in memory', () => openLedger({ database: ':memory:' }))
