import {
  TokenIssuer,
  TokenVerifier,
  type VerifierOptions,
  type VerifyContext,
  originBinding,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import cases from '../../origin/origin-cases.json' with { type: 'json' }
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER } from '../../support/inbound.ts'

interface OriginCase {
  readonly id: number
  readonly audience: string | readonly string[]
  readonly origin?: string
  readonly context?: VerifyContext
  readonly options?: Omit<NonNullable<VerifierOptions['origin']>, 'claim'>
  readonly expect: string
  readonly status?: number
  readonly reason?: string
  readonly why: string
}

const APP = 'https://app.example.com'
const EVIL = 'https://evil.example'
const ALL = cases as readonly OriginCase[]

const key = await bench()

function verifierOf(options: Partial<VerifierOptions>): TokenVerifier {
  return new TokenVerifier({
    issuer: ISSUER,
    audience: null,
    keys: [{ algorithm: 'HS256', key: key.key }],
    clock: key.clock,
    ...options,
  })
}

async function judge(one: OriginCase, binding: Partial<VerifierOptions>): Promise<void> {
  const own = binding.origin?.claim ?? 'aud'
  const audience = [AUDIENCE, one.audience].flat()
  const claims =
    own === 'aud'
      ? { aud: binding.audience === null ? one.audience : audience }
      : { [own]: one.audience }
  const token = await key.sign({ ...GOOD_CLAIMS, ...claims })
  const verifier = verifierOf(binding)
  const context = { ...one.context, ...(one.origin !== undefined && { origin: one.origin }) }
  // The first use verifies the signature, the second finds it in the cache.
  for (const _ of ['cold', 'warm']) {
    if (one.expect === 'allow') {
      await verifier.verify(token, context)
    } else {
      expect(await failure(() => verifier.verify(token, context))).toMatchObject({
        code: 'ERR_ORIGIN',
        status: one.status,
        reason: one.reason,
      })
    }
  }
}

describe('A verifier that binds tokens to origins', () => {
  it.each(ALL)('case $id by aud alone: $why', async (one) => {
    await judge(one, { audience: null, origin: originBinding({ claim: 'aud', ...one.options }) })
  })

  it.each(ALL)('case $id beside an audience, and by a claim of its own: $why', async (one) => {
    await judge(one, {
      audience: AUDIENCE,
      origin: originBinding({ claim: 'aud', ...one.options }),
    })
    await judge(one, {
      audience: AUDIENCE,
      origin: originBinding({ claim: 'allowed_origins', ...one.options }),
    })
  })

  it('wants its audience first, though an origin fits', async () => {
    const verifier = verifierOf({ audience: AUDIENCE, origin: originBinding({ claim: 'aud' }) })
    const token = await key.sign({ ...GOOD_CLAIMS, aud: [APP] })
    expect(await failure(() => verifier.verify(token, { origin: APP }))).toMatchObject({
      code: 'ERR_AUDIENCE',
      status: 401,
    })
  })

  it('does not take its audience for an origin', async () => {
    const verifier = verifierOf({
      audience: [APP, 'orders'],
      origin: originBinding({ claim: 'aud' }),
    })
    const token = await key.sign({ ...GOOD_CLAIMS, aud: [APP, 'orders'] })
    expect(await failure(() => verifier.verify(token, { origin: APP }))).toMatchObject({
      reason: 'origin_mismatch',
    })
  })

  it.each([{ claim: 'aud' }, { claim: 'allowed_origins' }])(
    'admits no origin for a token that names none in %o',
    async (origin) => {
      const verifier = verifierOf({ audience: AUDIENCE, origin: originBinding(origin) })
      const token = await key.sign()
      await verifier.verify(token)
      expect(await failure(() => verifier.verify(token, { origin: APP }))).toMatchObject({
        status: 403,
        reason: 'origin_mismatch',
      })
    },
  )

  it.each([[7], [null], [{}], [[APP, 7]], [[[APP]]]])(
    'refuses a claim of origins that is %o',
    async (value) => {
      const verifier = verifierOf({ origin: originBinding({ claim: 'allowed_origins' }) })
      const token = await key.sign({ ...GOOD_CLAIMS, allowed_origins: value })
      expect(await failure(() => verifier.verify(token))).toMatchObject({
        code: 'ERR_CLAIM_INVALID',
        claim: 'allowed_origins',
        status: 401,
      })
    },
  )

  it('judges the origin last, and anew on every use', async () => {
    const verifier = verifierOf({ audience: AUDIENCE, origin: originBinding({ claim: 'aud' }) })
    const expired = await key.sign({ ...GOOD_CLAIMS, aud: [AUDIENCE, APP], exp: 1 })
    expect(await failure(() => verifier.verify(expired, { origin: EVIL }))).toMatchObject({
      code: 'ERR_TOKEN_EXPIRED',
    })
    const token = await key.sign({ ...GOOD_CLAIMS, aud: [AUDIENCE, APP] })
    for (const _ of ['cold', 'warm']) {
      await verifier.verify(token, { origin: APP })
      expect(await failure(() => verifier.verify(token, { origin: EVIL }))).toMatchObject({
        status: 403,
        origin: EVIL,
      })
    }
  })

  it('looks at no origin unless it is told to', async () => {
    const { verifier, sign } = await bench()
    expect(verifier.checksOrigin).toBe(false)
    await verifier.verify(await sign(), { origin: 'no origin at all', tokenFrom: 'query' })
  })

  it.each([
    ['origin.claim', {}],
    ['origin.claim', { claim: 'exp' }],
    ['missingOrigin', { claim: 'aud', missingOrigin: 'ignore' }],
    ['allowNullOrigin', { claim: 'aud', allowNullOrigin: 'yes' }],
    ['allowSuffix', { claim: 'aud', allowSuffix: ['internal'] }],
    ['options', 'aud'],
  ])('cannot be made with the wrong %s', (option, origin) => {
    expect(() => originBinding(origin as never)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as object,
    )
  })
})

describe('An issuer and a verifier', () => {
  it.each([undefined, 'allowed_origins'])('agree about origins in the claim %s', async (claim) => {
    const { clock } = key
    const options = claim === undefined ? {} : { originClaim: claim }
    const issuer = new TokenIssuer({ issuer: ISSUER, clock, ...options })
    const token = await issuer.issue({
      audience: AUDIENCE,
      origins: ['App.Example.com', 'https://*.example.org/'],
      expiresIn: 60,
    })
    const verifier = verifierOf({
      audience: AUDIENCE,
      keys: issuer.keys,
      origin: originBinding({ claim: claim ?? 'aud' }),
    })
    await verifier.verify(token.value, { origin: APP })
    await verifier.verify(token.value, { origin: 'https://a.b.example.org' })
    const elsewhere = failure(() => verifier.verify(token.value, { origin: EVIL }))
    expect(await elsewhere).toMatchObject({ reason: 'origin_mismatch' })
  })
})
