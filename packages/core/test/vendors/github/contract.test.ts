import { importKey, type Key, TokenManager, type TokenSource } from '@mayfly/core'
import { githubApp, githubInstallation } from '@mayfly/core/vendors'
import { type GithubSandbox, startGithubSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'

interface Place {
  readonly sandbox: GithubSandbox
  readonly app: (options?: object) => TokenSource
  readonly bench: Omit<VendorBench, 'source' | 'client'>
}

async function startPlace(clock: FakeClock): Promise<Place> {
  const sandbox = await startGithubSandbox({ clock })
  const { baseUrl, credentials } = sandbox
  const { appId } = credentials
  const secrets = [credentials.privateKey]
  let current: Promise<Key> = importKey(credentials.privateKey, 'RS256')
  return {
    sandbox,
    app: (options = {}) =>
      githubApp({ appId, privateKey: () => current, baseUrl, clock, ...options }),
    bench: {
      setServerClock: (offsetMs) => {
        sandbox.clockOffsetMs = offsetMs
      },
      rotateKey: () => {
        const { privateKey } = sandbox.rotateKey()
        secrets.push(privateKey)
        current = importKey(privateKey, 'RS256')
      },
      revokeTokens: () => sandbox.revokeTokensSeen(),
      secrets,
      [Symbol.asyncDispose]: () => sandbox.close(),
    },
  }
}

async function startApp(clock: FakeClock): Promise<VendorBench> {
  const { sandbox, app, bench } = await startPlace(clock)
  const client = httpClient({ origin: sandbox.origin, clock }, '/app/installations')
  return { ...bench, source: app, client }
}

async function startInstallation(
  clock: FakeClock,
  wrap: (app: TokenSource) => TokenSource,
): Promise<VendorBench> {
  const { sandbox, app, bench } = await startPlace(clock)
  const { origin, installationId } = sandbox
  return {
    ...bench,
    source: (options = {}) =>
      githubInstallation({ app: wrap(app()), installationId, clock, ...options }),
    client: httpClient({ origin, clock }, '/installation/repositories'),
  }
}

testVendorContract({
  vendor: 'githubApp',
  start: startApp,
  badOptions: [
    ['no app', { appId: undefined }, 'appId'],
    ['no key', { privateKey: undefined }, 'privateKey'],
    ['a key that is a number', { privateKey: 1 }, 'privateKey'],
    ['more than ten minutes', { lifetime: 601 }, 'lifetime'],
    ['milliseconds', { lifetime: 600_000_000_000 }, 'lifetime'],
    ['a backdate as long as the lifetime', { backdate: 600 }, 'backdate'],
    ['a claim that replaces GitHub’s', { claims: { iss: 'other' } }, 'claims'],
    ['a base in the clear', { baseUrl: 'http://github.example' }, 'baseUrl'],
  ],
})

const BAD_INSTALLATIONS = [
  ['no app', { app: undefined }, 'app'],
  ['an app that is a name', { app: 'Iv23liabcdefghijklmn' }, 'app'],
  ['no installation', { installationId: undefined }, 'installationId'],
  ['no repository at all', { repositories: [] }, 'repositories'],
  ['a repository with its owner', { repositories: ['octo-org/docs'] }, 'repositories'],
  ['a permission that is none', { permissions: { contents: 'all' } }, 'permissions'],
  ['a base on another server', { baseUrl: 'https://api.github.com' }, 'app'],
  ['a time limit of more than an hour', { timeoutMs: 3_600_001 }, 'timeoutMs'],
] as const

testVendorContract({
  vendor: 'githubInstallation',
  start: (clock) => startInstallation(clock, (app) => app),
  badOptions: BAD_INSTALLATIONS,
})

testVendorContract({
  vendor: 'githubInstallation, of an app whose tokens are kept,',
  start: (clock) => startInstallation(clock, (app) => new TokenManager(app, { clock })),
  badOptions: BAD_INSTALLATIONS,
})
