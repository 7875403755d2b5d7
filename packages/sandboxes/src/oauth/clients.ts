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
  bySecret: SecretClientCredentials
  byKey: KeyClientCredentials
  /** SPKI PEM of the key client. */
  publicKey: string
}

/** Makes new clients. */
export function createClients(): SandboxClients {
  const { privateKey, publicKey, keyId } = createClientKey()
  return {
    bySecret: { clientId: `client:${randomUUID()}`, clientSecret: createSecret() },
    byKey: { clientId: randomUUID(), keyId, algorithm: 'RS256', privateKey },
    publicKey,
  }
}

/** Gives the first client another secret. The one before is no longer good. */
export function replaceSecret(clients: SandboxClients): SecretClientCredentials {
  clients.bySecret = { ...clients.bySecret, clientSecret: createSecret() }
  return clients.bySecret
}

/** Gives the second client another key. The one before is no longer good. */
export function replaceKey(clients: SandboxClients): KeyClientCredentials {
  const { privateKey, publicKey, keyId } = createClientKey()
  clients.publicKey = publicKey
  clients.byKey = { ...clients.byKey, keyId, privateKey }
  return clients.byKey
}

/** It has characters that only survive Basic when they are encoded. */
function createSecret(): string {
  return `${randomBytes(24).toString('base64')}+%/ ü:`
}

interface ClientKey {
  readonly privateKey: string
  readonly publicKey: string
  readonly keyId: string
}

function createClientKey(): ClientKey {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { ...pair, keyId: randomBytes(8).toString('hex') }
}
