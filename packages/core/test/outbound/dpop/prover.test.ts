import { inspect } from 'node:util'
import {
  DpopProver,
  type DpopProverOptions,
  DpopVerifier,
  generateKey,
  importKey,
  type Key,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { received } from '../../support/requests.ts'

const baseUrl = 'https://api.example.com'

/** Takes a proof apart with somebody else's library. */
async function opened(proof: string, clock: FakeClock) {
  const header = decodeProtectedHeader(proof)
  const jwk = header.jwk ?? {}
  const { payload } = await jwtVerify(proof, await importJWK(jwk, 'ES256'), {
    typ: 'dpop+jwt',
    currentDate: new Date(clock.now()),
  })
  return { header, payload, thumbprint: await calculateJwkThumbprint(jwk) }
}

describe('A prover', () => {
  it('makes proofs that another library verifies, with nothing in them but what belongs there', async () => {
    const clock = new FakeClock()
    const prover = new DpopProver({ clock })
    // RFC 9449 section 7.1.
    const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
    const url = 'https://API.example.com:443/orders/%7e?page=2#top'
    const proof = await prover.prove({ method: 'GET', url, accessToken })
    const { header, payload, thumbprint } = await opened(proof, clock)
    expect(header).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
    })
    expect(payload).toEqual({
      jti: expect.stringMatching(/^[\da-f-]{36}$/),
      htm: 'GET',
      htu: `${baseUrl}/orders/%7e`,
      iat: clock.now() / 1000,
      ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    })
    expect(thumbprint).toBe(await prover.thumbprint())
  })

  it('makes another proof each time, of one key', async () => {
    const clock = new FakeClock()
    const prover = new DpopProver({ clock })
    const request = { method: 'POST', url: `${baseUrl}/token` }
    const proofs = await Promise.all(Array.from({ length: 20 }, () => prover.prove(request)))
    const seen = await Promise.all(proofs.map((proof) => opened(proof, clock)))
    expect(new Set(seen.map(({ payload }) => payload.jti)).size).toBe(20)
    expect(new Set(seen.map(({ thumbprint }) => thumbprint)).size).toBe(1)
    expect(seen[0]?.payload).not.toHaveProperty('ath')
    expect(seen[0]?.payload).not.toHaveProperty('nonce')
  })

  it('goes by the clock of the server where it is told one', async () => {
    const [clock, server] = [new FakeClock(), new FakeClock(1_600_000_000_000)]
    const prover = new DpopProver({ clock })
    const proof = await prover.prove({ method: 'GET', url: baseUrl, clock: server })
    expect((await opened(proof, server)).payload.iat).toBe(1_600_000_000)
  })

  it.each(['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519'] as const)(
    'proves a key for %s to our own verifier',
    async (algorithm) => {
      const clock = new FakeClock()
      const key = await generateKey(algorithm, { keyId: 'secret-name' })
      const prover = new DpopProver({ privateKey: key, clock })
      const dpop = new DpopVerifier({ baseUrl, algorithms: [algorithm], clock })
      const proof = await prover.prove({ method: 'GET', url: `${baseUrl}/orders` })
      const { thumbprint } = await dpop.verify(received({ fields: [['DPoP', proof]] }))
      expect(thumbprint).toBe(key.fingerprint)
      expect(prover).toMatchObject({ id: key.fingerprint, algorithm })
      expect(decodeProtectedHeader(proof)).not.toHaveProperty('kid')
    },
  )

  it('takes a pair whose private half cannot be exported', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'sign',
      'verify',
    ])
    const clock = new FakeClock()
    const prover = new DpopProver({ privateKey: pair, clock })
    const { thumbprint } = await opened(await prover.prove({ method: 'GET', url: baseUrl }), clock)
    expect(thumbprint).toBe((await importKey(pair, 'ES256')).fingerprint)
    const alone = new DpopProver({ privateKey: pair.privateKey })
    await expect(alone.prove({ method: 'GET', url: baseUrl })).rejects.toMatchObject({
      code: 'ERR_KEY_TYPE',
    })
  })

  it('keeps the nonce of each server apart, and forgets the oldest of more than a hundred', async () => {
    const clock = new FakeClock()
    const prover = new DpopProver({ clock })
    const url = (index: number): string => `https://api-${index}.example.com/orders`
    for (let index = 0; index <= 100; index++) {
      prover.learn(url(index), new Headers({ 'dpop-nonce': `nonce-${index}` }))
    }
    expect(prover.nonceFor(url(0))).toBe(undefined)
    for (const index of [1, 100]) {
      const proof = await prover.prove({ method: 'GET', url: url(index) })
      expect((await opened(proof, clock)).payload['nonce']).toBe(`nonce-${index}`)
    }
    prover.learn(url(1), new Headers())
    expect(prover.nonceFor(url(1))).toBe('nonce-1')
  })

  it.each(['', 'a b', 'a"b', 'a\\b', 'x'.repeat(513)])('takes %j for no nonce', (nonce) => {
    const prover = new DpopProver()
    prover.learn(baseUrl, { get: () => nonce })
    expect(prover.nonceFor(baseUrl)).toBe(undefined)
  })

  it('shows neither its key nor a nonce', async () => {
    const prover = new DpopProver()
    prover.learn(baseUrl, new Headers({ 'dpop-nonce': 'nonce-1' }))
    await prover.thumbprint()
    const shown = inspect(prover, { depth: 9, showHidden: true }) + JSON.stringify(prover)
    expect(shown).not.toMatch(/nonce-1|PRIVATE|CryptoKey/)
  })

  it.each<[option: string, options: () => Promise<DpopProverOptions> | DpopProverOptions]>([
    ['algorithm', () => ({ algorithm: 'HS256' })],
    ['algorithm', async () => ({ privateKey: await generateKey('HS256') })],
    ['algorithm', () => ({ algorithm: 'none' as never })],
    ['key', () => ({ key: 'x' }) as never],
    ['clock', () => ({ clock: 5 as never })],
  ])('refuses an unsound option: %s', async (option, options) => {
    const given = await options()
    expect(() => new DpopProver(given)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('refuses what is no private key when it is made', async () => {
    const key: Key = await generateKey('ES256')
    const given = [undefined, '', 'text', key.publicJwk(), { secret: new Uint8Array(32) }]
    for (const privateKey of given) {
      expect(() => new DpopProver({ privateKey: privateKey as never })).toThrow(
        expect.objectContaining({ name: 'KeyError' }),
      )
    }
  })
})
