import { createSecretKey, type KeyObject, webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { importKey, KeyError, type SigningKey, type TokenSource } from '@mayfly/core'
import { keyFile } from '@mayfly/core/node'
import * as vendors from '@mayfly/core/vendors'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, pairs, pem } from '../keys/materials.ts'
import { CREDENTIALS } from './google/credentials.ts'

type Algorithm = 'ES256' | 'RS256'
type Material = vendors.JwtKey

interface Signing {
  readonly algorithm: Algorithm
  readonly make: (key: Material) => TokenSource
}

const ofTeam = { teamId: 'DEF123GHIJ', keyId: 'ABC123DEFG' }
const issuerId = '57246542-96fe-1a63-e053-0824d011072a'

const SIGNING: Readonly<Record<string, Signing>> = {
  appStoreConnect: {
    algorithm: 'ES256',
    make: (privateKey) => vendors.appStoreConnect({ keyId: 'A', issuerId, privateKey }),
  },
  apns: { algorithm: 'ES256', make: (privateKey) => vendors.apns({ ...ofTeam, privateKey }) },
  vonage: {
    algorithm: 'RS256',
    make: (privateKey) => vendors.vonage({ applicationId: 'a', privateKey }),
  },
  githubApp: {
    algorithm: 'RS256',
    make: (privateKey) => vendors.githubApp({ appId: 1, privateKey }),
  },
  googleServiceAccount: {
    algorithm: 'RS256',
    make: (private_key) =>
      vendors.googleServiceAccount({
        credentials: { ...CREDENTIALS, private_key },
        audience: 'https://pubsub.googleapis.com/',
      }),
  },
  jwtSource: {
    algorithm: 'ES256',
    make: (key) =>
      vendors.jwtSource({ algorithm: 'ES256', key, claims: {}, lifetime: 60, origins: [] }),
  },
}

const pairOf = (algorithm: Algorithm): Pair => (algorithm === 'ES256' ? pairs.p256 : pairs.rsa)
const pemOf = (algorithm: Algorithm): string => pem(pairOf(algorithm).privateKey, 'pkcs8')
const other = { ES256: 'sec1', RS256: 'pkcs1' } as const

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-forms-'))
  for (const algorithm of ['ES256', 'RS256'] as const) {
    await writeFile(join(folder, `${algorithm}.p8`), pemOf(algorithm))
  }
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function cryptoKeyOf(algorithm: Algorithm): Promise<Material> {
  const der = pairOf(algorithm).privateKey.export({ type: 'pkcs8', format: 'der' })
  const wish =
    algorithm === 'ES256'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return webcrypto.subtle.importKey('pkcs8', der, wish, true, ['sign'])
}

/** A signer as one in a KMS: it shows nothing of its key. */
async function signerOf(algorithm: Algorithm): Promise<SigningKey> {
  const key = await importKey(pemOf(algorithm), algorithm)
  return { algorithm, keyId: 'ABC123DEFG', sign: (data) => key.sign(data) }
}

const jwkOf = (key: KeyObject): object => key.export({ format: 'jwk' })
const filePath = (algorithm: Algorithm): string => join(folder, `${algorithm}.p8`)

/** Key material as people have it. */
const FORMS: Readonly<Record<string, (algorithm: Algorithm) => unknown>> = {
  'the path of a .p8': (algorithm) => keyFile(filePath(algorithm), algorithm),
  'the URL of a .p8': (algorithm) => keyFile(pathToFileURL(filePath(algorithm)), algorithm),
  'PEM text': pemOf,
  'PEM text, PKCS#1 or SEC1': (algorithm) => pem(pairOf(algorithm).privateKey, other[algorithm]),
  'PEM text with line ends of Windows': (algorithm) => pemOf(algorithm).replaceAll('\n', '\r\n'),
  'PEM with literal \\n': (algorithm) => pemOf(algorithm).replaceAll('\n', '\\n'),
  'PEM with literal \\n, in quotes': (algorithm) => JSON.stringify(pemOf(algorithm)),
  'PEM with spaces for its line ends': (algorithm) => pemOf(algorithm).replaceAll('\n', ' '),
  'base64 of a PEM': (algorithm) => Buffer.from(pemOf(algorithm)).toString('base64'),
  'base64 of a PEM, in lines': (algorithm) =>
    Buffer.from(pemOf(algorithm)).toString('base64').replaceAll(/.{76}/g, '$&\n'),
  'a JWK': (algorithm) => jwkOf(pairOf(algorithm).privateKey),
  'a JWK as text': (algorithm) => JSON.stringify(jwkOf(pairOf(algorithm).privateKey)),
  'a KeyObject': (algorithm) => pairOf(algorithm).privateKey,
  'a CryptoKey': cryptoKeyOf,
  'an imported key': (algorithm) => importKey(pemOf(algorithm), algorithm),
  'an external signer': signerOf,
  'a function of PEM text': (algorithm) => () => pemOf(algorithm),
  'a function of a promise of a signer': (algorithm) => () => signerOf(algorithm),
}

describe.each(Object.entries(SIGNING))('%s', (name, { algorithm, make }) => {
  it.each(Object.entries(FORMS))('signs with %s', async (_form, materialOf) => {
    const material = (await materialOf(algorithm)) as Material
    const { value } = await make(material).getToken()
    const { publicKey } = pairOf(algorithm)
    expect(() => jwt.verify(value, publicKey, { algorithms: [algorithm] })).not.toThrow()
  })

  it.each(['/run/secrets/AuthKey.p8', 'AuthKey_ABC123DEFG.p8', './keys/key.pem'])(
    'shows keyFile to somebody who gives the path %s',
    (path) => {
      expect(errorOf(() => make(path)).message).toContain(
        `keyFile('…', '${algorithm}') from '@mayfly/core/node'`,
      )
    },
  )

  it.each<readonly [string, (own: Algorithm) => unknown, string]>([
    ['a key with lost newlines', (own) => lostNewlines(pemOf(own)), 'ERR_KEY_LOST_NEWLINES'],
    ['a public key', (own) => pem(pairOf(own).publicKey, 'spki'), 'ERR_KEY_PUBLIC'],
    ['a public JWK', (own) => jwkOf(pairOf(own).publicKey), 'ERR_KEY_PUBLIC'],
    ['a public KeyObject', (own) => pairOf(own).publicKey, 'ERR_KEY_PUBLIC'],
    [
      'a key of the other kind',
      (own) => pem(pairOf(own === 'ES256' ? 'RS256' : 'ES256').privateKey, 'pkcs8'),
      'ERR_KEY_TYPE',
    ],
    [
      'a key of the other kind, in the form of its own (PKCS#1, SEC1)',
      (own) =>
        own === 'ES256' ? pem(pairs.rsa.privateKey, 'pkcs1') : pem(pairs.p256.privateKey, 'sec1'),
      'ERR_KEY_TYPE',
    ],
    ['an empty text', () => '', 'ERR_KEY_EMPTY'],
  ])('refuses %s when the source is made, without repeating it', (_what, materialOf, code) => {
    const material = materialOf(algorithm)
    // Google's file without a key is no key file, and said to be none.
    if (material === '' && name === 'googleServiceAccount') return
    const error = errorOf(() => make(material as Material))
    expect(error).toBeInstanceOf(KeyError)
    expect(error).toMatchObject({ code })
    if (typeof material !== 'string') return
    for (const line of material.match(/[A-Za-z0-9+/]{24,}/g) ?? []) {
      expect(error.message).not.toContain(line)
    }
  })
})

it.each(['appStoreConnect', 'apns', 'jwtSource'])('%s refuses the wrong curve', (name) => {
  const key = pem(pairs.p384.privateKey, 'pkcs8')
  expect(errorOf(() => SIGNING[name]?.make(key))).toMatchObject({ code: 'ERR_KEY_CURVE' })
})

const SECRET = 'kZ3rL0pQ8sT1vW6xYb9cD2eF5gH7jM4n'
const bytes = new TextEncoder().encode(SECRET)
const SECRETS: Readonly<Record<string, () => unknown>> = {
  text: () => SECRET,
  bytes: () => ({ secret: bytes }),
  'a JWK': () => ({ kty: 'oct', k: Buffer.from(bytes).toString('base64url') }),
  'a KeyObject': () => createSecretKey(bytes),
  'an imported key': () => importKey({ secret: bytes }, 'HS256'),
  'an external signer': async () => {
    const key = await importKey({ secret: bytes }, 'HS256')
    return { algorithm: 'HS256', sign: (data: Uint8Array) => key.sign(data) }
  },
  'a function of text': () => () => SECRET,
  'a function of bytes': () => async () => ({ secret: bytes }),
}

const SHARING: Readonly<Record<string, (secret: vendors.JwtSecret) => TokenSource>> = {
  zoomVideoSdk: (sdkSecret) =>
    vendors.zoomVideoSdk({ sdkKey: 'a', sdkSecret, topic: 'Cars', role: 'host' }),
  zoomMeetingSdk: (clientSecret) => vendors.zoomMeetingSdk({ clientId: 'a', clientSecret }),
  twilio: (keySecret) =>
    vendors.twilio({
      accountSid: `AC${'0'.repeat(32)}`,
      keySid: `SK${'0'.repeat(32)}`,
      keySecret,
      identity: 'ada',
      grants: { video: {} },
    }),
  liveKit: (apiSecret) =>
    vendors.liveKit({
      apiKey: 'a',
      apiSecret,
      identity: 'ada',
      grants: { roomJoin: true, room: 'Cars' },
    }),
}

describe.each(Object.entries(SHARING))('%s', (_name, make) => {
  it.each(Object.entries(SECRETS))('signs with %s for a secret', async (_form, secretOf) => {
    const { value } = await make((await secretOf()) as vendors.JwtSecret).getToken()
    expect(() => jwt.verify(value, SECRET, { algorithms: ['HS256'] })).not.toThrow()
  })
})

function errorOf(make: () => unknown): Error {
  try {
    make()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Nothing was thrown.')
}

/** What is left of a PEM whose lines were joined by something that dropped a part of them. */
function lostNewlines(text: string): string {
  return text.replaceAll('\n', '').slice(0, -30)
}
