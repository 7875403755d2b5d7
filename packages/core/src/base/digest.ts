import { encodeBase64url } from './base64url.ts'

const UTF8 = new TextEncoder()

/** The SHA-256 of a text in base64url: what `ath` is of an access token (RFC 9449 section 4.2). */
export async function sha256(text: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', UTF8.encode(text))))
}
