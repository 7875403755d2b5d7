import { describe, expect, it } from 'vitest'
import { hasRedis } from '../../scripts/servers/redis.ts'
import { runChaos } from '../grants/chaos.ts'
import { renderGrants } from '../grants/page.ts'

describe.runIf(hasRedis())('refresh tokens in a little chaos', () => {
  it('are used once, and lost with an answer alone, which is told once', async () => {
    const report = await runChaos({
      store: 'redis',
      processes: 3,
      grants: 6,
      rotations: 24,
      seed: 7,
      everyMs: 400,
      leaseMs: 2500,
    })
    const { reused, reconnects, rotations, refreshRequests, burst } = report
    expect(reused.nothingLost).toBe(0)
    expect(report.toldTwice).toBe(0)
    expect(
      reused.sentLate > 0 || Object.keys(reconnects).every((cause) => cause === 'answer_lost'),
    ).toBe(true)
    expect(refreshRequests).toBeLessThanOrEqual(
      rotations + 2 * (reused.answerLost + reused.sentLate),
    )
    expect(burst).toEqual({ answered: 150, of: 150, refreshes: 1 })
    expect(report.serving).toBe(6)
    expect(report.crashed).toBe(0)
    expect(report.tokensInStore).toBe(0)
    expect(renderGrants({ machine: '', reports: [report] })).toMatch(/\| redis \| +3 \| +6 \|/)
  }, 180_000)
})
