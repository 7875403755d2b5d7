import { bearerFetch, TokenManager } from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

describe('appStoreConnect against the sandbox', () => {
  it('serves 50 cold calls with one mint', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin] })
    const manager = new TokenManager(source)
    const fetch = bearerFetch(manager)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${sandbox.origin}/v1/apps`)),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(sandbox.distinctTokens).toBe(1)
    expect(manager.stats().mints).toBe(1)
  })

  it('answers 50 requests that were rejected at once with 50 times 200, after one mint', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin] })
    const manager = new TokenManager(source)
    const fetch = bearerFetch(manager)
    await fetch(`${sandbox.origin}/v1/apps`)
    sandbox.revokeTokensSeen()
    let arrived = 0
    let release = (): void => {}
    const all = new Promise<void>((resolve) => {
      release = resolve
    })
    sandbox.beforeAnswer = () => {
      if (++arrived === 50) release()
      return all
    }
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${sandbox.origin}/v1/apps`)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(sandbox.refused).toBe(50)
    expect(manager.stats().mints).toBe(2)
  })

  it('works with an individual key and with a scope', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    const origins = [sandbox.origin]
    const scope = ['GET /v1/apps?limit=2']
    for (const options of [
      { ...sandbox.individualCredentials, individual: true, origins } as const,
      { ...sandbox.credentials, scope, origins },
    ]) {
      const fetch = bearerFetch(new TokenManager(appStoreConnect(options)))
      expect((await fetch(`${sandbox.origin}/v1/apps?limit=2`)).status).toBe(200)
    }
  })

  it('survives a new token that is refused at its first use', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    sandbox.refuseFirstUse(1)
    const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin] })
    const fetch = bearerFetch(new TokenManager(source))
    expect((await fetch(`${sandbox.origin}/v1/apps`)).status).toBe(200)
    expect(sandbox.requests).toBe(2)
  })

  const HOUR = 3_600_000
  const offsets = [-2 * HOUR, -HOUR - 1, -1_200_000, -1_141_000, -61_500, -30_000, -900, 0]
  for (const offsetMs of [...offsets, ...offsets.map((offset) => -offset)]) {
    it(`spends at most one extra request with a local clock that is ${-offsetMs} ms off`, async () => {
      const clock = new FakeClock(1_700_000_000_400)
      await using sandbox = await startAppStoreConnectSandbox({ clock, clockOffsetMs: offsetMs })
      const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin], clock })
      const manager = new TokenManager(source, { clock })
      const fetch = bearerFetch(manager, { clock })
      let calls = 0
      // Three hours in uneven steps: fresh, stale and expired tokens all come up.
      for (let elapsed = 0; elapsed < 3 * HOUR; calls++) {
        expect((await fetch(`${sandbox.origin}/v1/apps`)).status).toBe(200)
        const step = 37_123 + ((calls * 97_531) % 800_000)
        clock.advance(step)
        elapsed += step
      }
      expect(calls).toBeGreaterThan(20)
      expect(sandbox.requests - calls).toBeLessThanOrEqual(1)
      // A clock whose tokens were all taken is good enough, and stays.
      const { clockOffsetMs, clockOrigin } = manager.stats()
      if (sandbox.refused === 0) expect([clockOffsetMs, clockOrigin]).toEqual([0, 'local'])
      else expect(Math.abs(clockOffsetMs - offsetMs)).toBeLessThanOrEqual(1000)
    })
  }

  it('follows a clock that steps by two minutes in the middle', async () => {
    const clock = new FakeClock()
    await using sandbox = await startAppStoreConnectSandbox({ clock })
    const source = appStoreConnect({ ...sandbox.credentials, origins: [sandbox.origin], clock })
    const fetch = bearerFetch(new TokenManager(source, { clock }), { clock })
    let calls = 0
    for (const step of [0, -120_000, 3_600_000, -3_600_000]) {
      sandbox.clockOffsetMs += step
      for (let call = 0; call < 5; call++, calls++) {
        expect((await fetch(`${sandbox.origin}/v1/apps`)).status).toBe(200)
        clock.advance(250_000)
      }
    }
    expect(sandbox.requests - calls).toBeLessThanOrEqual(3)
  })
})
