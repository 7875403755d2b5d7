import {
  authenticate,
  denial,
  generateKey,
  MemoryGenerations,
  MemoryOneTimeGuard,
  MemoryRevocations,
  type OneTimeGuard,
  TokenIssuer,
  TokenVerifier,
  type VerifierOptions,
  originBinding,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import {
  bench,
  failure,
  GOOD_CLAIMS,
  ISSUER,
  NOW,
  sign as signWith,
} from '../../support/inbound.ts'
import { bearing } from '../../support/requests.ts'

const APP = 'https://app.example.com'
const DOWN = new Error('the store is down')

function down(): never {
  throw DOWN
}

describe('A verifier of one-time tokens', () => {
  it('lets one of fifty uses at once pass', async () => {
    const clock = new FakeClock()
    const { verifier, sign } = await bench({ once: new MemoryOneTimeGuard({ clock }) })
    const token = await sign()
    const uses = await Promise.allSettled(Array.from({ length: 50 }, () => verifier.verify(token)))
    const refused = uses.filter((use) => use.status === 'rejected')
    expect(refused).toHaveLength(49)
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: 'ERR_TOKEN_REPLAYED', status: 401, claim: 'jti' })
    }
  })

  it('lets a token pass once at the most that ends while other stores are asked', async () => {
    const clock = new FakeClock()
    let answer: ((isRevoked: boolean) => void) | undefined
    const answered = new Promise<boolean>((resolve) => (answer = resolve))
    let asked = 0
    const isRevoked = (): Promise<boolean> => {
      if (++asked === 2) {
        clock.advanceSeconds(5)
        answer?.(false)
      }
      return answered
    }
    const { verifier, sign } = await bench({
      clock,
      once: new MemoryOneTimeGuard({ clock }),
      revocations: { isRevoked },
    })
    const token = await sign()
    clock.advanceSeconds(304)
    const uses = [verifier.verify(token), verifier.verify(token)].map((use) =>
      use.then(
        () => 'accepted',
        ({ reason }: { reason: string }) => reason,
      ),
    )
    expect(await Promise.all(uses)).toEqual(['token_expired', 'token_expired'])
  })

  it('tells the store the exp of the token, whatever its own clock tolerance', async () => {
    const asked: unknown[][] = []
    const once: OneTimeGuard = { consume: (...call) => asked.push(call) > 0 }
    const { verifier, sign } = await bench({ once, clockTolerance: 30 })
    await verifier.verify(await sign())
    expect(asked).toEqual([['token-1', NOW + 300]])
  })

  it('shares a store with one of another tolerance, and no token comes back to life', async () => {
    const clock = new FakeClock()
    const once = new MemoryOneTimeGuard({ clock })
    const strict = await bench({ clock, once, clockTolerance: 0 })
    const keys = [{ algorithm: 'HS256', key: strict.key }] as const
    const lax = await bench({ clock, once, clockTolerance: 3600, keys })
    const token = await strict.sign()
    await strict.verifier.verify(token)
    for (const seconds of [299, 2, 3598]) {
      clock.advanceSeconds(seconds)
      expect(await failure(() => lax.verifier.verify(token))).toMatchObject({
        reason: 'token_replayed',
      })
    }
  })

  it.each(['once', 'revocations'] as const)(
    'goes by the id: the second spelling of an ES256 signature is no second token to %s',
    async (store) => {
      const clock = new FakeClock()
      const key = await generateKey('ES256')
      const revocations = new MemoryRevocations({ clock })
      const { verifier } = await bench({
        clock,
        keys: [{ algorithm: 'ES256', key }],
        ...(store === 'once' ? { once: new MemoryOneTimeGuard({ clock }) } : { revocations }),
      })
      const token = await signWith(key, GOOD_CLAIMS)
      const twin = secondSpelling(token)
      expect(twin).not.toBe(token)
      const open = await bench({ clock, keys: [{ algorithm: 'ES256', key }] })
      await open.verifier.verify(twin) // nobody can refuse it by its signature
      await verifier.verify(token)
      revocations.revoke('token-1', NOW + 300)
      const reason = store === 'once' ? 'token_replayed' : 'token_revoked'
      for (const spelling of [twin, token]) {
        expect(await failure(() => verifier.verify(spelling))).toMatchObject({ reason })
      }
    },
  )

  it('does not let another spelling of a used token pass', async () => {
    const { verifier, sign } = await bench({ once: new MemoryOneTimeGuard() })
    const token = await sign()
    await verifier.verify(token)
    for (const spelling of [`${token}=`, `${token}\n`, ` ${token}`]) {
      expect(await failure(() => verifier.verify(spelling))).toMatchObject({
        code: 'ERR_TOKEN_MALFORMED',
      })
    }
  })

  it('does not use up a token that is refused for anything else', async () => {
    const clock = new FakeClock()
    const { verifier, sign } = await bench({
      once: new MemoryOneTimeGuard({ clock }),
      origin: originBinding({ claim: 'allowed_origins' }),
    })
    const token = await sign({ ...GOOD_CLAIMS, allowed_origins: [APP] })
    const elsewhere = { origin: 'https://evil.example' }
    expect(await failure(() => verifier.verify(token, elsewhere))).toMatchObject({ status: 403 })
    await verifier.verify(token, { origin: APP })
    // The origin had been looked at when this was refused.
    const again = await authenticate(verifier, bearing(token, ['origin', APP]))
    expect(again).toMatchObject({
      error: { reason: 'token_replayed', headers: { vary: 'Origin' } },
    })
  })

  it.each([
    ['jti', { jti: undefined }, {}, 'ERR_CLAIM_MISSING'],
    ['jti', { jti: '' }, {}, 'ERR_CLAIM_INVALID'],
    ['jti', { jti: 'x'.repeat(513) }, {}, 'ERR_CLAIM_INVALID'],
    ['exp', { exp: undefined }, { requireExpiry: false }, 'ERR_CLAIM_MISSING'],
  ])('refuses a token whose %s is %o', async (claim, claims, options, code) => {
    const { verifier, sign } = await bench({ once: new MemoryOneTimeGuard(), ...options })
    const token = await sign({ ...GOOD_CLAIMS, ...claims })
    expect(await failure(() => verifier.verify(token))).toMatchObject({ code, claim, status: 401 })
  })
})

describe('A verifier that knows of revocations', () => {
  it('refuses a token from the moment that it is revoked', async () => {
    const clock = new FakeClock()
    const revocations = new MemoryRevocations({ clock })
    const { verifier, sign } = await bench({ revocations })
    const token = await sign()
    await verifier.verify(token)
    revocations.revoke('token-1', NOW + 305)
    expect(await failure(() => verifier.verify(token))).toMatchObject({
      code: 'ERR_TOKEN_REVOKED',
      reason: 'token_revoked',
      status: 401,
    })
    await verifier.verify(await sign({ ...GOOD_CLAIMS, jti: 'token-2' }))
  })

  it('refuses it for as long as its clock tolerance lets a token go on', async () => {
    const clock = new FakeClock()
    const revocations = new MemoryRevocations({ clock })
    const { verifier, sign } = await bench({ clock, revocations, clockTolerance: 3600 })
    const token = await sign()
    revocations.revoke('token-1', NOW + 300)
    for (const seconds of [300, 3599]) {
      clock.advanceSeconds(seconds)
      expect(await failure(() => verifier.verify(token))).toMatchObject({ reason: 'token_revoked' })
    }
  })

  it('says so before it says that the origin is wrong, and uses up nothing', async () => {
    const revocations = { isRevoked: () => true }
    const { verifier, sign } = await bench({
      revocations,
      once: { consume: down },
      origin: originBinding({ claim: 'allowed_origins' }),
    })
    const token = await sign()
    expect(await failure(() => verifier.verify(token, { origin: APP }))).toMatchObject({
      reason: 'token_revoked',
    })
  })
})

describe('A verifier that counts generations', () => {
  it('refuses all tokens from before the last new generation', async () => {
    const clock = new FakeClock()
    const generations = new MemoryGenerations({ clock })
    const issuer = new TokenIssuer({ issuer: ISSUER, generations, clock })
    const verifier = new TokenVerifier({
      issuer: ISSUER,
      audience: null,
      keys: issuer.keys,
      generations,
      clock,
    })
    const issue = async (subject: string): Promise<string> =>
      (await issuer.issue({ subject, expiresIn: 300 })).value
    const [first, other] = [await issue('alice'), await issue('bob')]
    await verifier.verify(first)
    generations.bump('alice')
    const second = await issue('alice')
    expect(await failure(() => verifier.verify(first))).toMatchObject({
      code: 'ERR_TOKEN_SUPERSEDED',
      reason: 'token_superseded',
      status: 401,
    })
    await verifier.verify(second)
    await verifier.verify(other)
    generations.bump('alice')
    expect(await failure(() => verifier.verify(second))).toMatchObject({ claim: 'gen' })
  })

  it.each([
    ['sub', { sub: undefined, gen: 1 }, 'ERR_CLAIM_MISSING'],
    ['gen', {}, 'ERR_CLAIM_MISSING'],
    ['gen', { gen: '1' }, 'ERR_CLAIM_INVALID'],
    ['gen', { gen: 1.5 }, 'ERR_CLAIM_INVALID'],
    ['gen', { gen: null }, 'ERR_CLAIM_INVALID'],
  ])('refuses a token with the wrong %s: %o', async (claim, claims, code) => {
    const { verifier, sign } = await bench({ generations: new MemoryGenerations() })
    const token = await sign({ ...GOOD_CLAIMS, ...claims })
    expect(await failure(() => verifier.verify(token))).toMatchObject({ code, claim, status: 401 })
  })

  it('belongs to an issuer that names subjects, and lets no claim replace its own', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER, generations: new MemoryGenerations() })
    expect(await failure(() => issuer.issue({ expiresIn: 60 }))).toMatchObject({
      name: 'OptionError',
      option: 'subject',
    })
    const forged = { subject: 'alice', expiresIn: 60, claims: { gen: 9e15 } }
    expect(await failure(() => issuer.issue(forged))).toMatchObject({ option: 'claims' })
    const free = new TokenIssuer({ issuer: ISSUER })
    await free.issue(forged)
    const wrong = { issuer: ISSUER, generations: {} as MemoryGenerations }
    expect(() => new TokenIssuer(wrong)).toThrow('current')
  })
})

describe('A store that fails lets nobody pass:', () => {
  const stores: readonly [string, Partial<VerifierOptions>][] = [
    ['once throws', { once: { consume: down } }],
    ['once rejects', { once: { consume: () => Promise.reject(DOWN) } }],
    ['once gives no answer', { once: { consume: () => undefined as unknown as boolean } }],
    ['once answers with 1', { once: { consume: () => 1 as unknown as boolean } }],
    ['revocations throw', { revocations: { isRevoked: down } }],
    [
      'revocations give no answer',
      { revocations: { isRevoked: () => null as unknown as boolean } },
    ],
    ['generations throw', { generations: { current: down } }],
    ['generations answer with NaN', { generations: { current: () => Number.NaN } }],
  ]
  it.each(stores)('%s', async (_, options) => {
    const { verifier, sign } = await bench(options)
    const outcome = await authenticate(verifier, bearing(await sign({ ...GOOD_CLAIMS, gen: 1 })))
    if (outcome.ok) throw new Error('This request should have been refused.')
    expect(outcome.error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503 })
    expect(outcome.error.cause).toBeInstanceOf(Error)
    const { headers, body } = denial(outcome.error)
    expect(headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' })
    expect(headers).not.toHaveProperty('www-authenticate')
    expect(body).not.toContain('store is down')
  })

  it('a full one in memory', async () => {
    const clock = new FakeClock()
    const { verifier, sign } = await bench({ once: new MemoryOneTimeGuard({ clock, max: 1 }) })
    await verifier.verify(await sign())
    const next = await sign({ ...GOOD_CLAIMS, jti: 'token-2' })
    expect(await failure(() => verifier.verify(next))).toMatchObject({ status: 503 })
  })

  it.each([
    ['once', {}],
    ['once', null],
    ['revocations', { isRevoked: true }],
    ['generations', new Map()],
  ])('and one that is none cannot be given as "%s"', async (option, store) => {
    expect(await failure(() => bench({ [option]: store }))).toMatchObject({
      name: 'OptionError',
      option,
    })
  })
})

/** The order of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same token with (r, n - s) for (r, s): it holds without the key. */
function secondSpelling(token: string): string {
  const end = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(end), 'base64url')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const other = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')
  return (
    token.slice(0, end) + Buffer.concat([signature.subarray(0, 32), other]).toString('base64url')
  )
}
