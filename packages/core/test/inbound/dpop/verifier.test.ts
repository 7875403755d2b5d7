import { inspect } from 'node:util'
import { DpopVerifier, MemoryOneTimeGuard, type RequestError } from '@mayfly/core'
import { createTestProver, FakeClock, type ProofFault, type ProveOptions } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { BASE_URL, FAULTS, proofBench } from '../../support/proofs.ts'
import { received } from '../../support/requests.ts'

const faults = Object.entries(FAULTS) as [ProofFault, string][]

describe('A proof', () => {
  it.each(['ES256', 'PS256', 'EdDSA'] as const)('of %s is taken', async (algorithm) => {
    const { clock, dpop } = proofBench()
    const prover = createTestProver({ algorithm, clock })
    const proof = prover.prove({ url: `${BASE_URL}/orders` })
    const { thumbprint, use } = await dpop.verify(received({ fields: [['DPoP', proof]] }))
    expect(thumbprint).toBe(prover.thumbprint)
    await use()
  })

  it.each(faults)('with the fault "%s" is refused, and not repeated', async (fault, reason) => {
    const { dpop, proven, token } = proofBench()
    const request = proven({ fault })
    const error = (await failure(() => dpop.verify(request, token))) as RequestError
    expect(error).toMatchObject({ code: 'ERR_DPOP_PROOF', status: 401, reason })
    const shown = inspect([error, error.toProblem()], { depth: 9 })
    for (const part of (request.header('dpop')[0] ?? '').split('.')) {
      if (part !== '') expect(shown).not.toContain(part)
    }
  })

  it.each<[what: string, options: Partial<ProveOptions>]>([
    ['in another case of its type', { header: { typ: 'DPoP+JWT' } }],
    ['with its type as a media type', { header: { typ: 'application/dpop+jwt' } }],
    ['with an empty list of extensions', { header: { crit: [] } }],
    ['with an unencoded payload', { header: { b64: false } }],
    ['with a key that is text', { header: { jwk: 'key' } }],
    ['with a list for a key', { header: { jwk: [{}] } }],
    ['with a key of another kind', { header: { jwk: { kty: 'EC', crv: 'secp256k1' } } }],
    ['with a point that is not on the curve', { header: { jwk: offCurve() } }],
    ['with a method that is a list', { claims: { htm: ['GET'] } }],
    ['with a URL that is a list', { claims: { htu: [`${BASE_URL}/orders`] } }],
    ['with a URL without a host', { claims: { htu: '/orders' } }],
    ['with a user name in its URL', { claims: { htu: 'https://api.example.com@evil.example/' } }],
    ['with white space before its URL', { claims: { htu: ` ${BASE_URL}/orders` } }],
    ['with a backslash in its URL', { claims: { htu: `${BASE_URL}\\orders` } }],
    ['for a longer path', { claims: { htu: `${BASE_URL}/orders/1` } }],
    ['for a path in another case', { claims: { htu: `${BASE_URL}/Orders` } }],
    ['of no time that there is', { claims: { iat: null } }],
    ['with the token for a hash', { claims: { ath: 'token' } }],
    ['with a hash that is padded', { claims: { ath: `${'A'.repeat(43)}=` } }],
    ['that is longer than 8192 characters', { claims: { more: 'x'.repeat(8192) } }],
  ])('%s is refused', async (_, options) => {
    const { dpop, proven, token } = proofBench()
    await expect(dpop.verify(proven(options), token)).rejects.toMatchObject({
      code: 'ERR_DPOP_PROOF',
      reason: 'proof_invalid',
    })
  })

  it('with an RSA key of more than 4096 bits costs no signature check', async () => {
    const { dpop, proven, token } = proofBench()
    const jwk = { kty: 'RSA', e: 'AQAB', n: 'w'.repeat(684) }
    const error = await failure(() => dpop.verify(proven({ header: { jwk, alg: 'PS256' } }), token))
    expect(error).toMatchObject({ message: expect.stringMatching(/4096/) })
  })

  it('that is not there is refused by a reason of its own, and so are two of them', async () => {
    const { dpop, prover } = proofBench()
    await expect(dpop.verify(received({}))).rejects.toMatchObject({ reason: 'proof_missing' })
    const proof = prover.prove({ url: `${BASE_URL}/orders` })
    const twice = received({
      fields: [
        ['DPoP', proof],
        ['dpop', proof],
      ],
    })
    await expect(dpop.verify(twice)).rejects.toMatchObject({ reason: 'proof_invalid' })
    const joined = received({ fields: [['DPoP', `${proof}, ${proof}`]] })
    await expect(dpop.verify(joined)).rejects.toMatchObject({ reason: 'proof_invalid' })
  })

  it('is bound to the base URL that the server was told, whatever the Host header says', async () => {
    const { dpop, prover } = proofBench()
    const proof = prover.prove({ url: 'https://evil.example/orders' })
    const fields = [['DPoP', proof] as const, ['Host', 'evil.example'] as const]
    for (const url of ['/orders', 'https://evil.example/orders', '//evil.example/orders', '*']) {
      await expect(dpop.verify(received({ url, fields }))).rejects.toMatchObject({
        reason: 'proof_invalid',
      })
    }
  })

  it('is for the URL that clients see, behind a proxy that takes a path off', async () => {
    const { clock, prover } = proofBench()
    const dpop = new DpopVerifier({ baseUrl: 'https://example.com/api/', clock })
    const proof = prover.prove({ url: 'https://example.com/api/orders?page=2#top' })
    await dpop.verify(received({ url: '/orders?page=3', fields: [['DPoP', proof]] }))
    await expect(
      dpop.verify(received({ url: '/api/orders', fields: [['DPoP', proof]] })),
    ).rejects.toMatchObject({ reason: 'proof_invalid' })
  })

  it('is for the base URL itself too, with and without its last slash', async () => {
    const { clock, prover } = proofBench()
    const dpop = new DpopVerifier({ baseUrl: 'https://example.com/api', clock })
    const sent = (htu: string) =>
      dpop.verify(received({ url: '/?page=1', fields: [['DPoP', prover.prove({ url: htu })]] }))
    await sent('https://example.com/api')
    await sent('https://example.com/api/')
    for (const url of ['https://example.com/', 'https://example.com/ap']) {
      await expect(sent(url)).rejects.toMatchObject({ reason: 'proof_invalid' })
    }
  })

  it('is taken for any of several base URLs, and for the path of a target in absolute form', async () => {
    const { clock, prover } = proofBench()
    const dpop = new DpopVerifier({ baseUrl: ['https://a.example', 'https://b.example'], clock })
    const proof = prover.prove({ url: 'HTTPS://B.example:443/%7Ealice' })
    const fields = [['DPoP', proof] as const]
    await dpop.verify(received({ url: '/~alice', fields }))
    await dpop.verify(received({ url: 'http://inner.local/~alice', fields }))
  })

  it('is judged by the time window that was asked for', async () => {
    const { clock, dpop, proven, token } = proofBench({ maxAge: 10, clockTolerance: 0 })
    const request = proven()
    clock.advanceSeconds(10)
    await dpop.verify(request, token)
    clock.advanceSeconds(1)
    await expect(dpop.verify(request, token)).rejects.toMatchObject({ reason: 'proof_expired' })
    const ahead = proven({ claims: { iat: clock.now() / 1000 + 1 } })
    await expect(dpop.verify(ahead, token)).rejects.toMatchObject({ reason: 'proof_expired' })
  })
})

describe('The replay of a proof', () => {
  it('is refused: of 50 at once, one wins', async () => {
    const { dpop, proven, token } = proofBench()
    const request = proven()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, async () => (await dpop.verify(request, token)).use()),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    for (const { reason } of refused) expect(reason).toMatchObject({ reason: 'proof_replayed' })
  })

  it('is refused until the proof is too old, and no longer remembered then', async () => {
    const clock = new FakeClock()
    const replay = new MemoryOneTimeGuard({ max: 1, clock })
    const { dpop, proven, token } = proofBench({ clock, once: replay })
    const request = proven({ claims: { iat: clock.now() / 1000 + 5 } })
    // One that is shared may be asked by a verifier of another clock tolerance: an hour is added.
    await (await dpop.verify(request, token)).use()
    clock.advanceSeconds(65)
    const again = await dpop.verify(request, token)
    await expect(again.use()).rejects.toMatchObject({ reason: 'proof_replayed' })
    clock.advanceSeconds(3610)
    const next = await dpop.verify(proven({ claims: { iat: clock.now() / 1000 } }), token)
    await next.use()
  })

  it('is refused of a proof that grows too old while its request is judged', async () => {
    const clock = new FakeClock()
    const replay = new MemoryOneTimeGuard({ clock })
    const { dpop, proven, token } = proofBench({ clock, once: replay })
    const request = proven()
    clock.advanceSeconds(60)
    const [one, two] = await Promise.all([dpop.verify(request, token), dpop.verify(request, token)])
    // So long the keys of the token took to come, or a store to answer.
    clock.advanceSeconds(10)
    for (const proof of [one, two]) {
      await expect(proof.use()).rejects.toMatchObject({ reason: 'proof_expired' })
    }
  })

  it('is another matter than the same id from another key, or another id', async () => {
    const { clock, dpop, prover } = proofBench()
    const other = createTestProver({ clock })
    const url = `${BASE_URL}/orders`
    for (const [by, jti] of [
      [prover, 'a'],
      [other, 'a'],
      [prover, 'b'],
    ] as const) {
      const proof = by.prove({ url, claims: { jti } })
      await (await dpop.verify(received({ fields: [['DPoP', proof]] }))).use()
    }
  })

  it('is looked up by a hash, so that no id takes more room than another', async () => {
    const asked: [string, number][] = []
    const consume = (id: string, until: number): boolean => asked.push([id, until]) > 0
    const { clock, dpop, proven, token } = proofBench({ once: { consume } })
    const jti = 'j'.repeat(4000)
    await (await dpop.verify(proven({ claims: { jti } }), token)).use()
    expect(asked).toEqual([[expect.stringMatching(/^dpop:[\w-]{43}$/), expect.any(Number)]])
    expect(asked[0]?.[1]).toBeGreaterThan(clock.now() / 1000 + 60)
    expect(asked[0]?.[1]).toBeLessThan(clock.now() / 1000 + 70)
  })

  it('is not asked about before the proof is used, and once then', async () => {
    let asked = 0
    const consume = (): boolean => ++asked === 1
    const { dpop, proven, token } = proofBench({ once: { consume } })
    const proof = await dpop.verify(proven(), token)
    expect(asked).toBe(0)
    await Promise.all([proof.use(), proof.use()])
    expect(asked).toBe(1)
  })

  it.each<[string, () => unknown]>([
    ['throws', () => Promise.reject(new Error('down'))],
    ['gives no answer', () => undefined],
  ])('lets nobody pass when the store %s', async (_, consume) => {
    const replay = { consume } as unknown as MemoryOneTimeGuard
    const { dpop, proven, token } = proofBench({ once: replay })
    const proof = await dpop.verify(proven(), token)
    await expect(proof.use()).rejects.toMatchObject({ status: 503, reason: 'store_unavailable' })
  })
})

function offCurve(): object {
  return { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
}
