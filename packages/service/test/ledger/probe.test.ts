import { FakeClock } from '@mayfly/testing'
import { expect, it } from 'vitest'
import { LedgerProbe } from '../../src/ledger/probe.ts'

/** A ledger that counts what it is asked, and fails while it is told to. */
function create() {
  const clock = new FakeClock()
  const state = { pings: 0, fails: false }
  const ping = async (): Promise<void> => {
    state.pings += 1
    if (state.fails) throw new Error('full')
  }
  return { clock, state, probe: new LedgerProbe({ ping }, clock) }
}

it('asks the ledger once for however many ask', async () => {
  const { probe, state } = create()
  await Promise.all(Array.from({ length: 50 }, () => probe.check()))
  await probe.check()
  expect(state.pings).toBe(1)
})

it('finds out by itself that the ledger fails, and that it works again', async () => {
  const { probe, state, clock } = create()
  const stop = probe.start()
  await probe.check()
  state.fails = true
  await probe.check()
  clock.advance(5000)
  await new Promise(setImmediate)
  await expect(probe.check()).rejects.toThrow('full')
  state.fails = false
  await expect(probe.check()).resolves.toBeUndefined()
  await stop()
  const { pings } = state
  clock.advance(5000)
  await new Promise(setImmediate)
  expect(state.pings).toBe(pings)
})

it('writes again at once where a request has found the ledger failing', async () => {
  const { probe, state } = create()
  await probe.check()
  state.fails = true
  probe.suspect()
  await expect(probe.check()).rejects.toThrow('full')
})

it('relies on no finding that is older than two of its turns', async () => {
  const { probe, state, clock } = create()
  await probe.check()
  clock.advance(10_001)
  await probe.check()
  expect(state.pings).toBe(2)
})
