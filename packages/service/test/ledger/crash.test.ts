import { join } from 'node:path'
import { type Ledger, openLedger } from '@mayfly/service'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../../scripts/servers/postgres.ts'
import { startRecorder } from './processes/start.ts'
import { temporaryFolder } from './sqlite/temporary.ts'

const SEED = 20_261_121
/** More than any round gets done. */
const ENDLESS = 1_000_000

/** Numbers that look random, and are the same each time (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Kills a process that records, time after time, and gives every id that it has confirmed. */
async function killInLoop(database: string, rounds: number): Promise<readonly string[]> {
  const random = randomNumbers(SEED)
  const confirmed: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    const name = `round-${round}`
    const together = 1 + random(60)
    const recorder = startRecorder({ database, name, count: ENDLESS, together })
    await recorder.until(1 + random(500))
    recorder.kill()
    const { code, complaints } = await recorder.ended
    expect([code, complaints], name).toStrictEqual([null, ''])
    expect(recorder.confirmed.length, name).toBeGreaterThan(0)
    confirmed.push(...recorder.confirmed)
  }
  return confirmed
}

async function expectAll(ledger: Ledger, confirmed: readonly string[]): Promise<void> {
  onTestFinished(() => ledger.close())
  const found = await Promise.all(confirmed.map((id) => ledger.findByTokenId('telesign', id)))
  const lost = confirmed.filter((_id, index) => found[index]?.xid !== confirmed[index])
  expect(lost).toStrictEqual([])
  expect(new Set(confirmed).size).toBe(confirmed.length)
}

it('loses nothing that a SQLite ledger has confirmed, when its process is killed under load', async () => {
  const database = join(temporaryFolder(), 'mayfly.db')
  const confirmed = await killInLoop(database, 10)
  await expectAll(await openLedger({ database }), confirmed)
}, 60_000)

describe.skipIf(!hasPostgres())('with PostgreSQL', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)

  afterAll(() => server[Symbol.asyncDispose]())

  it('loses nothing that was confirmed when a node is killed under load', async () => {
    const database = await server.createDatabase('clients')
    const confirmed = await killInLoop(database, 4)
    await expectAll(await openLedger({ database }), confirmed)
  }, 60_000)

  it('loses nothing that was confirmed when the server ends at once under load', async () => {
    const database = await server.createDatabase('servers')
    const confirmed: string[] = []
    for (let round = 0; round < 2; round += 1) {
      const recorder = startRecorder({ database, name: `round-${round}`, count: ENDLESS })
      await recorder.until(200)
      // As "pg_ctl stop -m immediate" does.
      await server.kill()
      const { code, complaints } = await recorder.ended
      expect(code).toBe(1)
      expect(complaints).toContain('ERR_LEDGER_UNAVAILABLE')
      expect(complaints).not.toContain(server.password)
      expect(recorder.confirmed.length).toBeGreaterThanOrEqual(200)
      confirmed.push(...recorder.confirmed)
      await server.start()
    }
    await expectAll(await openLedger({ database }), confirmed)
  }, 60_000)
})
