import { generateKey, type JwkSet, type Key, KeyRing, TokenVerifier } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER, NOW, sign } from '../../support/inbound.ts'

const THUMBPRINT = 'A'.repeat(43)
const refused = async (run: () => unknown): Promise<unknown> => failure(run)

/** A good payload with one claim written letter by letter. */
function payload(claim: string, json: string): string {
  return JSON.stringify({ ...GOOD_CLAIMS, [claim]: '@' }).replace('"@"', json)
}

describe('A token that is bound (cnf)', () => {
  it.each([
    { jkt: THUMBPRINT },
    { 'x5t#S256': THUMBPRINT },
    { jwk: { kty: 'EC' } },
    { kid: 'k1' },
    { jku: 'https://evil.example' },
    { 'osc+jwt': true },
    { jkt: THUMBPRINT, jwk: {} },
  ])('is refused where nobody enforces it: %o', async (cnf) => {
    const { verifier, sign: make } = await bench()
    const token = await make({ ...GOOD_CLAIMS, cnf })
    for (const _ of ['new', 'known']) {
      const error = await refused(() => verifier.verify(token))
      expect(error).toMatchObject({ status: 401, code: 'ERR_TOKEN_BINDING', claim: 'cnf' })
    }
  })

  it('is taken where the option names what another has enforced, and that alone', async () => {
    const { verifier, sign: make } = await bench({ ignoreConfirmation: ['x5t#S256', 'kid'] })
    await verifier.verify(await make({ ...GOOD_CLAIMS, cnf: { kid: 'k', 'x5t#S256': 'any' } }))
    const token = await make({ ...GOOD_CLAIMS, cnf: { kid: 'k', jkt: THUMBPRINT } })
    expect(await refused(() => verifier.verify(token))).toMatchObject({ reason: 'key_unproven' })
  })

  it('is refused where the binding cannot be read', async () => {
    const { verifier, sign: make } = await bench()
    for (const cnf of [
      null,
      [],
      'x',
      { jkt: 'x' },
      { 'x5t#S256': THUMBPRINT.toLowerCase() + '=' },
    ]) {
      const token = await make({ ...GOOD_CLAIMS, cnf })
      expect(await refused(() => verifier.verify(token))).toMatchObject({ reason: 'claim_invalid' })
    }
  })

  it('to a certificate is taken with that certificate alone', async () => {
    const { verifier, sign: make } = await bench()
    const token = await make({ ...GOOD_CLAIMS, cnf: { 'x5t#S256': THUMBPRINT } })
    for (const _ of ['new', 'known']) {
      await verifier.verify(token, { certificate: THUMBPRINT })
      const other = await refused(() => verifier.verify(token, { certificate: 'B'.repeat(43) }))
      expect(other).toMatchObject({ reason: 'key_mismatch' })
    }
  })
})

describe('An integer that JavaScript cannot hold', () => {
  it.each([
    ['tenant', '9007199254740993', 'tenant'],
    ['tenant', '-9007199254740993', 'tenant'],
    ['tenant', '12345678901234567890', 'tenant'],
    ['tenant', '1e999', 'tenant'],
    ['order', '{"lines":[{"id":9007199254740993}]}', 'order.lines.0.id'],
    ['sub', '9007199254740993', 'sub'],
    ['exp', '9223372036854775807', 'exp'],
  ])('is refused by its path: %s %s', async (claim, json, path) => {
    const { verifier, sign: make } = await bench({ allowNumericIds: true })
    const error = await refused(async () => verifier.verify(await make(payload(claim, json))))
    expect(error).toMatchObject({ status: 401, reason: 'claim_invalid', claim: path })
  })

  it('is kept as text where the option says so, wherever it stands', async () => {
    const { verifier, sign: make } = await bench({ largeIntegers: 'text' })
    const nested = '{"a":[9007199254740993,7,-9007199254740994],"b \\" 12345678901234567890":1.5e3}'
    const { claims } = await verifier.verify(await make(payload('order', nested)))
    expect(claims['order']).toEqual({
      a: ['9007199254740993', 7, '-9007199254740994'],
      'b " 12345678901234567890': 1500,
    })
    expect(claims.exp).toBe(NOW + 300)
  })

  it('is no date as text, and an infinite number is none at all', async () => {
    const { verifier, sign: make } = await bench({ largeIntegers: 'text' })
    for (const [claim, json] of [
      ['exp', '9223372036854775807'],
      ['tenant', '1e999'],
    ] as const) {
      const error = await refused(async () => verifier.verify(await make(payload(claim, json))))
      expect(error).toMatchObject({ reason: 'claim_invalid', claim })
    }
  })

  it('up to 2^53 is a number like any other', async () => {
    const { verifier, sign: make } = await bench()
    const claims = {
      ...GOOD_CLAIMS,
      tenant: Number.MAX_SAFE_INTEGER,
      ratio: 0.1,
      big: '9007199254740993',
    }
    expect((await verifier.verify(await make(claims))).claims).toEqual(claims)
  })
})

describe('A sub or jti that is a number', () => {
  it('is refused, and read as its digits where the option says so', async () => {
    const numeric = { ...GOOD_CLAIMS, sub: 42, jti: 0 }
    const strict = await bench()
    expect(
      await refused(async () => strict.verifier.verify(await strict.sign(numeric))),
    ).toMatchObject({ reason: 'claim_invalid', claim: 'sub' })
    const seen: string[] = []
    const isRevoked = (id: string): boolean => seen.push(id) === 0
    const lax = await bench({ allowNumericIds: true, revocations: { isRevoked } })
    const { claims } = await lax.verifier.verify(await lax.sign(numeric))
    expect([claims.sub, claims.jti, seen]).toEqual(['42', '0', ['0']])
    for (const sub of [4.2, true, null, ['42'], {}]) {
      const error = await refused(async () =>
        lax.verifier.verify(await lax.sign({ ...GOOD_CLAIMS, sub })),
      )
      expect(error).toMatchObject({ reason: 'claim_invalid', claim: 'sub' })
    }
  })

  it('beyond 2^53 is text with both options, and never rounded', async () => {
    const { verifier, sign: make } = await bench({ allowNumericIds: true, largeIntegers: 'text' })
    const { claims } = await verifier.verify(await make(payload('sub', '9007199254740993')))
    expect(claims.sub).toBe('9007199254740993')
  })
})

describe('A token that is long', () => {
  it('passes up to 12 288 characters', async () => {
    const { verifier, sign: make } = await bench()
    const groups = Array.from(
      { length: 190 },
      (_, index) => `6b1c1f4e-0000-4000-8000-${String(index).padStart(12, '0')}`,
    )
    const token = await make({ ...GOOD_CLAIMS, groups })
    expect(token.length).toBeGreaterThan(9800)
    await verifier.verify(token)
    const longer = await make({ ...GOOD_CLAIMS, more: 'x'.repeat(9300) })
    expect(await refused(() => verifier.verify(longer))).toMatchObject({
      reason: 'token_malformed',
    })
  })
})

const keys = await Promise.all(
  Array.from({ length: 20 }, (_, index) => generateKey('ES256', { keyId: `k${index}` })),
)

describe('A token without a key id', () => {
  it('is tried against eight keys at the most', async () => {
    const lookup = { version: 0, algorithms: ['ES256'] as const, find: () => keys }
    const { verifier } = await bench({ keys: lookup })
    const signedBy = async (index: number): Promise<string> =>
      sign(keys[index] as Key, GOOD_CLAIMS, { typ: 'JWT', kid: undefined })
    await verifier.verify(await signedBy(7))
    const ninth = await signedBy(8)
    expect(await refused(() => verifier.verify(ninth))).toMatchObject({
      reason: 'signature_invalid',
    })
  })

  it('is tried against keys without one first', async () => {
    const nameless = await generateKey('ES256')
    const bare: Record<string, unknown> = { ...nameless.publicJwk() }
    delete bare['kid']
    const set: JwkSet = { keys: [...keys.map((key) => key.publicJwk()), bare] }
    const { verifier } = await bench({ keys: set, algorithms: ['ES256'] })
    await verifier.verify(await sign(nameless, GOOD_CLAIMS, { typ: 'JWT', kid: undefined }))
  })
})

describe('A JWK set with secrets', () => {
  it('given in code is refused when it holds other keys too', async () => {
    const pair = await generateKey('ES256', { keyId: 'pair' })
    const secret = { kty: 'oct', kid: 'secret', k: 'A'.repeat(43) }
    const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256', 'HS256'] } as const
    expect(
      () => new TokenVerifier({ ...options, keys: { keys: [pair.publicJwk(), secret] } }),
    ).toThrow('mixes secrets')
    expect(new TokenVerifier({ ...options, keys: { keys: [secret] } })).toBeDefined()
    expect(new TokenVerifier({ ...options, keys: new KeyRing([pair]) })).toBeDefined()
  })
})
