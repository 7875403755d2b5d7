import { denial, DpopNonces } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { proofsWithin } from '../../../src/inbound/dpop/options.ts'
import { challengeOf, type GuardBench, guardBench } from '../../support/proof-guard.ts'
import { proofBench } from '../../support/proofs.ts'

describe('A guard whose server asks for nonces', () => {
  function nonceBench(): GuardBench & { readonly nonces: DpopNonces } {
    const clock = proofBench().clock
    const nonces = new DpopNonces({ clock, period: 100 })
    const bench = guardBench({}, { dpop: { nonces, clock }, verifier: { clock } })
    return { ...bench, clock, nonces }
  }

  it('tells which nonce it wants, in a challenge to the letter', async () => {
    const { refusal, proven, nonces } = nonceBench()
    for (const nonce of [undefined, 'guessed', '']) {
      const error = await refusal(proven(nonce === undefined ? {} : { nonce }))
      expect(error).toMatchObject({ status: 401, reason: 'proof_nonce', code: 'ERR_DPOP_NONCE' })
      expect(error.headers['dpop-nonce']).toBe(await nonces.current())
      expect(error.headers['cache-control']).toBe('no-store')
      expect(challengeOf(error)).toMatch(
        /^DPoP realm="api", error="use_dpop_nonce", error_description="[^"]+", algs="ES256 PS256 EdDSA Ed25519"$/,
      )
      expect(denial(error).body).not.toContain(await nonces.current())
    }
  })

  it('takes a proof with the nonce, whatever clock its maker has', async () => {
    const { guard, proven, nonces } = nonceBench()
    const nonce = await nonces.current()
    for (const iat of [1, 4_000_000_000]) {
      const outcome = await guard.authenticate(proven({ nonce, claims: { iat } }))
      expect(outcome).toMatchObject({ ok: true, headers: {} })
    }
  })

  it('gives a new nonce with a good answer once there is one, and not to be cached', async () => {
    const { guard, proven, nonces, clock, refusal } = nonceBench()
    const nonce = await nonces.current()
    clock.advanceSeconds(100)
    const next = await nonces.current()
    expect(next).not.toBe(nonce)
    const outcome = await guard.authenticate(proven({ nonce }))
    expect(outcome).toMatchObject({
      ok: true,
      headers: { 'dpop-nonce': next, 'cache-control': 'no-store' },
    })
    clock.advanceSeconds(100)
    expect(await refusal(proven({ nonce }))).toMatchObject({ reason: 'proof_nonce' })
  })

  it('refuses a replay for as long as the nonce is good', async () => {
    const { guard, proven, nonces, clock, refusal } = nonceBench()
    const request = proven({ nonce: await nonces.current() })
    expect(await guard.authenticate(request)).toMatchObject({ ok: true })
    clock.advanceSeconds(199)
    expect(await refusal(request)).toMatchObject({ reason: 'proof_replayed' })
  })

  it('keeps a proof until its nonce is good nowhere any more, and not for a third period', async () => {
    const clock = new FakeClock(1_700_000_000_000)
    const nonces = new DpopNonces({ clock, period: 100 })
    const asked: number[] = []
    const replay = {
      consume(_id: string, expiresAt: number) {
        asked.push(expiresAt - 1_700_000_000)
        return true
      },
    }
    const { guard, proven } = guardBench(
      {},
      { dpop: { nonces, clock, once: replay }, verifier: { clock } },
    )
    const nonce = await nonces.current()
    for (const seconds of [0, 99, 199]) {
      clock.set((1_700_000_000 + seconds) * 1000)
      expect(await guard.authenticate(proven({ nonce }))).toMatchObject({ ok: true })
    }
    expect(asked).toEqual([260, 260, 260])
  })

  it.each([
    [{}, 500_000],
    [{ maxAge: 200 }, 1_025_000],
    [{ nonces: new DpopNonces() }, 1_500_000],
    [{ nonces: new DpopNonces({ period: 3600 }) }, 2_000_000],
  ])('remembers all proofs of 5000 requests a second, within bounds: %#', (options, most) => {
    const { nonces, maxAge = 60 } = options as { nonces?: DpopNonces; maxAge?: number }
    expect(proofsWithin(nonces?.lifetime ?? maxAge + 5)).toBe(most)
  })
})
