import { googleServiceAccount } from '@mayfly/core/vendors'
import { startGoogleSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'

const SCOPE = 'https://www.googleapis.com/auth/pubsub'

async function start(clock: FakeClock, wanted: (origin: string) => object): Promise<VendorBench> {
  const sandbox = await startGoogleSandbox({ clock })
  const { origin } = sandbox
  const secrets = [sandbox.credentials.private_key]
  // Parsed anew each time, as from a file.
  const credentials = (): string => JSON.stringify(sandbox.credentials)
  const own = { credentials, ...wanted(origin), origins: [origin], clock }
  return {
    source: (options = {}) => googleServiceAccount({ ...own, ...options }),
    client: httpClient({ origin, clock }, '/v1/topics'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      secrets.push(sandbox.rotateKey().private_key)
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'googleServiceAccount',
  start: (clock) => start(clock, () => ({ scope: SCOPE })),
  badOptions: [
    ['no credentials', { credentials: undefined }, 'credentials'],
    ['credentials that are a number', { credentials: 1 }, 'credentials'],
    ['no scope', { scope: undefined }, 'scope'],
    ['a scope with a quote', { scope: 'a"b' }, 'scope'],
    ['a scope and an audience', { audience: 'https://pubsub.googleapis.com/' }, 'audience'],
    ['more than an hour', { lifetime: 3601 }, 'lifetime'],
    ['milliseconds', { lifetime: 3_600_000_000_000 }, 'lifetime'],
    ['a backdate as long as the lifetime', { backdate: 3600 }, 'backdate'],
    ['a claim that replaces Google’s', { claims: { aud: 'other' } }, 'claims'],
    ['a time limit of more than an hour', { timeoutMs: 3_600_001 }, 'timeoutMs'],
  ],
})

testVendorContract({
  vendor: 'googleServiceAccount, self-signed for an audience,',
  start: (clock) => start(clock, (origin) => ({ audience: `${origin}/` })),
  badOptions: [
    ['an exchange for an audience', { selfSigned: false }, 'audience'],
    ['a user to act for', { subject: 'ada@example.com' }, 'subject'],
    ['more than an hour', { lifetime: 3601 }, 'lifetime'],
  ],
})

testVendorContract({
  vendor: 'googleServiceAccount, self-signed for a scope,',
  start: (clock) => start(clock, () => ({ scope: SCOPE, selfSigned: true })),
  badOptions: [['a switch that is a word', { selfSigned: 'yes' }, 'selfSigned']],
})
