import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { invalid } from '@mayfly/core/adapter'
import { createTestKey, encodeJson, signToken, type TestKey } from './signing.ts'

/**
 * What can be wrong with a proof of a test prover (RFC 9449 section 4.3). A server must refuse each of
 * them; one that asks for nonces may take those that are about `iat`, but for a missing one.
 *
 * - `unsigned`, `secret`: `alg` is `none`; it is an HMAC made with the public key's PEM text.
 * - `other-algorithm`: it is signed with `RS384`, which nobody asked for.
 * - `no-type`, `other-type`: `typ` is missing, or that of any JWT.
 * - `no-key`, `private-key`, `secret-key`: `jwk` is missing, holds the private half, or is a secret.
 * - `other-key`: another key signed it.
 * - `other-curve`, `short-key`, `small-exponent`: its key is on another curve than its algorithm's, is
 *   RSA of 1024 bits, has the exponent 3.
 * - `tampered`, `other-spelling`: a claim was added; it ends in another last character.
 * - `critical`: it asks for extensions.
 * - `no-method`, `other-method`, `method-in-lower-case`: what `htm` is.
 * - `no-url`, `other-host`, `other-path`, `other-scheme`: what `htu` is.
 * - `no-time`, `time-as-text`, `too-old`, `too-new`: what `iat` is.
 * - `no-id`, `empty-id`, `id-as-number`: what `jti` is.
 * - `no-hash`, `other-hash`: what `ath` is.
 */
export type ProofFault =
  | 'unsigned'
  | 'secret'
  | 'other-algorithm'
  | 'no-type'
  | 'other-type'
  | 'no-key'
  | 'private-key'
  | 'secret-key'
  | 'other-key'
  | 'other-curve'
  | 'short-key'
  | 'small-exponent'
  | 'tampered'
  | 'other-spelling'
  | 'critical'
  | 'no-method'
  | 'other-method'
  | 'method-in-lower-case'
  | 'no-url'
  | 'other-host'
  | 'other-path'
  | 'other-scheme'
  | 'no-time'
  | 'time-as-text'
  | 'too-old'
  | 'too-new'
  | 'no-id'
  | 'empty-id'
  | 'id-as-number'
  | 'no-hash'
  | 'other-hash'

/** What a proof is made of before it is signed. */
export interface ProofDraft {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly key: TestKey
}

type Spoil = (draft: ProofDraft) => ProofDraft | string

const claim =
  (name: string, change: (value: unknown) => unknown): Spoil =>
  (draft) => ({ ...draft, claims: { ...draft.claims, [name]: change(draft.claims[name]) } })

const header =
  (members: Readonly<Record<string, unknown>>): Spoil =>
  (draft) => ({ ...draft, header: { ...draft.header, ...members } })

const url = (change: (url: URL) => void): Spoil =>
  claim('htu', (value) => {
    const changed = new URL(String(value))
    change(changed)
    return changed.href
  })

const gone = (): undefined => undefined

/** Signs with a key of another kind, which stands in the header as it should. */
const withKey =
  (
    algorithm: 'RS384' | 'PS256' | 'ES256',
    make: () => { publicKey: KeyObject; privateKey: KeyObject },
  ): Spoil =>
  (draft) => {
    const pair = make()
    const key = { keyId: draft.key.keyId, algorithm, ...pair }
    const jwk = pair.publicKey.export({ format: 'jwk' })
    return { ...draft, header: { ...draft.header, alg: algorithm, jwk }, key }
  }

const rsa =
  (modulusLength: number, publicExponent = 65_537) =>
  (): { publicKey: KeyObject; privateKey: KeyObject } =>
    generateKeyPairSync('rsa', { modulusLength, publicExponent })

const SPOILS: Readonly<Record<ProofFault, Spoil>> = {
  unsigned: ({ header: fields, claims }) =>
    `${encodeJson({ ...fields, alg: 'none' })}.${encodeJson(claims)}.`,
  secret: ({ header: fields, claims, key }) => {
    const pem = key.publicKey?.export({ type: 'spki', format: 'pem' }) ?? ''
    const input = `${encodeJson({ ...fields, alg: 'HS256' })}.${encodeJson(claims)}`
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
  },
  'other-algorithm': withKey('RS384', rsa(2048)),
  'no-type': header({ typ: undefined }),
  'other-type': header({ typ: 'JWT' }),
  'no-key': header({ jwk: undefined }),
  'private-key': (draft) => header({ jwk: draft.key.privateKey.export({ format: 'jwk' }) })(draft),
  'secret-key': header({ jwk: { kty: 'oct', k: 'A'.repeat(43) } }),
  'other-key': (draft) => ({ ...draft, key: createTestKey(draft.key.algorithm) }),
  'other-curve': withKey('ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  'short-key': withKey('PS256', rsa(1024)),
  'small-exponent': withKey('PS256', rsa(2048, 3)),
  tampered: (draft) => {
    const [head, , signature] = signToken(draft.header, draft.claims, draft.key).split('.')
    return `${head}.${encodeJson({ ...draft.claims, admin: true })}.${signature}`
  },
  'other-spelling': (draft) => `${signToken(draft.header, draft.claims, draft.key)}=`,
  critical: header({ crit: ['exp'] }),
  'no-method': claim('htm', gone),
  'other-method': claim('htm', (method) => (method === 'PUT' ? 'PATCH' : 'PUT')),
  'method-in-lower-case': claim('htm', (method) => String(method).toLowerCase()),
  'no-url': claim('htu', gone),
  'other-host': url((one) => (one.hostname = `not.${one.hostname}`)),
  'other-path': url((one) => (one.pathname += '/')),
  'other-scheme': url((one) => (one.protocol = one.protocol === 'https:' ? 'http:' : 'https:')),
  'no-time': claim('iat', gone),
  'time-as-text': claim('iat', String),
  'too-old': claim('iat', (iat) => Number(iat) - 3600),
  'too-new': claim('iat', (iat) => Number(iat) + 3600),
  'no-id': claim('jti', gone),
  'empty-id': claim('jti', () => ''),
  'id-as-number': claim('jti', () => 1),
  'no-hash': claim('ath', gone),
  'other-hash': claim('ath', () => 'A'.repeat(43)),
}

/** Signs a proof, with something wrong about it if that is asked for. */
export function finishProof(draft: ProofDraft, fault: ProofFault | undefined): string {
  if (fault !== undefined && !Object.hasOwn(SPOILS, fault)) {
    throw invalid('fault', '"fault" is none of those that a test prover can make.')
  }
  const spoilt = fault === undefined ? draft : SPOILS[fault](draft)
  return typeof spoilt === 'string' ? spoilt : signToken(spoilt.header, spoilt.claims, spoilt.key)
}
