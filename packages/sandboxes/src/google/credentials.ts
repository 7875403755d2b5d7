import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** A service account's key file, with the sandbox's own token endpoint. */
export interface ServiceAccountCredentials {
  readonly type: 'service_account'
  readonly project_id: string
  readonly private_key_id: string
  /** PKCS#8 PEM. */
  readonly private_key: string
  readonly client_email: string
  readonly client_id: string
  readonly token_uri: string
  readonly universe_domain: 'googleapis.com'
}

/** A service account: what is handed out of it, and what the sandbox verifies with. */
export interface ServiceAccountKeys {
  readonly account: Omit<ServiceAccountCredentials, 'token_uri'>
  /** SPKI PEM. */
  readonly publicKey: string
}

/** Makes a new service account with one key. */
export function createServiceAccount(): ServiceAccountKeys {
  const project = 'mayfly-sandbox'
  const { publicKey, ...key } = createKey()
  return {
    account: {
      type: 'service_account',
      project_id: project,
      ...key,
      client_email: `robot-${randomBytes(4).toString('hex')}@${project}.iam.gserviceaccount.com`,
      client_id: '100000000000000000001',
      universe_domain: 'googleapis.com',
    },
    publicKey,
  }
}

/** Makes another key for the same service account. */
export function replaceKey({ account }: ServiceAccountKeys): ServiceAccountKeys {
  const { publicKey, ...key } = createKey()
  return { account: { ...account, ...key }, publicKey }
}

interface CreatedKey {
  readonly private_key_id: string
  readonly private_key: string
  readonly publicKey: string
}

function createKey(): CreatedKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const private_key_id = randomBytes(20).toString('hex')
  return { private_key_id, private_key: privateKey, publicKey }
}
