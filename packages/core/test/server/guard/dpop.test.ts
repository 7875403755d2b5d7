import {
  authenticate,
  denial,
  Guard,
  MemoryOneTimeGuard,
  type RequestLike,
  TokenVerifier,
  originBinding,
} from '@mayfly/core'
import { type DenyEvent } from '@mayfly/core/adapter'
import { createTestProver, FakeClock, type ProofFault } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE } from '../../support/inbound.ts'
import { challengeOf, guardBench } from '../../support/proof-guard.ts'
import { BASE_URL, FAULTS, fieldsOf, proofBench } from '../../support/proofs.ts'
import { bearing, received } from '../../support/requests.ts'

const ALGS = 'algs="ES256 PS256 EdDSA Ed25519"'
describe('A guard with "dpop"', () => {
  it('lets a bound token with its proof pass', async () => {
    const { guard, proven } = guardBench()
    const outcome = await guard.authenticate(proven())
    expect(outcome).toMatchObject({ ok: true, auth: { claims: { sub: 'alice' } }, headers: {} })
  })

  it.each(Object.entries(FAULTS) as [ProofFault, string][])(
    'refuses a proof with the fault "%s" by its reason, with a challenge to the letter',
    async (fault, reason) => {
      const { refusal, proven, token } = guardBench()
      const request = proven({ fault })
      const error = await refusal(request)
      expect(error).toMatchObject({ status: 401, reason })
      expect(challengeOf(error)).toMatch(
        /^DPoP realm="api", error="invalid_dpop_proof", error_description="[^"\\]+", algs="ES256 PS256 EdDSA Ed25519"$/,
      )
      const answer = JSON.stringify(denial(error))
      expect(answer).not.toContain(token)
      expect(answer).not.toContain(request.header('dpop')[0])
    },
  )

  it('tells a request without credentials which proofs it takes', async () => {
    const { refusal } = guardBench({ realm: 'orders' })
    const error = await refusal(received({}))
    expect(error).toMatchObject({ status: 401, reason: 'token_missing' })
    expect(challengeOf(error)).toBe(`DPoP realm="orders", ${ALGS}`)
  })

  it('refuses a bound token that comes as a bearer, and any other bearer', async () => {
    const { refusal, token, issuer } = guardBench()
    for (const bearer of [token, issuer.mint(), 'not-even-a-token']) {
      const error = await refusal(bearing(bearer))
      expect(error).toMatchObject({ status: 401, reason: 'key_unproven' })
      expect(challengeOf(error)).toMatch(/^DPoP realm="api", error="invalid_token", .*algs="ES256/)
    }
  })

  it('refuses a bound token without its DPoP header', async () => {
    const { refusal, token } = guardBench()
    const error = await refusal(received({ fields: [['Authorization', `DPoP ${token}`]] }))
    expect(error).toMatchObject({ status: 401, reason: 'proof_missing' })
    expect(challengeOf(error)).toContain('DPoP realm="api", error="invalid_dpop_proof"')
  })

  it('refuses the proof of another key, and a token that is bound to none', async () => {
    const { refusal, issuer, token, clock, prover } = guardBench()
    const url = `${BASE_URL}/orders`
    const thief = createTestProver({ clock }).prove({ url, accessToken: token })
    const stolen = await refusal(received({ fields: fieldsOf(token, thief) }))
    expect(stolen).toMatchObject({ status: 401, reason: 'key_mismatch', claim: 'cnf' })
    expect(challengeOf(stolen)).toContain('error="invalid_token"')
    for (const claims of [{}, { cnf: {} }, { cnf: { 'x5t#S256': prover.thumbprint } }]) {
      const unbound = issuer.mint({ claims })
      const fields = fieldsOf(unbound, prover.prove({ url, accessToken: unbound }))
      expect(await refusal(received({ fields }))).toMatchObject({ reason: 'key_unbound' })
    }
  })

  it.each([
    ['is text', 'x'],
    ['is null', null],
    ['is a list', [{}]],
    ['has a thumbprint that is none', { jkt: 'x' }],
    ['has a thumbprint that is empty', { jkt: '' }],
    ['has a thumbprint that is null', { jkt: null }],
  ])('refuses a token whose binding %s, with a proof and without', async (_, cnf) => {
    const { refusal, issuer, prover } = guardBench({ allowBearer: true })
    const token = issuer.mint({ claims: { cnf } })
    const proof = prover.prove({ url: `${BASE_URL}/orders`, accessToken: token })
    for (const request of [received({ fields: fieldsOf(token, proof) }), bearing(token)]) {
      expect(await refusal(request)).toMatchObject({ reason: 'claim_invalid', claim: 'cnf' })
    }
  })

  it.each([
    'DPoP',
    'DPoP ',
    'DPoP  a',
    'DPoP\ta',
    'DPoP a b',
    'DPoP a, Bearer b',
    'Bearer a, DPoP b',
    'DPoP=a',
  ])('refuses a header that only looks like it: %j', async (value) => {
    const { refusal } = guardBench()
    const error = await refusal(received({ fields: [['Authorization', value]] }))
    expect(error).toMatchObject({ status: 400, reason: 'request_invalid' })
    expect(challengeOf(error)).toContain('DPoP realm="api", error="invalid_request"')
  })

  it('refuses a request with both schemes, or with a second token elsewhere', async () => {
    const { refusal, proven, token } = guardBench({ tokenFrom: { query: 'q' }, allowBearer: true })
    const fields = proven()
      .header('dpop')
      .flatMap((proof) => fieldsOf(token, proof))
    const both = received({ fields: [...fields, ['Authorization', `Bearer ${token}`]] })
    expect(await refusal(both)).toMatchObject({ status: 400, reason: 'request_invalid' })
    const twice = received({ url: `/orders?q=${token}`, fields })
    expect(await refusal(twice)).toMatchObject({ status: 400, reason: 'request_invalid' })
  })

  it('takes no bound token from another place than the header, though a proof is there', async () => {
    const { refusal, proven, token } = guardBench({ tokenFrom: { query: 'q' }, allowBearer: true })
    const [proof = ''] = proven({}, { url: '/orders' }).header('dpop')
    const request = received({ url: `/orders?q=${token}`, fields: [['DPoP', proof]] })
    expect(await refusal(request)).toMatchObject({ reason: 'key_unproven' })
  })

  it('takes the scheme in any case', async () => {
    for (const scheme of ['dpop', 'DPOP', 'Dpop']) {
      const { guard, proven, token } = guardBench()
      const [proof = ''] = proven().header('dpop')
      const fields = [['authorization', `${scheme} ${token}`] as const, ['dpop', proof] as const]
      expect(await guard.authenticate(received({ fields }))).toMatchObject({ ok: true })
    }
  })

  it('lets one of 50 requests at once with one proof pass', async () => {
    const { guard, proven } = guardBench()
    const request = proven()
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => guard.authenticate(request)),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    for (const outcome of outcomes.filter(({ ok }) => !ok)) {
      expect(outcome).toMatchObject({ error: { status: 401, reason: 'proof_replayed' } })
    }
  })

  it('keeps no proof of a request that is refused for anything else', async () => {
    let kept = 0
    const replay = { consume: (): boolean => ++kept > 0 }
    const bench = guardBench({}, { dpop: { once: replay } })
    const { refusal, issuer, prover, clock, proven } = bench
    const url = `${BASE_URL}/orders`
    const cnf = { jkt: prover.thumbprint }
    for (const fault of ['expired', 'other-key', 'other-audience'] as const) {
      const token = issuer.mint({ fault, claims: { cnf } })
      const proof = prover.prove({ url, accessToken: token })
      await refusal(received({ fields: fieldsOf(token, proof) }))
    }
    const thief = createTestProver({ clock }).prove({ url, accessToken: bench.token })
    await refusal(received({ fields: fieldsOf(bench.token, thief) }))
    expect(kept).toBe(0)
    expect(await bench.guard.authenticate(proven())).toMatchObject({ ok: true })
    expect(kept).toBe(1)
  })

  it('answers 503 when the store of proofs is down, and does not use up the token', async () => {
    let isDown = true
    const consume = (): boolean => {
      if (isDown) throw new Error('down')
      return true
    }
    const once = new MemoryOneTimeGuard({ clock: new FakeClock() })
    const { refusal, guard, proven } = guardBench(
      {},
      { verifier: { once }, dpop: { once: { consume } } },
    )
    const error = await refusal(proven())
    expect(error).toMatchObject({ status: 503, reason: 'store_unavailable' })
    expect(error.headers).toMatchObject({ 'retry-after': '5' })
    expect(challengeOf(error)).toBe('')
    isDown = false
    expect(await guard.authenticate(proven())).toMatchObject({ ok: true })
    expect(await refusal(proven())).toMatchObject({ reason: 'token_replayed' })
  })

  it('does not use up a token for one use when the proof is of another key', async () => {
    const once = new MemoryOneTimeGuard({ clock: new FakeClock() })
    const { refusal, guard, proven, token, clock } = guardBench({}, { verifier: { once } })
    const thief = createTestProver({ clock })
    const proof = thief.prove({ url: `${BASE_URL}/orders`, accessToken: token })
    await refusal(received({ fields: fieldsOf(token, proof) }))
    expect(await guard.authenticate(proven())).toMatchObject({ ok: true })
    expect(await refusal(proven())).toMatchObject({ reason: 'token_replayed' })
  })

  it('judges the proof of a token that is known already', async () => {
    const { guard, refusal, proven, token } = guardBench({ allowBearer: true })
    expect(await guard.authenticate(proven())).toMatchObject({ ok: true })
    expect(await refusal(bearing(token))).toMatchObject({ reason: 'key_unproven' })
    expect(await refusal(proven({ fault: 'other-hash' }))).toMatchObject({
      reason: 'proof_invalid',
    })
    expect(await guard.authenticate(proven())).toMatchObject({ ok: true })
  })

  it('lets absent tokens pass where a token is optional, and no bad proof', async () => {
    const { guard, refusal, proven, token } = guardBench({ optional: true })
    expect(await guard.authenticate(received({}))).toMatchObject({ ok: true, auth: undefined })
    expect(await refusal(proven({ fault: 'other-key' }))).toMatchObject({ reason: 'proof_invalid' })
    expect(await refusal(bearing(token))).toMatchObject({ reason: 'key_unproven' })
  })

  it('judges the origin of a bound token as well, and says that its answer varies', async () => {
    const bench = guardBench({}, { verifier: { origin: originBinding({ claim: 'origins' }) } })
    const { guard, refusal, issuer, prover } = bench
    const origins = ['https://shop.example.com']
    const token = issuer.mint({ claims: { origins, cnf: { jkt: prover.thumbprint } } })
    const from = (origin: string): RequestLike => {
      const proof = prover.prove({ url: `${BASE_URL}/orders`, accessToken: token })
      return received({ fields: [...fieldsOf(token, proof), ['Origin', origin]] })
    }
    const good = await guard.authenticate(from('https://shop.example.com'))
    expect(good).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
    expect(await refusal(from('https://evil.example'))).toMatchObject({ reason: 'origin_mismatch' })
  })

  it('tells its observer what was wrong with a proof', async () => {
    const events: DenyEvent[] = []
    const { refusal, proven, token } = guardBench({ observe: (event) => void events.push(event) })
    await refusal(proven({ fault: 'other-path' }))
    await refusal(bearing(token))
    expect(events).toEqual([
      { type: 'deny', reason: 'proof_invalid' },
      { type: 'deny', reason: 'key_unproven' },
    ])
  })

  it('binds whatever a verifier of somebody else’s accepts', async () => {
    const { dpop, proven, prover, token } = guardBench()
    const auth = (jkt: string): object => ({ claims: { cnf: { jkt } }, scopes: [] })
    const foreign = (jkt: string): Guard =>
      new Guard({ checksOrigin: false, verify: async () => auth(jkt) as never }, { dpop })
    const request = proven()
    expect(await foreign(prover.thumbprint).authenticate(request)).toMatchObject({ ok: true })
    const replayed = await foreign(prover.thumbprint).authenticate(request)
    expect(replayed).toMatchObject({ error: { reason: 'proof_replayed' } })
    const other = await foreign('A'.repeat(43)).authenticate(proven())
    expect(other).toMatchObject({ error: { reason: 'key_mismatch' } })
    const open = new Guard({
      checksOrigin: false,
      verify: async () => auth('A'.repeat(43)) as never,
    })
    expect(await open.authenticate(bearing(token))).toMatchObject({
      error: { reason: 'key_unproven' },
    })
  })
})

describe('A guard with "dpop" and "allowBearer"', () => {
  it('takes unbound tokens as bearers, and bound ones with a proof only', async () => {
    const { guard, refusal, issuer, proven, token } = guardBench({ allowBearer: true })
    expect(await guard.authenticate(bearing(issuer.mint()))).toMatchObject({ ok: true })
    expect(await guard.authenticate(proven())).toMatchObject({ ok: true })
    const error = await refusal(bearing(token))
    expect(error).toMatchObject({ reason: 'key_unproven' })
    expect(challengeOf(error)).toMatch(/^Bearer realm="api", error="invalid_token"/)
  })

  it('offers both schemes to a request without credentials, and speaks of one otherwise', async () => {
    const { refusal, proven, issuer } = guardBench({ allowBearer: true })
    expect(challengeOf(await refusal(received({})))).toBe(
      `Bearer realm="api", DPoP realm="api", ${ALGS}`,
    )
    const expired = issuer.mint({ fault: 'expired' })
    expect(challengeOf(await refusal(bearing(expired)))).toMatch(/^Bearer (?!.*DPoP realm)/)
    expect(challengeOf(await refusal(proven({ fault: 'too-old' })))).toMatch(/^DPoP (?!.*Bearer)/)
  })
})

describe('Without "dpop"', () => {
  it('a verifier refuses a bound token, known or new, since nobody looks at its proof', async () => {
    const { issuer, token, proven, clock } = proofBench()
    const verifier = new TokenVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      keys: issuer.keys,
      clock,
    })
    for (let times = 0; times < 3; times++) {
      await expect(verifier.verify(token)).rejects.toMatchObject({
        code: 'ERR_TOKEN_BINDING',
        reason: 'key_unproven',
      })
    }
    expect(await authenticate(verifier, bearing(token))).toMatchObject({
      error: { status: 401, reason: 'key_unproven' },
    })
    expect(await authenticate(verifier, proven())).toMatchObject({
      error: { status: 401, reason: 'token_missing' },
    })
  })

  it('a verifier that is told of a proof takes the token, and that one only', async () => {
    const { issuer, token, prover, clock } = proofBench()
    const verifier = new TokenVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      keys: issuer.keys,
      clock,
    })
    let used = 0
    const use = async (): Promise<void> => void used++
    await verifier.verify(token, { proof: { thumbprint: prover.thumbprint, use } })
    expect(used).toBe(1)
    const other = { thumbprint: 'A'.repeat(43), use }
    await expect(verifier.verify(token, { proof: other })).rejects.toMatchObject({
      reason: 'key_mismatch',
    })
    await expect(verifier.verify(issuer.mint(), { proof: other })).rejects.toMatchObject({
      reason: 'key_unbound',
    })
    expect(used).toBe(1)
  })
})
