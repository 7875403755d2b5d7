import { importKey, type Key } from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { type FakeClock, startAppStoreConnectSandbox } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startAppStoreConnectSandbox({ clock })
  const { issuerId } = sandbox.credentials
  let { keyId, privateKey } = sandbox.credentials
  const secrets = [privateKey]
  let current: Promise<Key> = importKey(privateKey, 'ES256', { keyId })
  return {
    source: (options = {}) => {
      const own = { issuerId, privateKey: () => current, origins: [sandbox.origin], clock }
      return appStoreConnect({ ...own, ...options })
    },
    client: httpClient({ origin: sandbox.origin, clock }, '/v1/apps'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      sandbox.revokeKey(keyId)
      ;({ keyId, privateKey } = sandbox.createKey())
      secrets.push(privateKey)
      current = importKey(privateKey, 'ES256', { keyId })
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'appStoreConnect',
  start,
  badOptions: [
    ['no issuer', { issuerId: undefined }, 'issuerId'],
    ['an issuer on an individual key', { individual: true }, 'issuerId'],
    ['no key', { privateKey: undefined }, 'privateKey'],
    ['a key that is a number', { privateKey: 1 }, 'privateKey'],
    ['more than 20 minutes', { lifetime: 1201 }, 'lifetime'],
    ['milliseconds', { lifetime: 1_200_000_000_000 }, 'lifetime'],
    ['a backdate as long as the lifetime', { backdate: 1200 }, 'backdate'],
    ['a claim that replaces Apple’s', { claims: { aud: 'other' } }, 'claims'],
  ],
})
