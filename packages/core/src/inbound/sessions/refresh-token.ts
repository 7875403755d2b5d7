import type { CryptoKey } from 'jose'
import { decodeBase64url, encodeBase64url } from '../../base/base64url.ts'

const UTF8 = new TextEncoder()
const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** What a refresh token says of itself. Its secret proves it. */
export interface RefreshTokenParts {
  readonly family: string
  readonly generation: number
  readonly secret: Uint8Array<ArrayBuffer>
}

/** Random bytes, as base64url. */
export function randomText(bytes: number): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(bytes)))
}

/** Writes the refresh token of a generation: its secret derives from the family's own key. */
export async function writeRefreshToken(
  family: string,
  generation: number,
  key: string,
): Promise<string> {
  const named = `${family}.${generation}`
  const mac = await crypto.subtle.sign('HMAC', await hmacKey(key), UTF8.encode(named))
  return `${named}.${encodeBase64url(new Uint8Array(mac))}`
}

/** Reads a refresh token; `undefined` for anything that has another form. */
export function readRefreshToken(token: unknown): RefreshTokenParts | undefined {
  const text = typeof token === 'string' ? token : ''
  const [, family = '', generation, mac = ''] =
    /^([\w-]{22})\.(\d{1,9})\.([\w-]{43})$/.exec(text) ?? []
  const secret = decodeBase64url(mac)
  if (secret === undefined || secret.length !== 32) return undefined
  return { family, generation: Number(generation), secret }
}

/** Whether a refresh token is one of the family whose key this is. It takes the same time for any. */
export async function isOfFamily(parts: RefreshTokenParts, key: string): Promise<boolean> {
  const named = UTF8.encode(`${parts.family}.${parts.generation}`)
  return crypto.subtle.verify('HMAC', await hmacKey(key), parts.secret, named)
}

/** The key that an answer is sealed with, which nobody has but the holder of the token before it. */
export async function answerKey(token: string): Promise<Uint8Array> {
  const text = UTF8.encode(`mayfly answer ${token}`)
  return new Uint8Array(await crypto.subtle.digest('SHA-256', text))
}

async function hmacKey(key: string): Promise<CryptoKey> {
  const bytes = decodeBase64url(key) ?? new Uint8Array()
  return crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify'])
}
