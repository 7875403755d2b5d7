import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { ALGORITHMS, OptionError, TokenVerifier, type VerifierOptions } from '@mayfly/core'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { createTestIssuer, FakeClock, type TokenFault } from '../../src/index.ts'

const AUDIENCE = 'https://api.example.com'
const PAIRS = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))
const clock = new FakeClock()

const FAULTS: readonly (readonly [TokenFault, string])[] = [
  ['expired', 'token_expired'],
  ['not-yet-valid', 'token_not_yet_valid'],
  ['no-expiry', 'claim_missing'],
  ['other-issuer', 'issuer_mismatch'],
  ['other-audience', 'audience_mismatch'],
  ['other-key', 'signature_invalid'],
  ['unknown-key', 'key_unknown'],
  ['embedded-key', 'signature_invalid'],
  ['tampered', 'signature_invalid'],
  ['unsigned', 'algorithm_not_allowed'],
  ['public-key-as-secret', 'algorithm_not_allowed'],
  ['other-spelling', 'token_malformed'],
]

function verifierOptions(issuer: ReturnType<typeof createTestIssuer>): VerifierOptions {
  return { issuer: issuer.issuer, audience: AUDIENCE, keys: issuer.keys, clock }
}

describe('createTestIssuer', () => {
  it.each(ALGORITHMS)('makes tokens that TokenVerifier accepts: %s', async (algorithm) => {
    const issuer = createTestIssuer({ algorithm, audience: AUDIENCE, clock })
    const token = issuer.mint({ claims: { sub: 'user-1' } })
    const { claims, protectedHeader } = await new TokenVerifier(verifierOptions(issuer)).verify(
      token,
    )
    expect(claims).toEqual({
      iss: 'https://issuer.example',
      aud: AUDIENCE,
      iat: 1_700_000_000,
      exp: 1_700_000_300,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sub: 'user-1',
    })
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: issuer.keyId })
  })

  it.each(PAIRS)('makes tokens that jose accepts with its JWK set: %s', async (algorithm) => {
    const issuer = createTestIssuer({ algorithm })
    const jwks = structuredClone(issuer.jwks) as Parameters<typeof createLocalJWKSet>[0]
    const { payload } = await jwtVerify(issuer.mint(), createLocalJWKSet(jwks))
    expect(payload.iss).toBe('https://issuer.example')
  })

  it.each(['HS256', 'HS384', 'HS512'] as const)(
    'makes tokens that jsonwebtoken accepts, and publishes no secret: %s',
    (algorithm) => {
      const issuer = createTestIssuer({ algorithm })
      const [named] = issuer.keys
      const { secret } = Object(named?.key) as { secret: Uint8Array }
      expect(
        jwt.verify(issuer.mint(), Buffer.from(secret), { algorithms: [algorithm] }),
      ).toBeTypeOf('object')
      expect(issuer.jwks).toEqual({ keys: [] })
    },
  )

  it('publishes public keys alone', () => {
    for (const algorithm of PAIRS) {
      const [key] = createTestIssuer({ algorithm }).jwks.keys
      expect(key).toMatchObject({ alg: algorithm, use: 'sig', kid: expect.any(String) })
      expect(key).not.toHaveProperty('d')
    }
  })

  it('lets claims and header be anything', () => {
    const issuer = createTestIssuer({ clock })
    const token = issuer.mint({
      claims: { iss: undefined, exp: 'soon', jti: undefined, extra: [1] },
      header: { kid: undefined, typ: 'at+jwt', crit: ['x'], alg: 'RS256' },
    })
    expect(decodeJwt(token)).toEqual({ iat: 1_700_000_000, exp: 'soon', extra: [1] })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'at+jwt', crit: ['x'] })
  })

  it('lets a token live as long as it is told to', () => {
    const issuer = createTestIssuer({ clock })
    expect(decodeJwt(issuer.mint({ lifetime: 20 })).exp).toBe(1_700_000_020)
    expect(decodeJwt(issuer.mint({ lifetime: -1 })).exp).toBe(1_699_999_999)
  })

  it('gives each token another id, and each issuer another key', () => {
    const [one, other] = [createTestIssuer(), createTestIssuer()]
    expect(decodeJwt(one.mint()).jti).not.toBe(decodeJwt(one.mint()).jti)
    expect(one.keyId).not.toBe(other.keyId)
  })

  it.each([
    ['an unknown option', { isuer: 'x' }],
    ['an unknown algorithm', { algorithm: 'none' }],
  ])('refuses %s', (_, options: object) => {
    expect(() => createTestIssuer(options)).toThrow(OptionError)
  })

  it.each([
    ['an unknown option', { claim: {} }],
    ['an unknown fault', { fault: 'toString' }],
    ['a lifetime that is no number', { lifetime: Number.NaN }],
  ])('refuses to mint with %s', (_, options: object) => {
    expect(() => createTestIssuer().mint(options)).toThrow(OptionError)
  })
})

describe.each(PAIRS)('the faults of a test issuer: %s', (algorithm) => {
  const issuer = createTestIssuer({ algorithm, audience: AUDIENCE, clock })
  const verifier = new TokenVerifier(verifierOptions(issuer))

  it.each(FAULTS)('%s is refused as %s', async (fault, reason) => {
    await expect(verifier.verify(issuer.mint({ fault }))).rejects.toMatchObject({ reason })
  })
})

describe.each(['HS256', 'HS384', 'HS512'] as const)('the faults of %s', (algorithm) => {
  const issuer = createTestIssuer({ algorithm, audience: AUDIENCE, clock })
  const verifier = new TokenVerifier(verifierOptions(issuer))
  const needsPair = ['embedded-key', 'public-key-as-secret']

  it.each(FAULTS.filter(([fault]) => !needsPair.includes(fault)))(
    '%s is refused as %s',
    async (fault, reason) => {
      await expect(verifier.verify(issuer.mint({ fault }))).rejects.toMatchObject({ reason })
    },
  )

  it.each(needsPair)('%s cannot be made', (fault) => {
    expect(() => issuer.mint({ fault: fault as TokenFault })).toThrow(OptionError)
  })
})

describe('the attacks of a test issuer are real', () => {
  it('public-key-as-secret is a good HMAC of the public key', () => {
    const issuer = createTestIssuer({ algorithm: 'ES256' })
    const token = issuer.mint({ fault: 'public-key-as-secret' })
    const [jwk = {}] = issuer.jwks.keys
    const key = createPublicKey({ key: { ...jwk } as JsonWebKey, format: 'jwk' })
    const [header, payload, signature] = token.split('.')
    const hmac = createHmac('sha256', key.export({ format: 'pem', type: 'spki' }))
    expect(decodeProtectedHeader(token).alg).toBe('HS256')
    expect(hmac.update(`${header}.${payload}`).digest('base64url')).toBe(signature)
  })

  it('embedded-key is signed by the key in its header', async () => {
    const token = createTestIssuer().mint({ fault: 'embedded-key' })
    await expect(jwtVerify(token, EmbeddedJWK)).resolves.toBeDefined()
  })

  it('other-spelling decodes to the same bytes as before', () => {
    for (const algorithm of ALGORITHMS) {
      const token = createTestIssuer({ algorithm }).mint({ fault: 'other-spelling' })
      const signature = token.slice(token.lastIndexOf('.') + 1)
      const again = Buffer.from(signature, 'base64url').toString('base64url')
      expect(again).not.toBe(signature)
      expect(Buffer.from(again, 'base64url')).toEqual(Buffer.from(signature, 'base64url'))
    }
  })
})
