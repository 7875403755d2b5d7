import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'

/** A client that authenticates by a secret. */
export interface SecretClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** A client that signs assertions (`private_key_jwt`). */
export interface KeyClientCredentials {
  readonly clientId: string
  /** The `kid` of its assertions. */
  readonly keyId: string
  readonly algorithm: 'RS256'
  /** PKCS#8 PEM. */
  readonly privateKey: string
}

/** What the sandbox's side knows of its clients. */
export interface SandboxClients {
  readonly bySecret: SecretClientCredentials
  readonly byKey: KeyClientCredentials
  /** SPKI PEM of the key client. */
  readonly publicKey: string
}

/** Makes new clients. The secret has characters that only survive Basic when they are encoded. */
export function createClients(): SandboxClients {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return {
    bySecret: {
      clientId: `client:${randomUUID()}`,
      clientSecret: `${randomBytes(24).toString('base64')}+%/ ü:`,
    },
    byKey: {
      clientId: randomUUID(),
      keyId: randomBytes(8).toString('hex'),
      algorithm: 'RS256',
      privateKey: pair.privateKey,
    },
    publicKey: pair.publicKey,
  }
}
