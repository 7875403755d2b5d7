import {
  startAppStoreConnectSandbox,
  startAppStoreServerSandbox,
  startGithubSandbox,
  startGoogleSandbox,
  startOAuthSandbox,
  startSignInWithAppleSandbox,
  startVoicegainSandbox,
  startVonageSandbox,
  startZoomSandbox,
} from '@mayfly/sandboxes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explain, keyFolder } from './support.ts'

/** What is common to the sandboxes, as far as it is needed here. */
interface AnySandbox extends AsyncDisposable {
  readonly origin: string
  clockOffsetMs: number
  down(): void
  up(): void
  failNext(count: number, status: number, options?: { path?: string }): void
}

interface Case {
  readonly vendor: string
  readonly sandbox: AnySandbox
  readonly argv: readonly string[]
  /** Makes the key one that the vendor does not know any more. */
  readonly revoke: () => unknown
  /** The vendor hands tokens out itself. */
  readonly exchanged?: true
  /** The path of the request. */
  readonly path: string
}

const folder = keyFolder()
const cases = new Map<string, Case>()
let id = 0

beforeAll(async () => {
  const key = (text: string): string => folder.write(`key-${(id += 1)}.pem`, text)
  const add = (one: Case): void => void cases.set(one.vendor, one)
  const connect = await startAppStoreConnectSandbox()
  add({
    vendor: 'app-store-connect',
    sandbox: connect,
    argv: [
      '--key-id',
      connect.credentials.keyId,
      '--issuer-id',
      connect.credentials.issuerId,
      '--key',
      key(connect.credentials.privateKey),
      '--origin',
      connect.origin,
    ],
    revoke: () => connect.revokeKey(),
    path: '/v1/apps',
  })
  const server = await startAppStoreServerSandbox()
  add({
    vendor: 'app-store-server',
    sandbox: server,
    argv: [
      '--key-id',
      server.credentials.keyId,
      '--issuer-id',
      server.credentials.issuerId,
      '--bundle-id',
      server.credentials.bundleId,
      '--key',
      key(server.credentials.privateKey),
      '--origin',
      server.origin,
    ],
    revoke: () => server.revokeKey(),
    path: '/inApps/v1/transactions/0',
  })
  const signIn = await startSignInWithAppleSandbox()
  add({
    vendor: 'apple-client-secret',
    sandbox: signIn,
    argv: [
      '--team-id',
      signIn.credentials.teamId,
      '--key-id',
      signIn.credentials.keyId,
      '--client-id',
      signIn.credentials.clientId,
      '--key',
      key(signIn.credentials.privateKey),
      '--origin',
      signIn.origin,
    ],
    revoke: () => signIn.revokeKey(),
    path: '/auth/token',
  })
  const vonage = await startVonageSandbox()
  add({
    vendor: 'vonage',
    sandbox: vonage,
    argv: [
      '--application-id',
      vonage.credentials.applicationId,
      '--key',
      key(vonage.credentials.privateKey),
      '--origin',
      vonage.origin,
    ],
    revoke: () => vonage.regenerateKey(),
    path: '/v1/calls',
  })
  const voicegain = await startVoicegainSandbox()
  add({
    vendor: 'voicegain',
    sandbox: voicegain,
    argv: [
      '--audience',
      'localhost:8088',
      '--secret-file',
      key(voicegain.credentials.consoleToken),
      '--base-url',
      voicegain.origin,
    ],
    revoke: () => voicegain.regenerate(),
    exchanged: true,
    path: '/v1/sa/config',
  })
  const gitHub = await startGithubSandbox()
  const app = [
    '--app-id',
    gitHub.credentials.appId,
    '--key',
    key(gitHub.credentials.privateKey),
    '--base-url',
    gitHub.baseUrl,
  ]
  add({
    vendor: 'github-app',
    sandbox: gitHub,
    argv: app,
    revoke: () => gitHub.revokeKey(),
    path: '/app',
  })
  const zoom = await startZoomSandbox()
  add({
    vendor: 'zoom-server-to-server',
    sandbox: zoom,
    argv: [
      '--account-id',
      zoom.credentials.accountId,
      '--client-id',
      zoom.credentials.clientId,
      '--secret-file',
      key(zoom.credentials.clientSecret),
      '--token-endpoint',
      zoom.tokenEndpoint,
      '--origin',
      zoom.origin,
    ],
    revoke: () => zoom.rotateSecret(),
    exchanged: true,
    path: '/v2/users/me',
  })
  const google = await startGoogleSandbox()
  add({
    vendor: 'google-service-account',
    sandbox: google,
    argv: [
      '--scope',
      'https://www.googleapis.com/auth/pubsub',
      '--key',
      key(JSON.stringify(google.credentials)),
      '--origin',
      google.origin,
      '--url',
      `${google.origin}/storage/v1/b`,
    ],
    revoke: () => google.revokeKey(),
    exchanged: true,
    path: '/storage/v1/b',
  })
  const oauth = await startOAuthSandbox()
  add({
    vendor: 'client-credentials',
    sandbox: oauth,
    argv: [
      '--token-endpoint',
      oauth.tokenEndpoint,
      '--client-id',
      oauth.credentials.clientId,
      '--secret-file',
      key(oauth.credentials.clientSecret),
      '--origin',
      oauth.origin,
      '--url',
      `${oauth.origin}/api`,
    ],
    revoke: () => oauth.rotateSecret(),
    exchanged: true,
    path: '/api',
  })
})
afterAll(async () => {
  for (const { sandbox } of cases.values()) await sandbox[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function caseOf(vendor: string): Case {
  const found = cases.get(vendor)
  if (found === undefined) throw new Error(`There is no sandbox of ${vendor}.`)
  return found
}

const ALL = [
  'app-store-connect',
  'app-store-server',
  'apple-client-secret',
  'vonage',
  'voicegain',
  'github-app',
  'zoom-server-to-server',
  'google-service-account',
  'client-credentials',
]

describe.each(ALL)('mayfly explain %s', (vendor) => {
  it('finds nothing wrong where nothing is', async () => {
    const { argv } = caseOf(vendor)
    const { exitCode, marks, text } = await explain([vendor, ...argv])
    expect(marks).toEqual([
      'key-file:good',
      'key:good',
      'token:good',
      expect.stringMatching(/^rules:(?:good|skipped)$/),
      'request:good',
      'clock:good',
    ])
    expect(exitCode).toBe(0)
    expect(text).not.toContain('eyJ')
  })

  it.each([
    [429, 'rate-limit'],
    [503, 'server-error'],
  ])('knows an answer of %d for what it is', async (status, cause) => {
    const { argv, sandbox, path } = caseOf(vendor)
    sandbox.failNext(1, status, { path })
    const { exitCode, steps } = await explain([vendor, ...argv])
    expect(steps.find(({ id: step }) => step === 'request')).toMatchObject({ mark: 'bad', cause })
    expect(exitCode).toBe(1)
  })

  it('says so where the vendor is out of reach', async () => {
    const { argv, sandbox, exchanged } = caseOf(vendor)
    sandbox.down()
    const { exitCode, steps } = await explain([vendor, ...argv])
    sandbox.up()
    const failed = steps.find(({ mark }) => mark === 'bad')
    expect(failed?.id).toBe(exchanged === true ? 'token' : 'request')
    expect(failed?.advice).toContain('firewall')
    expect(exitCode).toBe(1)
  })

  it('makes no request with --offline', async () => {
    const { argv, sandbox, exchanged } = caseOf(vendor)
    sandbox.down()
    const { exitCode, marks } = await explain([vendor, ...argv, '--offline'])
    sandbox.up()
    expect(marks).toContain(exchanged === true ? 'token:skipped' : 'request:skipped')
    expect(exitCode).toBe(0)
  })

  // Last, as there is no way back.
  it('finds a key that was revoked or replaced', async () => {
    const { argv, revoke, exchanged } = caseOf(vendor)
    revoke()
    const { exitCode, steps, text } = await explain([vendor, ...argv])
    const failed = steps.find(({ mark }) => mark === 'bad')
    expect(failed?.id).toBe(exchanged === true ? 'token' : 'request')
    if (exchanged === undefined) expect(failed?.cause).toBe('key-never-worked')
    expect(exitCode).toBe(1)
    expect(text).not.toContain('eyJ')
  })
})
