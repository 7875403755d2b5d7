import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'

/** A GitHub App's credentials, as its page hands them out. */
export interface GithubAppCredentials {
  /** The client id. */
  readonly appId: string
  /** PKCS#1 PEM, as GitHub's file has it. */
  readonly privateKey: string
}

/** An app as the sandbox's side knows it. */
export interface KnownApp {
  readonly credentials: GithubAppCredentials
  /** The app id: the other name that it goes by. */
  readonly numericId: number
  /** SPKI PEM. */
  readonly publicKey: string
}

/** Makes a new app. */
export function createApp(): KnownApp {
  const { privateKey, publicKey } = createKeyPair()
  return {
    credentials: { appId: `Iv23li${randomBytes(7).toString('hex')}`, privateKey },
    numericId: randomInt(100_000, 999_999),
    publicKey,
  }
}

/** Gives an app another key. */
export function replaceKey(app: KnownApp): KnownApp {
  const { privateKey, publicKey } = createKeyPair()
  return { ...app, credentials: { ...app.credentials, privateKey }, publicKey }
}

function createKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}
