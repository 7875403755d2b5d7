import { zoomServerToServer } from '@mayfly/core/vendors'
import { startZoomSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startZoomSandbox({ clock, oneToken: false })
  const { tokenEndpoint, origin } = sandbox
  const { accountId, clientId } = sandbox.credentials
  const secrets = [sandbox.credentials.clientSecret]
  return {
    source: (options = {}) => {
      const clientSecret = () => sandbox.credentials.clientSecret
      const own = { accountId, clientId, clientSecret, tokenEndpoint, origins: [origin], clock }
      return zoomServerToServer({ ...own, ...options })
    },
    client: httpClient({ origin, clock }, '/v2/users/me'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      secrets.push(sandbox.rotateSecret().clientSecret)
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'zoomServerToServer',
  start,
  badOptions: [
    ['no account', { accountId: undefined }, 'accountId'],
    ['no client', { clientId: undefined }, 'clientId'],
    ['no secret', { clientSecret: undefined }, 'clientSecret'],
    ['a time limit of more than an hour', { timeoutMs: 3_600_001 }, 'timeoutMs'],
  ],
})
