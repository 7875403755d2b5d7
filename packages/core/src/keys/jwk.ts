import { decodeBase64url, encodeBase64url } from '../base/base64url.ts'
import { KeyError } from '../base/errors.ts'
import { type Algorithm, isNameOf } from './algorithms.ts'
import { bitLength, toNumber, trimZeros } from './der.ts'
import type { KeyFacts } from './facts.ts'

/** The longest key id, in characters: ids are compared and kept, and some come from the wire. */
export const MAX_KEY_ID = 1024

/** A JSON Web Key, public, private or secret (RFC 7517). Members that are not listed are ignored. */
export interface Jwk {
  readonly kty?: string | undefined
  readonly kid?: string | undefined
  /** The issuer whose tokens the key is for, as Microsoft writes it into its sets. */
  readonly issuer?: unknown
  readonly alg?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
  readonly d?: string | undefined
  readonly p?: string | undefined
  readonly q?: string | undefined
  readonly dp?: string | undefined
  readonly dq?: string | undefined
  readonly qi?: string | undefined
  readonly k?: string | undefined
  readonly pub?: string | undefined
  readonly priv?: string | undefined
}

/** A JWK set (RFC 7517 section 5). */
export interface JwkSet {
  readonly keys: readonly Jwk[]
}

/** The public half of a key, as it is published at a `jwks_uri`. */
export interface PublicJwk {
  readonly kty: string
  readonly kid?: string
  readonly alg: string
  readonly use: 'sig'
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly pub?: string
}

/** The members that make a key, each as it should be written; no others. */
export type KeyNumbers = Jwk & { readonly kty: string }

/** A JWK that was looked through: its numbers alone, and what else it says. */
export interface ReadJwk {
  readonly numbers: KeyNumbers
  readonly facts: KeyFacts
  readonly keyId: string | undefined
  /** The issuer that the key is for, where the JWK names one. */
  readonly issuer: string | undefined
  /** The operations that `key_ops` leaves; `undefined` where it is not there. */
  readonly usages: readonly string[] | undefined
}

type Numbers = Pick<ReadJwk, 'numbers' | 'facts'>

const RSA_PUBLIC = ['n', 'e'] as const
const RSA_PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const
/** The members that only private and secret keys have (RFC 7518 section 6, RFC 9964). */
const PRIVATE_MEMBERS = [...RSA_PRIVATE, 'oth', 'k', 'priv']
/** The bytes of each number, by curve or parameter set. */
const SIZES: ReadonlyMap<unknown, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
  ['Ed25519', 32],
  ['Ed448', 57],
  ['ML-DSA-44', 1312],
  ['ML-DSA-65', 1952],
  ['ML-DSA-87', 2592],
])
const SEED_BYTES = 32

/** Tells whether a JWK has a member that nobody else may see. */
export function isPrivateJwk(jwk: object): boolean {
  return PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))
}

/** Reads a JWK that is meant for one algorithm (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 9964). */
export function readJwk(jwk: Jwk, algorithm: Algorithm): ReadJwk {
  const { kid, key_ops: usages, alg, use } = jwk
  if (alg !== undefined && !isNameOf(alg, algorithm)) {
    throw new KeyError('ERR_KEY_USE', `The "alg" of this JWK says that it is not for ${algorithm}.`)
  }
  if (use !== undefined && use !== 'sig') {
    throw new KeyError('ERR_KEY_USE', 'The "use" of this JWK says that it is not for signatures.')
  }
  if (kid !== undefined && typeof kid !== 'string') throw unreadable('its "kid" is not a string')
  const isList = Array.isArray(usages) && usages.every((one) => typeof one === 'string')
  if (usages !== undefined && !isList) throw unreadable('its "key_ops" is not a list of strings')
  const { issuer } = jwk
  return {
    ...readNumbers(jwk),
    keyId: kid,
    issuer: typeof issuer === 'string' ? issuer : undefined,
    usages: usages && [...usages],
  }
}

/** Reads the members that make a key, and passes over what it says about its use. */
export function readNumbers(jwk: Jwk): Numbers {
  const { kty } = jwk
  if (kty === 'oct') return readOct(jwk)
  if (kty === 'RSA') return readRsa(jwk)
  if (kty === 'EC') return readSized(jwk, { kty, set: 'crv', open: ['x', 'y'], secret: 'd' })
  if (kty === 'OKP') return readSized(jwk, { kty, set: 'crv', open: ['x'], secret: 'd' })
  if (kty === 'AKP') return readSized(jwk, { kty, set: 'alg', open: ['pub'], secret: 'priv' })
  const type = 'd' in jwk ? 'private' : 'public'
  return { numbers: { kty: '' }, facts: { type, family: 'another "kty"' } }
}

function readOct(jwk: Jwk): Numbers {
  const secret = decodeMember(jwk, 'k')
  return {
    numbers: { kty: 'oct', k: encodeBase64url(secret) },
    facts: { type: 'secret', family: 'HMAC', bits: secret.length * 8 },
  }
}

function readRsa(jwk: Jwk): Numbers {
  // Cloudflare's workerd exports every RSA key with an empty list of further primes.
  const { oth = [] } = jwk as { readonly oth?: unknown }
  if (!Array.isArray(oth) || oth.length > 0) throw unreadable('it has more than two primes')
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

/** What the keys of a family with curves or parameter sets are made of. */
interface Shape {
  readonly kty: 'EC' | 'OKP' | 'AKP'
  /** The member that names the curve or set. */
  readonly set: 'crv' | 'alg'
  readonly open: readonly (keyof Jwk)[]
  readonly secret: 'd' | 'priv'
}

function readSized(jwk: Jwk, { kty, set, open, secret }: Shape): Numbers {
  const { [set]: curve, [secret]: hidden } = jwk
  const facts = { type: hidden === undefined ? 'public' : 'private', family: kty } as const
  const size = SIZES.get(curve)
  if (curve === undefined || size === undefined) {
    return { numbers: { kty }, facts: { ...facts, curve: 'another curve' } }
  }
  const names = hidden === undefined ? open : [...open, secret]
  const numbers = names.map((name) => {
    const number = decodeMember(jwk, name)
    const expected = name === 'priv' ? SEED_BYTES : size
    if (number.length !== expected) throw unreadable(`its "${name}" is not ${expected} bytes long`)
    return [name, encodeBase64url(number)] as const
  })
  return {
    numbers: { kty, [set]: curve, ...Object.fromEntries(numbers) },
    facts: { ...facts, curve },
  }
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

/** The numbers of the public half alone, in the order of RFC 7638. */
export function publicNumbers(jwk: KeyNumbers | PublicJwk): KeyNumbers {
  const { kty, crv, alg, x, y, n, e, pub } = jwk
  if (kty === 'RSA') return { e, kty, n }
  if (kty === 'AKP') return { alg, kty, pub }
  return kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
}
