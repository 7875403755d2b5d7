import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { type Algorithm, importKey, type ImportKeyOptions, KeyError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { anything, armour, linesOf, pairs, pem } from './materials.ts'

/** What is wrong, what is given, for which algorithm, and what is said. */
type Row = readonly [
  name: string,
  material: unknown,
  algorithm: Algorithm,
  code: string,
  sentence: RegExp,
  options?: ImportKeyOptions,
]

const privatePem = pem(pairs.p256.privateKey, 'pkcs8')
const publicPem = pem(pairs.p256.publicKey, 'spki')
const publicDer = pairs.p256.publicKey.export({ type: 'spki', format: 'der' })
const sealed = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'correct horse' } as const
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })
const pkcs8 = (key: KeyObject): string => pem(key, 'pkcs8')

const ROWS: readonly Row[] = [
  ['undefined', undefined, 'ES256', 'ERR_KEY_EMPTY', /no key: the value is undefined/],
  ['null', null, 'ES256', 'ERR_KEY_EMPTY', /no key: the value is null/],
  ['an empty text', '', 'ES256', 'ERR_KEY_EMPTY', /empty/],
  ['white space', ' \n ', 'HS256', 'ERR_KEY_EMPTY', /empty/],
  ['a number', 7, 'ES256', 'ERR_KEY_FORMAT', /cannot be read from a number/],
  [
    'the first line alone',
    '-----BEGIN PRIVATE KEY-----',
    'ES256',
    'ERR_KEY_LOST_NEWLINES',
    /first line/,
  ],
  ['a PEM without its end', privatePem.slice(0, 100), 'ES256', 'ERR_KEY_FORMAT', /no END line/],
  [
    'a PEM of rubbish',
    armour('PRIVATE KEY', Buffer.from('rubbish')),
    'ES256',
    'ERR_KEY_FORMAT',
    /no key/,
  ],
  [
    'a PEM that is not base64',
    '-----BEGIN PRIVATE KEY-----\n$$\n-----END PRIVATE KEY-----',
    'ES256',
    'ERR_KEY_FORMAT',
    /no key/,
  ],
  ['two keys', privatePem + publicPem, 'ES256', 'ERR_KEY_FORMAT', /holds 2 keys/],
  ...[
    './keys/AuthKey_2X9R4HXF34.p8',
    'AuthKey_2X9R4HXF34.p8',
    '/Users/ada/My Keys/AuthKey',
    'C:\\keys\\AuthKey.p8',
    '~/AuthKey.p8',
    'file:///keys/AuthKey.p8',
  ].map(
    (path) =>
      [
        `the path ${path}`,
        path,
        'ES256',
        'ERR_KEY_FORMAT',
        /keyFile\('…', 'ES256'\) from '@mayfly\/core\/node'/,
      ] as const,
  ),
  [
    'base64 without BEGIN',
    publicDer.toString('base64'),
    'ES256',
    'ERR_KEY_FORMAT',
    /no BEGIN line/,
  ],
  ['far too much', 'x'.repeat(100_000), 'ES256', 'ERR_KEY_FORMAT', /too long/],
  ['half a JWK in text', '{"kty":"EC",', 'ES256', 'ERR_KEY_FORMAT', /begins like a JWK/],
  [
    'an OpenSSH public key',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me',
    'EdDSA',
    'ERR_KEY_FORMAT',
    /ssh-keygen/,
  ],
  [
    'an OpenSSH private key',
    armour('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1')),
    'EdDSA',
    'ERR_KEY_FORMAT',
    /ssh-keygen/,
  ],
  [
    'an encrypted key',
    pairs.p256.privateKey.export({ type: 'pkcs8', ...sealed }),
    'ES256',
    'ERR_KEY_ENCRYPTED',
    /encrypted/,
  ],
  [
    'an encrypted key of the old kind',
    pairs.rsa.privateKey.export({ type: 'pkcs1', ...sealed }),
    'RS256',
    'ERR_KEY_ENCRYPTED',
    /encrypted/,
  ],
  [
    'a certificate',
    armour('CERTIFICATE', Buffer.from('3000', 'hex')),
    'RS256',
    'ERR_KEY_CERTIFICATE',
    /certificate/,
  ],
  [
    'a certificate request',
    armour('CERTIFICATE REQUEST', Buffer.from('3000', 'hex')),
    'RS256',
    'ERR_KEY_CERTIFICATE',
    /certificate/,
  ],
  [
    'nothing but parameters',
    armour('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex')),
    'ES256',
    'ERR_KEY_FORMAT',
    /holds no key/,
  ],
  [
    'a public key to sign with',
    publicPem,
    'ES256',
    'ERR_KEY_PUBLIC',
    /private key/,
    { use: 'sign' },
  ],
  [
    'a key on P-384 for ES256',
    pkcs8(pairs.p384.privateKey),
    'ES256',
    'ERR_KEY_CURVE',
    /P-256; this one is on P-384/,
  ],
  [
    'a key on secp256k1',
    pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    'ES256',
    'ERR_KEY_CURVE',
    /secp256k1/,
  ],
  [
    'a key on another curve',
    pkcs8(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).privateKey),
    'ES256',
    'ERR_KEY_CURVE',
    /another curve/,
  ],
  [
    'an X25519 key',
    pkcs8(generateKeyPairSync('x25519').privateKey),
    'EdDSA',
    'ERR_KEY_CURVE',
    /X25519/,
  ],
  [
    'an Ed448 key',
    pkcs8(generateKeyPairSync('ed448').privateKey),
    'EdDSA',
    'ERR_KEY_CURVE',
    /Ed448/,
  ],
  [
    'an RSA key for ES256',
    pkcs8(pairs.rsa.privateKey),
    'ES256',
    'ERR_KEY_TYPE',
    /EC key on P-256; this is the private half of a key pair for RSA/,
  ],
  [
    'an EC key for RS256',
    publicPem,
    'RS256',
    'ERR_KEY_TYPE',
    /RSA key; this is the public half of a key pair for EC/,
  ],
  [
    'an Ed25519 key for RS256',
    pem(pairs.ed25519.publicKey, 'spki'),
    'RS256',
    'ERR_KEY_TYPE',
    /for Ed25519/,
  ],
  ['an RSA key for PSS alone', pkcs8(rsaPss.privateKey), 'RS256', 'ERR_KEY_TYPE', /RSASSA-PSS/],
  ['a DSA key', pkcs8(dsa.privateKey), 'RS256', 'ERR_KEY_TYPE', /DSA/],
  [
    'a public PEM for HS256',
    pem(pairs.rsa.publicKey, 'spki'),
    'HS256',
    'ERR_KEY_TYPE',
    /needs a secret/,
  ],
  [
    'an RSA key of 1024 bits',
    pkcs8(pairs.rsa1024.privateKey),
    'RS256',
    'ERR_KEY_TOO_SHORT',
    /2048 bits; this one has 1024/,
  ],
  [
    'a public RSA key of 1024 bits',
    pem(pairs.rsa1024.publicKey, 'spki'),
    'PS256',
    'ERR_KEY_TOO_SHORT',
    /has 1024/,
  ],
  [
    'an RSA key with exponent 3',
    pem(pairs.rsaExponent3.publicKey, 'spki'),
    'RS256',
    'ERR_KEY_EXPONENT',
    /exponent of this RSA key is 3/,
  ],
  [
    'a private RSA key with exponent 3',
    pem(pairs.rsaExponent3.privateKey, 'pkcs1'),
    'RS256',
    'ERR_KEY_EXPONENT',
    /65537/,
  ],
  ['bytes', Buffer.alloc(40, 0xff), 'ES256', 'ERR_KEY_FORMAT', /\{ secret: bytes \}/],
  ['a promise', Promise.resolve(privatePem), 'ES256', 'ERR_KEY_FORMAT', /await it/],
  ['a JWK set', { keys: [] }, 'ES256', 'ERR_KEY_FORMAT', /JWK set/],
  ['an empty object', {}, 'ES256', 'ERR_KEY_FORMAT', /no key/],
  ['text for HS256', 'correct horse battery staple', 'HS256', 'ERR_KEY_FORMAT', /as bytes/],
]

describe('importKey says what is wrong with', () => {
  it.each(ROWS.map((row) => ({ row, name: row[0] })))('$name', async ({ row }) => {
    const [, material, algorithm, code, sentence, options = {}] = row
    const importing = importKey(anything(material), algorithm, options)
    const error = await importing.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(KeyError)
    expect(error).toMatchObject({ name: 'KeyError', code })
    expect((error as KeyError).message).toMatch(sentence)
    const shown = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)
    for (const line of typeof material === 'string' ? linesOf(material) : []) {
      if (!line.startsWith('./')) expect(shown).not.toContain(line)
    }
  })

  it('an unknown algorithm or option', async () => {
    const wrong = { algorithm: 'none' as Algorithm, options: { kid: 'x' } as ImportKeyOptions }
    await expect(importKey(publicPem, wrong.algorithm)).rejects.toMatchObject({
      name: 'OptionError',
    })
    await expect(importKey(publicPem, 'ES256', wrong.options)).rejects.toMatchObject({
      code: 'ERR_OPTION_UNKNOWN',
    })
    await expect(importKey(publicPem, 'ES256', { keyId: '' })).rejects.toMatchObject({
      option: 'keyId',
    })
  })

  it('a private key whose numbers do not belong together', async () => {
    const one = pairs.p256.privateKey.export({ format: 'jwk' })
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const other = privateKey.export({ format: 'jwk' })
    const mixed = { ...one, d: other.d }
    await expect(importKey(mixed, 'ES256')).rejects.toMatchObject({ code: 'ERR_KEY_FORMAT' })
  })
})
