import { bearerFetch, importKey, TokenManager, type TokenStore } from '@mayfly/core'
import { apns } from '@mayfly/core/vendors'
import type { ApnsSandbox } from '@mayfly/sandboxes'
import type { FakeClock } from '@mayfly/testing'

/** A program that pushes, with a key that a callback gives and an operator replaces. */
export function apnsPusher(
  sandbox: ApnsSandbox,
  clock: FakeClock,
  store?: TokenStore,
  key: { current: { readonly keyId: string; readonly privateKey: string } } = {
    current: sandbox.credentials,
  },
) {
  const source = apns({
    teamId: sandbox.credentials.teamId,
    privateKey: async () => {
      const { keyId, privateKey } = key.current
      return importKey(privateKey, 'ES256', { use: 'sign', keyId })
    },
    origins: [sandbox.origin],
    clock,
  })
  const fetch = bearerFetch(new TokenManager(source, { clock, ...(store && { store }) }), { clock })
  const url = `${sandbox.origin}/3/device/${'a1'.repeat(32)}`
  const headers = { 'apns-topic': 'com.example.mayfly' }
  return {
    push: () => fetch(url, { method: 'POST', headers, body: '{"aps":{}}' }),
    replaceKey: () => {
      key.current = sandbox.createKey()
    },
  }
}
