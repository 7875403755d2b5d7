import { voicegain } from '@mayfly/core/vendors'
import { startVoicegainSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { httpClient, testVendorContract, type VendorBench } from '../contract.ts'

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startVoicegainSandbox({ clock, perMinute: 10_000, perHour: 100_000 })
  const { consoleToken, baseUrl } = sandbox.credentials
  const secrets = [consoleToken]
  return {
    source: (options = {}) => {
      const current = (): string => secrets.at(-1) ?? ''
      const own = { consoleToken: current, audience: 'localhost:8088', baseUrl, clock }
      return voicegain({ ...own, ...options })
    },
    client: httpClient({ origin: sandbox.origin, clock }, '/v1/sa/config'),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      secrets.push(sandbox.regenerate(secrets.at(-1)))
    },
    revokeTokens: () => sandbox.revokeTokensSeen(),
    secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'voicegain',
  start,
  badOptions: [
    ['no console token', { consoleToken: undefined }, 'consoleToken'],
    ['no audience', { audience: undefined }, 'audience'],
    ['more than an hour', { expiresIn: 3601 }, 'expiresIn'],
    ['a base in the clear', { baseUrl: 'http://api.voicegain.example' }, 'baseUrl'],
    ['a time limit of more than an hour', { timeoutMs: 3_600_001 }, 'timeoutMs'],
  ],
})
