import { type Algorithm, isNameOf } from './algorithms.ts'
import { decodeBase64url, encodeBase64url } from '../base/base64url.ts'
import { KeyError } from '../base/errors.ts'
import { toNumber, bitLength, trimZeros } from './containers.ts'
import type { KeyFacts } from './facts.ts'
import type { Jwk } from './jwk.ts'

/** A JWK that was looked through: its numbers alone, and what else it says. */
export interface ReadJwk {
  /** The members that make the key, each as it should be written; no others. */
  readonly numbers: Jwk & { readonly kty: string }
  readonly facts: KeyFacts
  readonly keyId: string | undefined
  /** The operations that `key_ops` leaves; `undefined` where it is not there. */
  readonly operations: readonly string[] | undefined
}

const RSA_PUBLIC = ['n', 'e'] as const
const RSA_PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const
/** The bytes of a coordinate, by curve. */
const COORDINATES: ReadonlyMap<string, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
  ['Ed25519', 32],
])

/** Reads a JWK that is meant for one algorithm (RFC 7517, RFC 7518 section 6, RFC 8037). */
export function readJwk(jwk: Jwk, algorithm: Algorithm): ReadJwk {
  requireIntent(jwk, algorithm)
  const { kid, key_ops: operations } = jwk
  if (kid !== undefined && typeof kid !== 'string') throw unreadable('its "kid" is not a string')
  const isList = Array.isArray(operations) && operations.every((one) => typeof one === 'string')
  if (operations !== undefined && !isList)
    throw unreadable('its "key_ops" is not a list of strings')
  const { numbers, facts } = readNumbers(jwk)
  return { numbers, facts, keyId: kid, operations: operations && [...operations] }
}

/** What the JWK itself says that it is for. */
function requireIntent({ alg, use }: Jwk, algorithm: Algorithm): void {
  if (alg !== undefined && !isNameOf(alg, algorithm)) {
    throw new KeyError('ERR_KEY_USE', `The "alg" of this JWK says that it is not for ${algorithm}.`)
  }
  if (use !== undefined && use !== 'sig') {
    throw new KeyError('ERR_KEY_USE', 'The "use" of this JWK says that it is not for signatures.')
  }
}

/** Reads the members that make a key, and passes over what it says about its use. */
export function readNumbers(jwk: Jwk): Pick<ReadJwk, 'numbers' | 'facts'> {
  const { kty } = jwk
  if (kty === 'oct') return readOct(jwk)
  if (kty === 'RSA') return readRsa(jwk)
  if (kty === 'EC' || kty === 'OKP') return readCurve(jwk, kty)
  const type = 'd' in jwk ? 'private' : 'public'
  return { numbers: { kty: '' }, facts: { type, family: 'another "kty"' } }
}

function readOct(jwk: Jwk): Pick<ReadJwk, 'numbers' | 'facts'> {
  const secret = decodeMember(jwk, 'k')
  return {
    numbers: { kty: 'oct', k: encodeBase64url(secret) },
    facts: { type: 'secret', family: 'HMAC', bits: secret.length * 8 },
  }
}

function readRsa(jwk: Jwk): Pick<ReadJwk, 'numbers' | 'facts'> {
  if ('oth' in jwk) throw unreadable('it has more than two primes')
  const isPrivate = jwk.d !== undefined
  const names = isPrivate ? [...RSA_PUBLIC, ...RSA_PRIVATE] : RSA_PUBLIC
  // Some writers put a zero in front, which would change the fingerprint.
  const members = names.map((name) => [name, trimZeros(decodeMember(jwk, name))] as const)
  const { n, e } = Object.fromEntries(members)
  const numbers = Object.fromEntries(members.map(([name, value]) => [name, encodeBase64url(value)]))
  return {
    numbers: { kty: 'RSA', ...numbers },
    facts: {
      type: isPrivate ? 'private' : 'public',
      family: 'RSA',
      bits: n && bitLength(n),
      exponent: e && toNumber(e),
    },
  }
}

function readCurve(jwk: Jwk, kty: 'EC' | 'OKP'): Pick<ReadJwk, 'numbers' | 'facts'> {
  const { crv } = jwk
  const isPrivate = jwk.d !== undefined
  const facts = { type: isPrivate ? 'private' : 'public', family: kty } as const
  const size = typeof crv === 'string' ? COORDINATES.get(crv) : undefined
  if (crv === undefined || size === undefined) {
    return { numbers: { kty }, facts: { ...facts, curve: 'another curve' } }
  }
  const names = [
    ...(kty === 'EC' ? (['x', 'y'] as const) : (['x'] as const)),
    ...(isPrivate ? (['d'] as const) : []),
  ]
  const numbers = Object.fromEntries(
    names.map((name) => {
      const number = decodeMember(jwk, name)
      if (number.length !== size) throw unreadable(`its "${name}" is not ${size} bytes long`)
      return [name, encodeBase64url(number)]
    }),
  )
  return { numbers: { kty, crv, ...numbers }, facts: { ...facts, curve: crv } }
}

function decodeMember(jwk: Jwk, name: keyof Jwk): Uint8Array {
  const text = jwk[name]
  const bytes = typeof text === 'string' ? decodeBase64url(text) : undefined
  if (bytes === undefined) throw unreadable(`its "${name}" is missing or not base64url`)
  return bytes
}

function unreadable(why: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `This JWK cannot be read: ${why}.`)
}

/** The numbers of the public half alone. */
export function publicNumbers(numbers: ReadJwk['numbers']): ReadJwk['numbers'] {
  const { kty, crv, x, y, n, e } = numbers
  if (kty === 'RSA') return { kty, n, e }
  return kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }
}
