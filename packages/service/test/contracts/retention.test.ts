import { expect, it } from 'vitest'
import { openService } from '../support/service.ts'

const TEN_MINUTES_MS = 600_000

/** Lets promises that are settled already run their course. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
}

it('forgets records by itself once they have been kept for as long as was asked', async () => {
  const { ask, admin, ledger, clock } = await openService({ retention: 3600 })
  const order = { audience: 'orders', expiresIn: 300 }
  const { json } = await ask('/tokens', { method: 'POST', token: admin, json: order })
  const find = () => ledger.findByTokenId('token', String(json['tokenId']))
  for (let waited = 0; waited < 6; waited += 1) {
    clock.advance(TEN_MINUTES_MS)
    await settle()
    expect(await find()).toBeDefined()
  }
  clock.advance(TEN_MINUTES_MS)
  await settle()
  expect(await find()).toBeUndefined()
})

it('tells of a purge that fails, and purges no more once it is closed', async () => {
  const { service, ledger, clock, events } = await openService()
  await ledger.close()
  clock.advance(TEN_MINUTES_MS)
  await settle()
  const failure = { type: 'failure', what: 'purge', error: { code: 'ERR_LEDGER_CLOSED' } }
  expect(events.filter(({ type }) => type === 'failure')).toMatchObject([failure])
  await service.close()
  clock.advance(TEN_MINUTES_MS)
  await settle()
  expect(events.filter(({ type }) => type === 'failure')).toHaveLength(1)
})
