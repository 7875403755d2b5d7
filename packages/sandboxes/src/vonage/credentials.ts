import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'

/** An application's credentials, as the dashboard hands them out. */
export interface VonageApplication {
  /** A UUID; goes into `application_id`. */
  readonly applicationId: string
  /** PKCS#8 PEM, as in the `private.key` file. */
  readonly privateKey: string
}

/** The account that webhooks are signed for. */
export interface VonageAccount {
  /** Eight hex digits; goes into `api_key`. */
  readonly apiKey: string
  readonly signatureSecret: string
}

/** An application as both sides know it. Its keys can be made anew; the ones before are over then. */
export class SandboxApplication {
  readonly applicationId: string = randomUUID()
  #privateKey = ''
  #publicKey = ''

  constructor() {
    this.regenerateKey()
  }

  /** What the sandbox hands out. */
  get credentials(): VonageApplication {
    return { applicationId: this.applicationId, privateKey: this.#privateKey }
  }

  /** What the sandbox verifies with: SPKI PEM. */
  get publicKey(): string {
    return this.#publicKey
  }

  regenerateKey(): VonageApplication {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    this.#privateKey = privateKey
    this.#publicKey = publicKey
    return this.credentials
  }
}

/** Makes a new account. */
export function createAccount(): VonageAccount {
  return {
    apiKey: randomBytes(4).toString('hex'),
    signatureSecret: randomBytes(25).toString('base64url'),
  }
}
