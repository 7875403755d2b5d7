import { inspect } from 'node:util'
import { DpopNonces } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

const secret = new Uint8Array(32).fill(7)

describe('Nonces', () => {
  it('are known to every server with the same secret, and to no other', async () => {
    const clock = new FakeClock()
    const [a, b] = [new DpopNonces({ secret, clock }), new DpopNonces({ secret, clock })]
    const nonce = await a.current()
    expect(nonce).toMatch(/^[\w-]{22}$/)
    expect(await b.accepts(nonce)).toBe(true)
    expect(await new DpopNonces({ clock }).accepts(nonce)).toBe(false)
    const longer = new DpopNonces({ secret, clock, period: 151 })
    expect(await longer.accepts(nonce)).toBe(false)
  })

  it('are good in their period, the one after it and the one before it', async () => {
    const clock = new FakeClock(1_500_000_000_000)
    const nonces = new DpopNonces({ secret, clock })
    const nonce = await nonces.current()
    const verdicts: boolean[] = []
    for (const seconds of [-151, -150, 0, 149, 299, 300]) {
      clock.set(1_500_000_000_000 + seconds * 1000)
      verdicts.push(await nonces.accepts(nonce))
    }
    expect(verdicts).toEqual([false, true, true, true, true, false])
  })

  it('keep their secret to themselves, and do not mind what becomes of the bytes', async () => {
    const bytes = new Uint8Array(secret)
    const clock = new FakeClock()
    const nonces = new DpopNonces({ secret: bytes, clock })
    bytes.fill(0)
    expect(await new DpopNonces({ secret, clock }).accepts(await nonces.current())).toBe(true)
    expect(inspect(nonces, { depth: 9, showHidden: true })).not.toMatch(/7, 7/)
  })
})
