import { LearnedClock, type TokenSource } from '@mayfly/core'
import { appleClientSecret } from '@mayfly/core/vendors'
import { type SignInWithAppleSandbox, startSignInWithAppleSandbox } from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'
import { testVendorContract, type VendorBench } from '../contract.ts'
import { CurrentKey } from '../current-key.ts'

/** Sends the secret in a form, learns the time from the answer, and tries once more after a refusal. */
function formClient(
  { origin, credentials }: SignInWithAppleSandbox,
  local: FakeClock,
): VendorBench['client'] {
  return (source: TokenSource) => {
    const clock = new LearnedClock(local)
    const post = async (): Promise<number> => {
      const secret = await source.getToken({ clock })
      const form = { client_id: credentials.clientId, client_secret: secret.value, token: 'none' }
      const sentAt = local.now()
      const init = { method: 'POST', body: new URLSearchParams(form) }
      const { status, headers } = await fetch(`${origin}/auth/revoke`, init)
      clock.learn({ date: headers.get('date'), sentAt, receivedAt: local.now() })
      if (status === 400) source.invalidate?.(secret)
      return status
    }
    return async () => {
      const status = await post()
      return status === 400 ? post() : status
    }
  }
}

async function start(clock: FakeClock): Promise<VendorBench> {
  const sandbox = await startSignInWithAppleSandbox({ clock })
  const { teamId, clientId } = sandbox.credentials
  const key = new CurrentKey(sandbox.credentials)
  const own = { teamId, clientId, privateKey: key.give, clock }
  return {
    source: (options = {}) => appleClientSecret({ ...own, ...options }),
    client: formClient(sandbox, clock),
    setServerClock: (offsetMs) => {
      sandbox.clockOffsetMs = offsetMs
    },
    rotateKey: () => {
      sandbox.revokeKey(key.keyId)
      key.exchange(sandbox.createKey())
    },
    revokeTokens: () => sandbox.revokeSecretsSeen(),
    secrets: key.secrets,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

testVendorContract({
  vendor: 'appleClientSecret',
  start,
  badOptions: [
    ['no client', { clientId: undefined }, 'clientId'],
    ['more than six months', { lifetime: 15_777_001 }, 'lifetime'],
  ],
})
