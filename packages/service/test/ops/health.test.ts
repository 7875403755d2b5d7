import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { judgeReadiness } from '../../src/ops/health.ts'

const good = async (): Promise<void> => {}
const broken = new Error('down')

describe('judgeReadiness', () => {
  const failures: [string, unknown][] = []
  const options = (clock = new FakeClock()) => ({
    clock,
    onFailure: (check: string, error: unknown) => void failures.push([check, error]),
  })

  it('is ready when all that it needs works', async () => {
    expect(await judgeReadiness({ ledger: good, keys: good }, options())).toEqual({
      ready: true,
      checks: { ledger: 'ok', keys: 'ok' },
    })
  })

  it('is not ready when one thing fails, and hands the reason to the log alone', async () => {
    failures.length = 0
    const checks = { ledger: () => Promise.reject(broken), keys: good }
    const readiness = await judgeReadiness(checks, options())
    expect(readiness).toEqual({ ready: false, checks: { ledger: 'failed', keys: 'ok' } })
    expect(failures).toEqual([['ledger', broken]])
  })

  it('takes what throws at once for a failure too', async () => {
    const checks = {
      ledger: () => {
        throw broken
      },
    }
    expect(await judgeReadiness(checks, options())).toMatchObject({ ready: false })
  })

  it('waits two seconds for each, all at once', async () => {
    const clock = new FakeClock()
    const never = () => new Promise<void>(() => {})
    const judging = judgeReadiness({ ledger: never, redis: never, keys: good }, options(clock))
    await new Promise(setImmediate)
    clock.advance(2000)
    expect(await judging).toEqual({
      ready: false,
      checks: { ledger: 'timeout', redis: 'timeout', keys: 'ok' },
    })
  })
})
