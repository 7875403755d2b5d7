import { generateKeyPairSync } from 'node:crypto'

/** A service account's private key, as PKCS#8 PEM. Made once per test run. */
export const PRIVATE_KEY: string = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey

/** A key file as Google hands it out. */
export const CREDENTIALS = {
  type: 'service_account',
  project_id: 'mayfly',
  private_key_id: '0123456789abcdef0123456789abcdef01234567',
  private_key: PRIVATE_KEY,
  client_email: 'robot@mayfly.iam.gserviceaccount.com',
  client_id: '100000000000000000001',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  universe_domain: 'googleapis.com',
}
