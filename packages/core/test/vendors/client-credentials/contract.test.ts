import { clientCredentials, type ClientCredentialsOptions } from '@mayfly/core/vendors'
import { type OAuthSandbox, startOAuthSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

/** How a client authenticates, and how that is exchanged for something new. */
interface Authentication {
  readonly options: object
  readonly secrets: readonly string[]
  readonly rotate: () => void
}

async function start(
  clock: FakeClock,
  authenticate: (sandbox: OAuthSandbox) => Authentication,
): Promise<VendorBench> {
  // A new token leaves those before it in force: a refusal is never about that here.
  const sandbox = await startOAuthSandbox({ clock, oneTokenPerClient: false })
  const { origin } = sandbox
  const { options: authentication, secrets, rotate } = authenticate(sandbox)
  const own = { ...authentication, scope: 'read', origins: [origin], clock }
  return {
    source: (options = {}) =>
      clientCredentials({ ...own, ...options } as unknown as ClientCredentialsOptions),
    client: httpClient({ origin, clock }, '/orders'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: rotate,
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

function bySecret(sandbox: OAuthSandbox): Authentication {
  const { clientId, clientSecret } = sandbox.credentials
  const secrets = [clientSecret]
  return {
    options: {
      tokenEndpoint: sandbox.tokenEndpoint,
      clientId,
      clientSecret: () => sandbox.credentials.clientSecret,
    },
    secrets,
    rotate: () => {
      secrets.push(sandbox.rotateSecret().clientSecret)
    },
  }
}

function byKey(sandbox: OAuthSandbox): Authentication {
  const { clientId, algorithm } = sandbox.keyCredentials
  const key = new CurrentKey(sandbox.keyCredentials, algorithm)
  return {
    options: { issuer: sandbox.issuer, clientId, privateKey: key.give, algorithm },
    secrets: key.secrets,
    rotate: () => key.exchange(sandbox.rotateKey()),
  }
}

testVendorContract({
  vendor: 'clientCredentials, with a secret,',
  start: (clock) => start(clock, bySecret),
  badOptions: [
    ['no server', { tokenEndpoint: undefined }, 'tokenEndpoint'],
    ['two servers', { issuer: 'https://auth.example.com' }, 'tokenEndpoint'],
    ['a server in the clear', { tokenEndpoint: 'http://auth.example.com/' }, 'tokenEndpoint'],
    ['no client', { clientId: undefined }, 'clientId'],
    ['no secret', { clientSecret: undefined }, 'clientSecret'],
    ['a secret and a key', { privateKey: 'x' }, 'privateKey'],
    ['a way to authenticate that is none', { authentication: 'basic' }, 'authentication'],
    ['a lifetime in milliseconds', { defaultLifetime: 3_600_000_000_000 }, 'defaultLifetime'],
    ['a time limit of more than an hour', { timeoutMs: 3_600_001 }, 'timeoutMs'],
  ],
})

testVendorContract({
  vendor: 'clientCredentials, with private_key_jwt,',
  start: (clock) => start(clock, byKey),
  badOptions: [
    ['no key', { privateKey: undefined }, 'clientSecret'],
    ['a key that is a number', { privateKey: 1 }, 'privateKey'],
    ['an algorithm for secrets', { algorithm: 'HS256' }, 'algorithm'],
    ['a way to send a secret', { authentication: 'client_secret_post' }, 'authentication'],
    ['an assertion of more than an hour', { assertion: { lifetime: 3601 } }, 'lifetime'],
    ['a claim that replaces its own', { assertion: { claims: { aud: 'x' } } }, 'claims'],
    ['an assertion’s unknown option', { assertion: { nonsense: 1 } }, 'nonsense'],
  ],
})
