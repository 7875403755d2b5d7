import {
  generateKey,
  type IssueOptions,
  KeyRing,
  TokenIssuer,
  TokenVerifier,
  type VerifierOptions,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER, sign } from '../../support/inbound.ts'

const ACCESS = { ...GOOD_CLAIMS, client_id: 'app-1' }
const profile = 'at+jwt' as const

describe('A verifier with the profile at+jwt (RFC 9068)', () => {
  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/At+Jwt'])(
    'takes an access token whose typ is %s (RFC 7515 section 4.1.9)',
    async (typ) => {
      const { verifier, sign: make } = await bench({ profile })
      expect((await verifier.verify(await make(ACCESS, { typ }))).claims.sub).toBe('alice')
    },
  )

  it.each(['JWT', 'jwt', 'at', 'at+jwt ', 'text/at+jwt', 'application/application/at+jwt', ''])(
    'refuses the typ "%s"',
    async (typ) => {
      const { verifier, sign: make } = await bench({ profile })
      expect(await failure(async () => verifier.verify(await make(ACCESS, { typ })))).toMatchObject(
        {
          reason: 'type_mismatch',
          claim: 'typ',
        },
      )
    },
  )

  it('refuses an ID token, which has no typ or another', async () => {
    const { verifier, key } = await bench({ profile })
    const token = await sign(key, ACCESS, {})
    expect(await failure(() => verifier.verify(token))).toMatchObject({ reason: 'type_mismatch' })
  })

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    'refuses an access token without %s',
    async (claim) => {
      const { verifier, sign: make } = await bench({ profile })
      for (const value of [undefined, null]) {
        const token = await make({ ...ACCESS, [claim]: value }, { typ: 'at+jwt' })
        const error = await failure(() => verifier.verify(token))
        expect(error).toMatchObject({ status: 401, claim, reason: /^claim_(?:missing|invalid)$/ })
      }
    },
  )

  it('refuses a client_id that is no string, and asks for further claims besides', async () => {
    const { verifier, sign: make } = await bench({ profile, requiredClaims: ['tenant'] })
    const tokens = [
      [{ ...ACCESS, client_id: 7, tenant: 'a' }, 'client_id'],
      [ACCESS, 'tenant'],
    ] as const
    for (const [claims, claim] of tokens) {
      const token = await make(claims, { typ: 'at+jwt' })
      expect(await failure(() => verifier.verify(token))).toMatchObject({ claim })
    }
    await verifier.verify(await make({ ...ACCESS, tenant: 'a' }, { typ: 'at+jwt' }))
  })

  it.each([
    ['type', { type: 'JWT' }],
    ['issuer', { issuer: null }],
    ['audience', { audience: null }],
    ['requireExpiry', { requireExpiry: false }],
    ['profile', { profile: 'jwt' }],
    ['profile', { profile: null }],
  ])('cannot be made with a %s that contradicts it', async (option, options) => {
    const wrong = { profile, ...options } as Partial<VerifierOptions>
    expect(await failure(() => bench(wrong))).toMatchObject({ name: 'OptionError', option })
  })
})

describe('An issuer of access tokens (RFC 9068)', () => {
  const clock = new FakeClock()
  const good: IssueOptions = {
    profile,
    expiresIn: 300,
    audience: AUDIENCE,
    subject: 'alice',
    claims: { client_id: 'app-1', scope: 'orders:read' },
  }

  it('makes one that a verifier with the profile takes', async () => {
    const keys = new KeyRing([await generateKey('ES256')], { clock })
    const issuer = new TokenIssuer({ issuer: ISSUER, keys, clock })
    const { value } = await issuer.issue(good)
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys, profile, clock })
    const { protectedHeader, scopes } = await verifier.verify(value)
    expect(protectedHeader.typ).toBe('at+jwt')
    expect(scopes).toEqual(['orders:read'])
  })

  it.each([
    ['audience', { audience: undefined }, 'ERR_OPTION_REQUIRED'],
    ['audience', { audience: [] }, 'ERR_OPTION_REQUIRED'],
    ['subject', { subject: undefined }, 'ERR_OPTION_REQUIRED'],
    ['claims.client_id', { claims: undefined }, 'ERR_OPTION_REQUIRED'],
    ['claims.client_id', { claims: { client_id: 7 } }, 'ERR_OPTION_INVALID'],
    ['type', { type: 'JWT' }, 'ERR_OPTION_INVALID'],
    ['profile', { profile: 'jwt' }, 'ERR_OPTION_INVALID'],
  ])('refuses to make one with the wrong %s: %o', async (option, changes, code) => {
    const issuer = new TokenIssuer({ issuer: ISSUER, clock })
    const options = { ...good, ...changes } as IssueOptions
    expect(await failure(() => issuer.issue(options))).toMatchObject({ option, code })
  })
})
