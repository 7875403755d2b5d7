import { apns } from '@mayfly/core/vendors'
import { startApnsSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

const NOTIFICATION = {
  method: 'POST',
  headers: { 'apns-topic': 'com.example.mayfly' },
  body: '{"aps":{"alert":"hello"}}',
}

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startApnsSandbox({ clock })
  const { teamId } = sandbox.credentials
  const key = new CurrentKey(sandbox.credentials)
  const own = { teamId, privateKey: key.give, origins: [sandbox.origin], clock }
  return {
    source: (options = {}) => apns({ ...own, ...options }),
    client: httpClient(
      { origin: sandbox.origin, clock },
      `/3/device/${'a1'.repeat(32)}`,
      NOTIFICATION,
    ),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    // A team has two keys at a time: the older one is ended once nobody uses it any more.
    rotateKey: () => key.exchange(sandbox.createKey()),
    secrets: key.secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

// APNs tells no time, so that nothing can be learned; nor may a token be replaced for 20 minutes.
testVendorContract({
  vendor: 'apns',
  start,
  badOptions: [
    ['no team', { teamId: undefined }, 'teamId'],
    ['further claims', { claims: { aud: 'x' } }, 'claims'],
    ['a backdate that leaves no time', { backdate: 1800 }, 'backdate'],
  ],
  without: ['revokeTokens'],
})
