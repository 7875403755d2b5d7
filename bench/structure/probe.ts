import { Session } from 'node:inspector/promises'
import { generateKeyPairSync } from 'node:crypto'
import { importKey, TokenVerifier } from '@mayfly/core'
import { SignJWT } from 'jose'

// What a first verification with a JWK set runs through, and what importing a PEM asks of WebCrypto.
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const token = await new SignJWT({ sub: 'alice' })
  .setProtectedHeader({ alg: 'ES256', kid: 'one' })
  .setExpirationTime('1h')
  .sign(privateKey)
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
const keys = { keys: [jwk] } as never
const verifier = new TokenVerifier({ issuer: null, audience: null, keys, algorithms: ['ES256'] })
// What loading has run, and checking options, does not count; reading the keys does.
await session.post('Profiler.takePreciseCoverage')
await verifier.verify(token)
const { result } = await session.post('Profiler.takePreciseCoverage')
const opened = result.filter(
  ({ url, functions }) =>
    url.includes('/packages/core/src/') &&
    functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0),
)

let calls = 0
for (const name of ['importKey', 'exportKey', 'generateKey', 'sign', 'verify', 'digest'] as const) {
  const original = crypto.subtle[name].bind(crypto.subtle) as (...args: unknown[]) => unknown
  Object.defineProperty(crypto.subtle, name, {
    value: (...args: unknown[]) => {
      calls++
      return original(...args)
    },
  })
}
await importKey(privateKey.export({ type: 'pkcs8', format: 'pem' }), 'ES256')
console.log(JSON.stringify({ opened: opened.length, calls }))
