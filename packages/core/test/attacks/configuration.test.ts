import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  type Algorithm,
  generateKey,
  importKey,
  type Key,
  type KeyLookup,
  type VerificationKey,
  TokenVerifier,
  verifyCompact,
} from '@mayfly/core'
import { createAttacks } from '@mayfly/conformance'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, failure, ISSUER } from '../support/inbound.ts'

const clock = new FakeClock()
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
const pem = rsa.export({ type: 'spki', format: 'pem' }).toString()
const der = rsa.export({ type: 'spki', format: 'der' })

/** Runs the same keys through verifyCompact and through a verifier, warmed up. */
async function refusals(
  keys: readonly VerificationKey[],
  algorithm: Algorithm,
): Promise<unknown[]> {
  const algorithms = [algorithm]
  const issuer = createTestIssuer({ algorithm, clock })
  const compact = await failure(() => verifyCompact(issuer.mint(), keys, { algorithms }))
  const verifier = await failure(() =>
    new TokenVerifier({ issuer: ISSUER, audience: AUDIENCE, keys, clock }).warmUp(),
  )
  return [compact, verifier]
}

describe('attack: a resolver that returns undefined, an empty string or null', () => {
  const { good, algorithms, issuer, audience } = createAttacks({ clock })
  it.each([[undefined], [''], [null], [[]], [[undefined]], [['']], [[null]]])(
    '%j is no key',
    async (answer) => {
      for (const find of [() => answer, () => Promise.resolve(answer)]) {
        const keys = { version: 0, find } as unknown as KeyLookup
        const verifier = new TokenVerifier({ issuer, audience, keys, algorithms, clock })
        for (const token of good) {
          const unknown = { status: 401, reason: 'key_unknown' }
          expect(await failure(() => verifyCompact(token, keys, { algorithms }))).toMatchObject(
            unknown,
          )
          expect(await failure(() => verifier.verify(token))).toMatchObject(unknown)
        }
      }
    },
  )
})

describe('attack: a resolver that gives a key of another algorithm', () => {
  it('the public key verifies no HMAC, whatever the resolver says', async () => {
    const issuer = createTestIssuer({ clock, audience: AUDIENCE })
    const [own] = issuer.keys
    const others = await Promise.all([generateKey('HS256'), generateKey('ES384')])
    const key = await importKey(own?.key ?? '', 'ES256', { use: 'verify' })
    const asked: string[] = []
    const find = (algorithm: string): readonly Key[] => {
      asked.push(algorithm)
      return [...others, key]
    }
    const keys: KeyLookup = { version: 0, find }
    const algorithms: Algorithm[] = ['ES256', 'HS256', 'PS256']
    const verifier = new TokenVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      keys,
      algorithms,
      clock,
    })
    await verifier.verify(issuer.mint())
    const unknown = { status: 401, reason: 'key_unknown' }
    const forged = issuer.mint({ header: { alg: 'PS256' } })
    expect(await failure(() => verifier.verify(forged))).toMatchObject(unknown)
    expect(await failure(() => verifyCompact(forged, keys, { algorithms }))).toMatchObject(unknown)
    expect(asked).toEqual(['ES256', 'PS256', 'PS256'])
  })
})

describe('attack: the public key given for a secret', () => {
  it.each<[string, string | Uint8Array]>([
    ['PEM', pem],
    ['PEM with a leading space', ` ${pem}`],
    ['PEM with leading line ends', `\r\n\n${pem}`],
    ['PEM with a byte order mark', `\uFEFF${pem}`],
    ['PEM behind a comment', `# the key of 2026\n${pem}`],
    ['PEM behind a NUL', `\0${pem}`],
    ['PEM as bytes', Buffer.from(` ${pem}`)],
    ['DER', der],
    ['PKCS #1 PEM', rsa.export({ type: 'pkcs1', format: 'pem' })],
    ['PKCS #1 DER', rsa.export({ type: 'pkcs1', format: 'der' })],
    ['JWK JSON', JSON.stringify(rsa.export({ format: 'jwk' }))],
    ['JWK JSON behind a byte order mark', `\uFEFF${JSON.stringify(rsa.export({ format: 'jwk' }))}`],
  ])('%s is no HMAC secret', async (_, material) => {
    const secret = Buffer.from(material)
    for (const error of await refusals([{ algorithm: 'HS256', key: { secret } }], 'HS256')) {
      expect(error).toMatchObject({ name: 'KeyError' })
    }
  })

  it('as a JWK, a KeyObject or PEM text, it is no key for HMAC either', async () => {
    for (const key of [rsa.export({ format: 'jwk' }), createPublicKey(pem), pem, ` ${pem}`]) {
      for (const error of await refusals([{ algorithm: 'HS256', key }], 'HS256')) {
        expect(error).toMatchObject({ name: 'KeyError' })
      }
    }
  })
})

describe('attack: an empty or short HMAC secret', () => {
  it.each<[string, Algorithm, number]>([
    ['nothing', 'HS256', 0],
    ['one byte', 'HS256', 1],
    ['31 bytes', 'HS256', 31],
    ['47 bytes', 'HS384', 47],
    ['63 bytes', 'HS512', 63],
  ])('%s for %s is refused', async (_, algorithm, length) => {
    const key = { secret: new Uint8Array(length).fill(7) }
    for (const error of await refusals([{ algorithm, key }], algorithm)) {
      expect(error).toMatchObject({ name: 'KeyError' })
    }
  })

  it('and nobody can allow an empty one', async () => {
    const key = { secret: new Uint8Array(0) }
    const keys: VerificationKey[] = [{ algorithm: 'HS256', key, allowShortSecret: true }]
    for (const error of await refusals(keys, 'HS256')) {
      expect(error).toMatchObject({ name: 'KeyError' })
    }
  })
})

describe('attack: a key that its algorithm cannot trust', () => {
  it.each<[string, Algorithm, () => VerificationKey['key']]>([
    ['on P-384', 'ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
    ['of 1024 bits', 'RS256', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    [
      'with an exponent of 3',
      'RS256',
      () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey,
    ],
  ])('a key %s for %s is refused', async (_, algorithm, make) => {
    for (const error of await refusals([{ algorithm, key: make() }], algorithm)) {
      expect(error).toMatchObject({ name: 'KeyError' })
    }
  })
})

describe('attack: a clockTolerance of NaN or Infinity', () => {
  it.each([Number.NaN, Infinity, -1, '5', 3601, null])('%s is refused', async (clockTolerance) => {
    const { keys, issuer } = createTestIssuer({ clock })
    const options = { issuer, audience: null, keys, clockTolerance: clockTolerance as number }
    const error = await failure(() => new TokenVerifier(options))
    expect(error).toMatchObject({ name: 'OptionError', option: 'clockTolerance' })
  })
})

describe('attack: a token with exp but no iat, used from the cache after exp', () => {
  it('is refused in the second in which it ends', async () => {
    const ticking = new FakeClock()
    const issuer = createTestIssuer({ clock: ticking, audience: AUDIENCE })
    const verifier = new TokenVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      keys: issuer.keys,
      clock: ticking,
      clockTolerance: 0,
    })
    const token = issuer.mint({ claims: { iat: undefined }, lifetime: 60 })
    await verifier.verify(token)
    ticking.advanceSeconds(59)
    await verifier.verify(token)
    ticking.advanceSeconds(1)
    expect(await failure(() => verifier.verify(token))).toMatchObject({ reason: 'token_expired' })
  })
})
