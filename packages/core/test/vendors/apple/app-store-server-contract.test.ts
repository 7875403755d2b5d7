import { appStoreServer } from '@mayfly/core/vendors'
import { startAppStoreServerSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startAppStoreServerSandbox({ clock })
  const { issuerId, bundleId } = sandbox.credentials
  const key = new CurrentKey(sandbox.credentials)
  const own = { issuerId, bundleId, privateKey: key.give, origins: [sandbox.origin], clock }
  return {
    source: (options = {}) => appStoreServer({ ...own, ...options }),
    client: httpClient(
      { origin: sandbox.origin, clock },
      '/inApps/v1/transactions/2000000000000001',
    ),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      sandbox.revokeKey(key.keyId)
      key.exchange(sandbox.createKey())
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets: key.secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'appStoreServer',
  start,
  badOptions: [
    ['no bundle', { bundleId: undefined }, 'bundleId'],
    ['more than an hour', { lifetime: 3601 }, 'lifetime'],
  ],
})
