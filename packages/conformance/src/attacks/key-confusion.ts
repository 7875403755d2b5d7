import type { KeyObject } from 'node:crypto'
import { forge, type Forgery, signingInput } from './setup.ts'

/** What an attacker may take for the HMAC secret: every form of the public key. */
const PUBLIC_FORMS: readonly (readonly [string, (key: KeyObject) => string | Buffer])[] = [
  ['the PEM', (key) => key.export({ type: 'spki', format: 'pem' })],
  ['the PEM without its last line end', (key) => exportPem(key).trimEnd()],
  ['the PEM with a leading space', (key) => ` ${exportPem(key)}`],
  ['the PEM with a byte order mark', (key) => `\uFEFF${exportPem(key)}`],
  ['the PEM behind a comment', (key) => `# key\n${exportPem(key)}`],
  ['the PEM behind a NUL', (key) => `\0${exportPem(key)}`],
  ['the DER', (key) => key.export({ type: 'spki', format: 'der' })],
  ['the PKCS #1 PEM', (key) => key.export({ type: 'pkcs1', format: 'pem' })],
  ['the PKCS #1 DER', (key) => key.export({ type: 'pkcs1', format: 'der' })],
  ['the JWK as JSON', (key) => JSON.stringify(key.export({ format: 'jwk' }))],
  ['nothing', () => ''],
]

function exportPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

const hmacWithPublicKey: readonly Forgery[] = PUBLIC_FORMS.flatMap(([form, write]) =>
  [undefined, 'rsa', 'hmac'].map((kid): Forgery => {
    const target = kid === undefined ? 'no key id' : `the key id "${kid}"`
    return {
      topic: 'HMAC with the PEM, DER, PKCS #1 or JWK of the public key',
      name: `HMAC with ${form} of the public key as its secret, and ${target}`,
      // Only "hmac" goes by an HMAC key; a public key is not even tried.
      reason: kid === 'rsa' ? 'key_unknown' : 'signature_invalid',
      token: ({ rsa, claims }) =>
        forge({ alg: 'HS256', kid }, claims, { key: Buffer.from(write(rsa.publicKey)) }),
    }
  }),
)

const NO_ALGORITHM = ['none', 'None', 'nOnE', 'NONE', 'none ', '']

/** Keys taken for what they are not. */
export const keyConfusionAttacks: readonly Forgery[] = [
  ...hmacWithPublicKey,
  ...NO_ALGORITHM.map(
    (alg): Forgery => ({
      topic: 'alg none, None, nOnE',
      name: `algorithm "${alg}" without a signature`,
      reason: 'algorithm_not_allowed',
      token: ({ claims }) => `${signingInput({ alg }, claims)}.`,
    }),
  ),
  {
    topic: 'alg none, None, nOnE',
    name: 'algorithm "none" with the signature of a good token',
    reason: 'algorithm_not_allowed',
    token: ({ claims, ec }) => forge({ alg: 'none', kid: 'ec' }, claims, { key: ec.privateKey }),
  },
  ...(['HS256', 'RS256', 'ES256', 'EdDSA'] as const).map(
    (alg): Forgery => ({
      topic: 'alg none, None, nOnE',
      name: `algorithm ${alg} without a signature`,
      reason: 'token_malformed',
      token: ({ claims }) => `${signingInput({ alg }, claims)}.`,
    }),
  ),
  {
    topic: 'the public key of one key id and the secret of another, algorithms crossed',
    name: 'RS256 under the key id of the secret',
    reason: 'key_unknown',
    token: ({ claims, rsa }) =>
      forge({ alg: 'RS256', kid: 'hmac' }, claims, { key: rsa.privateKey }),
  },
  {
    topic: 'the public key of one key id and the secret of another, algorithms crossed',
    name: 'HS256 with the secret under the key id of the public key',
    reason: 'key_unknown',
    token: ({ claims, secret }) => forge({ alg: 'HS256', kid: 'rsa' }, claims, { key: secret }),
  },
  {
    topic: 'the public key of one key id and the secret of another, algorithms crossed',
    name: 'PS256 for a key that is registered for RS256',
    reason: 'algorithm_not_allowed',
    token: ({ claims, rsa }) =>
      forge({ alg: 'PS256', kid: 'rsa' }, claims, { key: rsa.privateKey }),
  },
  {
    topic: 'a foreign key under a known key id',
    name: 'a foreign RSA key under a known key id',
    reason: 'signature_invalid',
    token: ({ claims, foreign }) =>
      forge({ alg: 'RS256', kid: 'rsa' }, claims, { key: foreign.rsa.privateKey }),
  },
  {
    topic: 'ES256 with a P-384 key, RS256 with a 1024-bit key',
    name: 'an RSA key of 1024 bits',
    reason: 'signature_invalid',
    token: ({ claims, foreign }) =>
      forge({ alg: 'RS256', kid: 'rsa' }, claims, { key: foreign.rsa1024.privateKey }),
  },
  {
    topic: 'ES256 with a P-384 key, RS256 with a 1024-bit key',
    name: 'ES256 signed with a key on P-384',
    reason: 'token_malformed',
    token: ({ claims, foreign }) =>
      forge({ alg: 'ES256', kid: 'ec' }, claims, { key: foreign.p384.privateKey }),
  },
  ...embeddedKeys(),
]

function embeddedKeys(): readonly Forgery[] {
  const elsewhere = 'http://127.0.0.1:9/keys'
  const members: readonly (readonly [string, (key: KeyObject) => unknown])[] = [
    ['jwk', (key) => key.export({ format: 'jwk' })],
    ['jku', () => elsewhere],
    ['x5u', () => elsewhere],
    ['x5c', (key) => [key.export({ type: 'spki', format: 'der' }).toString('base64')]],
  ]
  return members.map(([member, value]) => ({
    topic: 'embedded jwk, jku, x5u, x5c',
    name: `a foreign key brought along in "${member}"`,
    reason: 'signature_invalid',
    token: ({ claims, foreign }) => {
      const header = { alg: 'RS256', [member]: value(foreign.rsa.publicKey) }
      return forge(header, claims, { key: foreign.rsa.privateKey })
    },
  }))
}
