import { appStoreConnect, type AppStoreConnectOptions } from '@mayfly/core/vendors'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

async function start(clock: FakeClock, kind: 'team' | 'individual'): Promise<VendorBench> {
  const sandbox = await startAppStoreConnectSandbox({ clock })
  const { credentials, individualCredentials } = sandbox
  const ofTeam = kind === 'team'
  const key = new CurrentKey(ofTeam ? credentials : individualCredentials)
  const names = ofTeam ? { issuerId: credentials.issuerId } : { individual: true }
  const own = { ...names, privateKey: key.give, origins: [sandbox.origin], clock }
  return {
    source: (options = {}) => appStoreConnect({ ...own, ...options } as AppStoreConnectOptions),
    client: httpClient({ origin: sandbox.origin, clock }, '/v1/apps'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      sandbox.revokeKey(key.keyId)
      key.exchange(ofTeam ? sandbox.createKey() : sandbox.createIndividualKey())
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets: key.secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'appStoreConnect',
  start: (clock) => start(clock, 'team'),
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

testVendorContract({
  vendor: 'appStoreConnect, with an individual key,',
  start: (clock) => start(clock, 'individual'),
  badOptions: [
    ['a stray issuer', { issuerId: '57246542-96fe-1a63-e053-0824d011072a' }, 'issuerId'],
    ['a switch that is a word', { individual: 'yes' }, 'individual'],
    ['a claim that replaces Apple’s', { claims: { sub: 'other' } }, 'claims'],
    ['an issuer among the claims', { claims: { iss: 'other' } }, 'claims'],
  ],
})
