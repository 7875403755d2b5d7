import { createHmac } from 'node:crypto'
import { invalid } from '@mayfly/core/adapter'
import { createTestKey, encodeJson, signToken, type TestKey } from './signing.ts'

/**
 * What can be wrong with a token of a test issuer. A verifier must refuse each of them, but for
 * `no-expiry` under `requireExpiry: false`.
 *
 * - `expired`: it ended a minute ago.
 * - `not-yet-valid`: it begins in an hour.
 * - `no-expiry`: it has no `exp`.
 * - `other-issuer`, `other-audience`: it is good, and for somebody else.
 * - `other-key`: another key signed it under this issuer's `kid`.
 * - `unknown-key`: another key signed it under its own `kid`.
 * - `embedded-key`: another key signed it, and lies in the header as `jwk`.
 * - `tampered`: a claim was added after it had been signed.
 * - `unsigned`: `alg` is `none`, and the signature is empty.
 * - `public-key-as-secret`: it is an HMAC made with the public key's PEM text.
 * - `other-spelling`: the same bytes as a good token, with another last character.
 */
export type TokenFault =
  | 'expired'
  | 'not-yet-valid'
  | 'no-expiry'
  | 'other-issuer'
  | 'other-audience'
  | 'other-key'
  | 'unknown-key'
  | 'embedded-key'
  | 'tampered'
  | 'unsigned'
  | 'public-key-as-secret'
  | 'other-spelling'

/** What a token is made of before it is signed. */
export interface Draft {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly key: TestKey
}

/** How one fault is made: in the draft, or in place of the plain signature. */
interface Recipe {
  readonly draft?: (draft: Draft, now: number) => Partial<Draft>
  readonly finish?: (draft: Draft) => string
}

const MINUTE = 60
const HOUR = 3600

const RECIPES: Readonly<Record<TokenFault, Recipe>> = {
  expired: { draft: (_, now) => ({ claims: { iat: now - 6 * MINUTE, exp: now - MINUTE } }) },
  'not-yet-valid': {
    draft: (_, now) => ({ claims: { nbf: now + HOUR, exp: now + 2 * HOUR } }),
  },
  'no-expiry': { draft: () => ({ claims: { exp: undefined } }) },
  'other-issuer': { draft: () => ({ claims: { iss: 'https://other-issuer.example' } }) },
  'other-audience': { draft: () => ({ claims: { aud: 'https://other-audience.example' } }) },
  'other-key': { draft: ({ key }) => ({ key: createTestKey(key.algorithm) }) },
  'unknown-key': {
    draft: ({ key }) => {
      const other = createTestKey(key.algorithm)
      return { key: other, header: { kid: other.keyId } }
    },
  },
  'embedded-key': {
    draft: ({ key }) => {
      const other = createTestKey(key.algorithm)
      const jwk = requirePublicKey(other, 'embedded-key').export({ format: 'jwk' })
      return { key: other, header: { kid: undefined, jwk } }
    },
  },
  tampered: { finish: tamper },
  unsigned: {
    draft: () => ({ header: { alg: 'none' } }),
    finish: ({ header, claims }) => `${encodeJson(header)}.${encodeJson(claims)}.`,
  },
  'public-key-as-secret': {
    draft: () => ({ header: { alg: 'HS256' } }),
    finish: signWithPublicKey,
  },
  'other-spelling': { finish: (draft) => respell(signDraft(draft)) },
}

/** Tells whether a value names a fault. */
export function isTokenFault(value: unknown): value is TokenFault {
  return typeof value === 'string' && Object.hasOwn(RECIPES, value)
}

/** Puts what a fault changes into a draft. */
export function spoilDraft(draft: Draft, fault: TokenFault, now: number): Draft {
  const changes = RECIPES[fault].draft?.(draft, now)
  return {
    key: changes?.key ?? draft.key,
    header: { ...draft.header, ...changes?.header },
    claims: { ...draft.claims, ...changes?.claims },
  }
}

/** Signs a draft, as badly as the fault wants. */
export function finishDraft(draft: Draft, fault: TokenFault | undefined): string {
  const finish = fault === undefined ? undefined : RECIPES[fault].finish
  return finish === undefined ? signDraft(draft) : finish(draft)
}

function signDraft({ header, claims, key }: Draft): string {
  return signToken(header, claims, key)
}

function tamper(draft: Draft): string {
  const [header = '', , signature = ''] = signDraft(draft).split('.')
  return [header, encodeJson({ ...draft.claims, tampered: true }), signature].join('.')
}

function signWithPublicKey({ header, claims, key }: Draft): string {
  const pem = requirePublicKey(key, 'public-key-as-secret').export({ format: 'pem', type: 'spki' })
  const input = `${encodeJson(header)}.${encodeJson(claims)}`
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Writes the last character with a bit set that no byte uses; where each is used, adds padding. */
function respell(token: string): string {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  if (signature.length % 4 === 0) return `${token}=`
  const last = ALPHABET.indexOf(token.slice(-1))
  return token.slice(0, -1) + (ALPHABET[last + 1] ?? '')
}

function requirePublicKey(key: TestKey, fault: TokenFault): NonNullable<TestKey['publicKey']> {
  if (key.publicKey !== undefined) return key.publicKey
  throw invalid('fault', `"${fault}" takes a key pair, and ${key.algorithm} has none.`)
}
