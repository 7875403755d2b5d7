import { randomBytes } from 'node:crypto'

/** A server-to-server OAuth app's credentials, as Zoom's Marketplace shows them. */
export interface ZoomCredentials {
  readonly accountId: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Makes new credentials. */
export function createCredentials(): ZoomCredentials {
  return {
    accountId: word(22),
    clientId: word(22),
    clientSecret: createSecret(),
  }
}

/** Makes a new secret. */
export function createSecret(): string {
  return word(32)
}

function word(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length)
}
