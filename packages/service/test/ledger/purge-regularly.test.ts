import { openLedger } from '@mayfly/service'
import { FakeClock } from '@mayfly/testing'
import { expect, it, onTestFinished } from 'vitest'
import { purgeRegularly } from '../../src/ledger/purge-regularly.ts'
import { NOW, tokenRecord } from './records.ts'

const TEN_MINUTES_MS = 600_000

/** Lets promises that are settled already run their course. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
}

it('forgets what is old, time after time, until it is ended', async () => {
  const clock = new FakeClock()
  const ledger = await openLedger({ database: ':memory:', clock })
  onTestFinished(() => ledger.close())
  const stop = purgeRegularly(
    () => ledger.purge({ expiredBefore: clock.now() / 1000, now: clock.now() / 1000 }),
    { clock, onFailure: (error) => expect(error).toBeUndefined() },
  )
  await ledger.record(tokenRecord('short', { expiresAt: NOW + 599 }))
  await ledger.record(tokenRecord('longer', { expiresAt: NOW + 1199 }))
  await ledger.record(tokenRecord('longest', { expiresAt: NOW + 1799 }))
  const left = async (): Promise<number> => (await ledger.list({ limit: 9 })).tokens.length
  clock.advance(TEN_MINUTES_MS - 1)
  await settle()
  expect(await left()).toBe(3)
  clock.advance(1)
  await settle()
  expect(await left()).toBe(2)
  clock.advance(TEN_MINUTES_MS)
  await settle()
  expect(await left()).toBe(1)
  await stop()
  clock.advance(TEN_MINUTES_MS)
  await settle()
  expect(await left()).toBe(1)
})

it('tells of a purge that fails, and tries again the next time', async () => {
  const clock = new FakeClock()
  const failures: unknown[] = []
  let tries = 0
  const purge = async (): Promise<never> => {
    tries += 1
    throw new Error(`try ${tries}`)
  }
  const stop = purgeRegularly(purge, { clock, onFailure: (error) => failures.push(error) })
  for (let time = 0; time < 2; time += 1) {
    clock.advance(TEN_MINUTES_MS)
    await settle()
  }
  await stop()
  expect(failures).toMatchObject([{ message: 'try 1' }, { message: 'try 2' }])
})

it('never purges twice at once, and waits for the purge that is under way when it is ended', async () => {
  const clock = new FakeClock()
  let running = 0
  let most = 0
  let finish = (): void => {}
  const purge = async (): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    running -= 1
  }
  const stop = purgeRegularly(purge, { clock, onFailure: () => {} })
  clock.advance(3 * TEN_MINUTES_MS)
  await settle()
  expect([running, most]).toStrictEqual([1, 1])
  const stopped = stop().then(() => running)
  await settle()
  finish()
  expect(await stopped).toBe(0)
})
