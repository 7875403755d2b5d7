import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as nodeSign,
} from 'node:crypto'
import type { Algorithm, VerificationKey } from '@mayfly/core'
import type { SignatureAttack } from './attack.ts'

/**
 * What an attack works with: a victim that trusts four keys, and the private halves, since some
 * tokens must be refused although their signature is good.
 */
export interface AttackSetup {
  /** What the victim is configured with. */
  readonly keys: readonly VerificationKey[]
  readonly algorithms: readonly Algorithm[]
  /** What a good token says; attacks say the same, so that only the signature layer can refuse. */
  readonly claims: object
  readonly rsa: KeyPair
  readonly ec: KeyPair
  readonly ed: KeyPair
  readonly secret: Buffer
  /** Keys that the victim has never heard of. */
  readonly foreign: { readonly rsa: KeyPair; readonly p384: KeyPair; readonly rsa1024: KeyPair }
}

/** An attack on the signatures of a victim. */
export type Forgery = SignatureAttack<AttackSetup>

/** A key pair of Node's. */
export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Makes the keys of a victim. Key ids: `rsa`, `ec`, `ed`, `hmac`. */
export function createAttackSetup(claims: object): AttackSetup {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  const secret = randomBytes(32)
  return {
    keys: [
      { algorithm: 'RS256', key: rsa.publicKey, keyId: 'rsa' },
      { algorithm: 'ES256', key: ec.publicKey, keyId: 'ec' },
      { algorithm: 'EdDSA', key: ed.publicKey, keyId: 'ed' },
      { algorithm: 'HS256', key: { secret }, keyId: 'hmac' },
    ],
    algorithms: ['RS256', 'ES256', 'EdDSA', 'HS256'],
    claims,
    rsa,
    ec,
    ed,
    secret,
    foreign: {
      rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
      p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      rsa1024: generateKeyPairSync('rsa', { modulusLength: 1024 }),
    },
  }
}

/** Base64url of text or bytes. */
export function b64(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64url')
}

/** The first two parts of a token, the header given as an object or letter by letter. */
export function signingInput(header: object | string, claims: object): string {
  const text = typeof header === 'string' ? header : JSON.stringify(header)
  return `${b64(text)}.${b64(JSON.stringify(claims))}`
}

/** A token of ES256 whose first two parts are signed as they stand, whatever they are. */
export function signParts(header: string, payload: string, { privateKey }: KeyPair): string {
  const input = `${header}.${payload}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${b64(nodeSign('sha256', Buffer.from(input), key))}`
}

/** A token whose signature is computed by the book, with Node's crypto and nothing of the library. */
export function forge(
  header: object | string,
  claims: object,
  signer: { readonly key: KeyObject | Uint8Array; readonly hash?: string | null },
): string {
  const input = signingInput(header, claims)
  const { key, hash = 'sha256' } = signer
  const signature =
    key instanceof Uint8Array
      ? createHmac('sha256', key).update(input).digest()
      : nodeSign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${b64(signature)}`
}
