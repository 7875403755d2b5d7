import { digestText } from '../../base/encoding-digest.ts'

/**
 * A secret that a server made up is long enough that nobody guesses it from a digest (RFC 6749 section
 * 10.10 asks for 128 bits); a shorter one may be a password.
 */
const MIN_SECRET_LENGTH = 20

/**
 * Names a source by everything that changes its tokens, the secret included, without showing any of
 * it: whoever has the wrong secret must not get the tokens of the right one from a shared store. Where
 * the secret is too short for that, or the runtime has no synchronous hash, the source has an id of its
 * own, which shares nothing.
 */
export function exchangedId(vendor: string, parts: readonly unknown[], secret: string): string {
  const digest =
    secret.length < MIN_SECRET_LENGTH ? undefined : digestText(JSON.stringify([secret, ...parts]))
  return `${vendor}:${digest ?? crypto.randomUUID()}`
}
