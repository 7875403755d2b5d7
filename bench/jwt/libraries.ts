import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
  randomBytes,
} from 'node:crypto'
import { type Algorithm, generateKey, importKey, signCompact, TokenVerifier } from '@mayfly/core'
import { createSigner, createVerifier } from 'fast-jwt'
import { generateKeyPair, generateSecret, importPKCS8, jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'

/** The algorithms of the table, each with what makes its key by Node alone. */
export const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

/** One of them. */
export type TableAlgorithm = (typeof ALGORITHMS)[number]

/** The rows of the table of python_jwt, in its words. */
export const ROWS = ['generate key', 'generate token', 'load key', 'verify token'] as const

/** What a library does for each row; a row is missing where the library has no such call. */
export type Calls = Partial<Record<(typeof ROWS)[number], () => unknown>>

/** The keys that all libraries get: PEM, or bytes for HMAC. */
export interface Keys {
  readonly secret: Buffer
  readonly privatePem: string
  readonly publicPem: string
}

/** Makes keys of the usual sizes. */
export function makeKeys(algorithm: TableAlgorithm): Keys {
  const secret = randomBytes(64)
  if (algorithm.startsWith('HS')) return { secret, privatePem: '', publicPem: '' }
  const pair = makePair(algorithm)
  return {
    secret,
    privatePem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }) as string,
  }
}

function makePair(algorithm: TableAlgorithm): KeyPairKeyObjectResult {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm.startsWith('ES')) {
    const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm as 'ES256']
    return generateKeyPairSync('ec', { namedCurve })
  }
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function claims(): { sub: string; iat: number; exp: number } {
  const iat = Math.floor(Date.now() / 1000)
  return { sub: 'alice', iat, exp: iat + 3600 }
}

/** What each library does, by its name. Every call of a library makes or takes the same claims. */
export async function libraries(
  algorithm: TableAlgorithm,
  keys: Keys,
): Promise<Readonly<Record<string, Calls>>> {
  const isSecret = algorithm.startsWith('HS')
  const found: Record<string, Calls> = {
    Mayfly: await mayfly(algorithm, keys),
    jose: await jose(algorithm, keys),
    'fast-jwt': fastJwt(algorithm, keys),
  }
  if (algorithm !== 'EdDSA') {
    const key = isSecret ? keys.secret : createPrivateKey(keys.privatePem)
    const options = { algorithm }
    const token = jsonwebtoken.sign(claims(), key, options)
    const publicKey = isSecret ? keys.secret : keys.publicPem
    found['jsonwebtoken'] = {
      'generate token': () => jsonwebtoken.sign(claims(), key, options),
      'verify token': () => jsonwebtoken.verify(token, publicKey, { algorithms: [algorithm] }),
    }
  }
  return found
}

async function mayfly(algorithm: Algorithm, keys: Keys): Promise<Calls> {
  const isSecret = algorithm.startsWith('HS')
  const material = isSecret ? { secret: keys.secret } : keys.privatePem
  const load = (): ReturnType<typeof importKey> => importKey(material, algorithm)
  const key = await load()
  const encoder = new TextEncoder()
  const make = (): Promise<string> =>
    signCompact(encoder.encode(JSON.stringify(claims())), { typ: 'JWT' }, key)
  const token = await make()
  const verifier = new TokenVerifier({
    issuer: null,
    audience: null,
    keys: [{ algorithm, key: isSecret ? { secret: keys.secret } : keys.publicPem }],
    cache: false,
  })
  return {
    'generate key': () => generateKey(algorithm),
    'generate token': make,
    'load key': load,
    'verify token': () => verifier.verify(token),
  }
}

async function jose(algorithm: TableAlgorithm, keys: Keys): Promise<Calls> {
  const isSecret = algorithm.startsWith('HS')
  const signing = isSecret ? keys.secret : await importPKCS8(keys.privatePem, algorithm)
  const { importSPKI } = await import('jose')
  const verifying = isSecret ? keys.secret : await importSPKI(keys.publicPem, algorithm)
  const make = (): Promise<string> =>
    new SignJWT(claims()).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).sign(signing)
  const token = await make()
  return {
    'generate key': () =>
      isSecret ? generateSecret(algorithm) : generateKeyPair(algorithm, { extractable: true }),
    'generate token': make,
    ...(!isSecret && { 'load key': () => importPKCS8(keys.privatePem, algorithm) }),
    'verify token': () => jwtVerify(token, verifying, { algorithms: [algorithm] }),
  }
}

function fastJwt(algorithm: TableAlgorithm, keys: Keys): Calls {
  const isSecret = algorithm.startsWith('HS')
  const load = () => createSigner({ key: isSecret ? keys.secret : keys.privatePem, algorithm })
  const sign = load()
  const token = sign(claims())
  const key = isSecret ? keys.secret : keys.publicPem
  const verify = createVerifier({ key, algorithms: [algorithm], cache: false })
  return {
    'generate token': () => sign(claims()),
    'load key': load,
    'verify token': () => verify(token) as unknown,
  }
}
