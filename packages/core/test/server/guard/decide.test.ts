import {
  type GuardOptions,
  Guard,
  MemoryRevocations,
  MultiIssuerVerifier,
  originBinding,
  type Outcome,
  TokenVerifier,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, bench, GOOD_CLAIMS, ISSUER } from '../../support/inbound.ts'
import { bearing, received } from '../../support/requests.ts'

const PAGE = 'https://app.example.com'
const { key, clock, verifier, sign } = await bench({ origin: originBinding({ claim: 'aud' }) })
const token = await sign({ ...GOOD_CLAIMS, aud: [AUDIENCE, '*.example.com'] })
const request = bearing(token, ['origin', PAGE])

function atOnce(guard: Guard, asked = request): Outcome<unknown> {
  const outcome = guard.decide(asked)
  if (outcome instanceof Promise) throw new Error('The guard wanted to wait.')
  return outcome
}

async function knowing(options?: GuardOptions): Promise<Guard> {
  const guard = new Guard(verifier, options)
  await guard.decide(request)
  return guard
}

describe('A guard that is asked to decide', () => {
  it('waits for the signature of a new token, and decides about a known one at once', async () => {
    const guard = new Guard(verifier)
    const fresh = await sign({ ...GOOD_CLAIMS, aud: [AUDIENCE, '*.example.com'], jti: 'fresh' })
    const first = guard.decide(bearing(fresh, ['origin', PAGE]))
    expect(first).toBeInstanceOf(Promise)
    const waited = await first
    expect(atOnce(guard, bearing(fresh, ['origin', PAGE]))).toEqual(waited)
    expect(waited).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
  })

  it.each([
    ['a foreign origin', bearing(token, ['origin', 'https://evil.example']), 'origin_mismatch'],
    ['an unreadable origin', bearing(token, ['origin', 'https://a b']), 'origin_malformed'],
    ['two origins', bearing(token, ['origin', PAGE], ['origin', PAGE]), 'origin_malformed'],
    ['an opaque origin', bearing(token, ['origin', 'null']), 'origin_null'],
  ])('refuses %s with a known token, as authenticate does', async (_, asked, reason) => {
    const guard = await knowing()
    const outcome = atOnce(guard, asked)
    expect(outcome).toMatchObject({ ok: false, error: { reason } })
    expect(outcome).toEqual(await guard.authenticate(asked))
  })

  it('judges the time at every use', async () => {
    const own = await bench({ maxTokenAge: 100 })
    const aging = await own.sign()
    const guard = new Guard(own.verifier)
    await guard.decide(bearing(aging))
    own.clock.advance(104_000)
    expect(atOnce(guard, bearing(aging))).toMatchObject({ ok: true })
    own.clock.advance(2000)
    expect(atOnce(guard, bearing(aging))).toMatchObject({
      ok: false,
      error: { reason: 'token_too_old' },
    })
  })

  it.each<[string, GuardOptions, ReturnType<typeof received>]>([
    ['two fields', {}, bearing(token, ['authorization', `Bearer ${token}`])],
    ['another place beside', { tokenFrom: { query: 't' } }, bearing(token)],
    ['no token', {}, received({})],
    ['a token with a blank', {}, bearing(`${token} `)],
  ])('takes the long way for %s', async (_, options, asked) => {
    const guard = await knowing(options)
    expect(guard.decide(asked)).toBeInstanceOf(Promise)
  })

  it('lets a preflight with a token pass as a preflight', async () => {
    const guard = await knowing({ preflight: 'pass' })
    const fields = [
      ['origin', PAGE],
      ['access-control-request-method', 'GET'],
      ['authorization', `Bearer ${token}`],
    ] as const
    const outcome = await guard.decide(received({ method: 'OPTIONS', fields }))
    expect(outcome).toMatchObject({ ok: true, auth: undefined })
  })

  it('never goes past a verifier that has been changed', async () => {
    class Closed extends TokenVerifier {
      override async verify(): Promise<never> {
        throw new Error('closed')
      }
    }
    const options = {
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: [{ algorithm: 'HS256', key }],
      clock,
    } as const
    const closed = new Closed(options)
    const plain = await sign()
    await TokenVerifier.prototype.verify.call(closed, plain)
    await expect(new Guard(closed).decide(bearing(plain))).rejects.toThrow('closed')
    const open = new TokenVerifier(options)
    await open.verify(plain)
    open.verify = () => Promise.reject(new Error('replaced'))
    await expect(new Guard(open).decide(bearing(plain))).rejects.toThrow('replaced')
  })

  it('asks about revocation at every use', async () => {
    const revocations = new MemoryRevocations({ clock })
    const own = await bench({ revocations, clock })
    const one = await own.sign()
    const guard = new Guard(own.verifier)
    expect(await guard.decide(bearing(one))).toMatchObject({ ok: true })
    revocations.revoke(GOOD_CLAIMS.jti, GOOD_CLAIMS.exp)
    const outcome = guard.decide(bearing(one))
    expect(outcome).toBeInstanceOf(Promise)
    expect(await outcome).toMatchObject({ ok: false, error: { reason: 'token_revoked' } })
  })

  it('decides at once about what a verifier of several issuers knows', async () => {
    const several = new MultiIssuerVerifier({
      audience: AUDIENCE,
      issuers: [{ issuer: ISSUER, keys: [{ algorithm: 'HS256', key }] }],
      clock,
    })
    const guard = new Guard(several)
    const plain = await sign()
    expect(guard.decide(bearing(plain))).toBeInstanceOf(Promise)
    await guard.decide(bearing(plain))
    expect(atOnce(guard, bearing(plain))).toMatchObject({ ok: true })
  })
})
