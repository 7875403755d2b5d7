import type { TokenSource } from '@mayfly/core'
import { musicKit, weatherKit } from '@mayfly/core/vendors'
import {
  type MusicKitSandbox,
  startMusicKitSandbox,
  startWeatherKitSandbox,
  type WeatherKitSandbox,
} from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

function benchOf(
  sandbox: MusicKitSandbox | WeatherKitSandbox,
  clock: FakeClock,
  { path, make }: { path: string; make: (own: never) => TokenSource },
): VendorBench {
  const key = new CurrentKey(sandbox.credentials)
  const { keyId: _keyId, privateKey: _privateKey, ...names } = sandbox.credentials
  const own = { ...names, privateKey: key.give, origins: [sandbox.origin], clock }
  return {
    source: (options = {}) => make({ ...own, ...options } as never),
    client: httpClient({ origin: sandbox.origin, clock }, path),
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
  vendor: 'musicKit',
  start: async (clock) => {
    const sandbox = await startMusicKitSandbox({ clock })
    return benchOf(sandbox, clock, { path: '/v1/catalog/us/songs/203709340', make: musicKit })
  },
  badOptions: [
    ['an origin that is no list', { origin: 'https://example.com' }, 'origin'],
    ['more than six months', { lifetime: 15_777_001 }, 'lifetime'],
  ],
})

testVendorContract({
  vendor: 'weatherKit',
  start: async (clock) => {
    const sandbox = await startWeatherKitSandbox({ clock })
    return benchOf(sandbox, clock, { path: '/api/v1/weather/en/48.14/11.58', make: weatherKit })
  },
  badOptions: [['no service', { serviceId: undefined }, 'serviceId']],
})
