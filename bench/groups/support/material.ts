import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { SignJWT } from 'jose'

/** The algorithms that cold verification is measured with. */
export type BenchAlgorithm = 'ES256' | 'RS256' | 'EdDSA' | 'HS256'

export const ISSUER = 'https://auth.example.com'
export const AUDIENCE = 'https://api.example.com'

/** What one algorithm is measured with. */
export interface Material {
  readonly algorithm: BenchAlgorithm
  readonly signing: KeyObject
  /** The public half, or the secret. */
  readonly verifying: KeyObject
}

/** Makes a key of the usual size for an algorithm, by Node alone. */
export function makeMaterial(algorithm: BenchAlgorithm): Material {
  if (algorithm === 'HS256') {
    const secret = createSecretKey(randomBytes(32))
    return { algorithm, signing: secret, verifying: secret }
  }
  const signing = makePair(algorithm)
  return { algorithm, signing, verifying: createPublicKey(signing) }
}

/** Makes tokens that every contender accepts, each with its own `jti`. Signed by jose, a peer. */
export async function makeTokens(material: Material, count: number): Promise<readonly string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      new SignJWT({ scope: 'orders:read orders:write', jti: `token-${index}` })
        .setProtectedHeader({ alg: material.algorithm, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject('alice')
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(material.signing),
    ),
  )
}

/** The same token with another signature of the same length. */
export function forge(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const length = Buffer.from(signature, 'base64url').length
  return `${header}.${payload}.${randomBytes(length).toString('base64url')}`
}

function makePair(algorithm: 'ES256' | 'RS256' | 'EdDSA'): KeyObject {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}
