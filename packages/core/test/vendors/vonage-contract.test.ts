import { VONAGE_CLIENT_SDK_ACL, vonage } from '@mayfly/core/vendors'
import { startVonageSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from './contract.ts'

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startVonageSandbox({ clock })
  const { applicationId } = sandbox.credentials
  let { privateKey } = sandbox.credentials
  const secrets = [privateKey]
  return {
    source: (options = {}) => {
      const key = (): string => privateKey
      const acl = { paths: { ...VONAGE_CLIENT_SDK_ACL.paths, '/*/calls': {} } }
      const own = { applicationId, privateKey: key, subject: 'alice', acl, clock }
      return vonage({ ...own, origins: [sandbox.origin], ...options })
    },
    client: httpClient({ origin: sandbox.origin, clock }, '/v1/calls'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      ;({ privateKey } = sandbox.regenerateKey())
      secrets.push(privateKey)
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'vonage',
  start,
  badOptions: [
    ['no application', { applicationId: undefined }, 'applicationId'],
    ['no key', { privateKey: undefined }, 'privateKey'],
    ['less than 30 seconds', { lifetime: 29 }, 'lifetime'],
    ['more than a day', { lifetime: 86_401 }, 'lifetime'],
    ['an ACL without paths', { acl: {} }, 'acl'],
  ],
})
