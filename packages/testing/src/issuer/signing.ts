import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { Algorithm } from '@mayfly/core'

/** A key for one algorithm. `publicKey` is absent for an HMAC secret. */
export interface TestKey {
  readonly algorithm: Algorithm
  readonly keyId: string
  /** The private key, or the secret. */
  readonly privateKey: KeyObject
  readonly publicKey?: KeyObject
}

/** Makes a key for an algorithm. */
export function createTestKey(algorithm: Algorithm): TestKey {
  const keyId = randomBytes(6).toString('hex')
  const bits = hashBits(algorithm)
  switch (algorithm.slice(0, 2)) {
    case 'HS':
      return { algorithm, keyId, privateKey: createSecretKey(randomBytes(bits / 8)) }
    case 'RS':
    case 'PS':
      return { algorithm, keyId, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
    case 'ES': {
      const namedCurve = bits === 512 ? 'P-521' : `P-${bits}`
      return { algorithm, keyId, ...generateKeyPairSync('ec', { namedCurve }) }
    }
    default:
      return { algorithm, keyId, ...generateKeyPairSync('ed25519') }
  }
}

/**
 * Writes and signs a compact JWS. The header may say what it likes: the signature is made by the key's
 * own algorithm. That is why no JWT library does it, for none would sign a header that is wrong.
 */
export function signToken(header: object, claims: object, key: TestKey): string {
  const input = `${encodeJson(header)}.${encodeJson(claims)}`
  return `${input}.${signInput(input, key).toString('base64url')}`
}

/** Writes JSON as one part of a compact JWS. */
export function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function signInput(input: string, { algorithm, privateKey: key }: TestKey): Buffer {
  const data = Buffer.from(input)
  const hash = `sha${hashBits(algorithm)}`
  switch (algorithm.slice(0, 2)) {
    case 'HS':
      return createHmac(hash, key).update(data).digest()
    case 'RS':
      return sign(hash, data, key)
    case 'PS': {
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
      return sign(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
    }
    case 'ES':
      return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
    default:
      return sign(null, data, key)
  }
}

function hashBits(algorithm: Algorithm): number {
  return /^[HRPE]S\d{3}$/.test(algorithm) ? Number(algorithm.slice(2)) : 0
}
