import type { Ledger } from '@mayfly/service'
import { expect, it } from 'vitest'
import { NOW, storedKey, tokenRecord } from '../records.ts'
import { withLedger } from './with-ledger.ts'

export function testLifecycle(open: () => Promise<Ledger>): void {
  it(
    'answers a ping',
    withLedger(open, async (ledger) => {
      await expect(ledger.ping()).resolves.toBeUndefined()
    }),
  )

  it('may be closed twice, and finishes what it has begun', async () => {
    const ledger = await open()
    const begun = ledger.record(tokenRecord('begun'))
    await Promise.all([ledger.close(), ledger.close()])
    await expect(begun).resolves.toBeUndefined()
  })

  it('refuses everything once it is closed', async () => {
    const ledger = await open()
    await ledger.close()
    const asked: readonly Promise<unknown>[] = [
      ledger.record(tokenRecord('late')),
      ledger.findByTokenId('token', 'late'),
      ledger.findByHash('late'),
      ledger.list({ limit: 1 }),
      ledger.revoke('token', 'late', NOW),
      ledger.generation('subject', 'alice'),
      ledger.bumpGeneration('subject', 'alice'),
      ledger.keys(),
      ledger.addKey(storedKey('late'), undefined),
      ledger.needKeyUntil('late', NOW),
      ledger.removeKey('late'),
      ledger.purge({ expiredBefore: NOW, now: NOW }),
      ledger.ping(),
    ]
    for (const answer of await Promise.allSettled(asked)) {
      expect(answer).toMatchObject({ reason: { code: 'ERR_LEDGER_CLOSED' } })
    }
  })
}
