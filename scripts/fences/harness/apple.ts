import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import {
  startApnsSandbox,
  startAppStoreServerSandbox,
  startSignInWithAppleSandbox,
} from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'

/** Takes the place of the App Store Server API, APNs and Sign in with Apple; the fence calls one of them. */
export const harness: Harness = async ({ load, route, urls }) => {
  await using appStore = await startAppStoreServerSandbox({ transactionIds: ['2000000123456789'] })
  await using push = await startApnsSandbox()
  await using signIn = await startSignInWithAppleSandbox()
  await writeFile('SubscriptionKey.p8', appStore.credentials.privateKey)
  await writeFile('PushKey.p8', push.credentials.privateKey)
  await writeFile('SignInKey.p8', signIn.credentials.privateKey)
  Object.assign(process.env, {
    APP_STORE_ISSUER_ID: appStore.credentials.issuerId,
    APP_STORE_BUNDLE_ID: appStore.credentials.bundleId,
    APP_STORE_KEY_ID: appStore.credentials.keyId,
    PUSH_TEAM_ID: push.credentials.teamId,
    PUSH_KEY_ID: push.credentials.keyId,
    SIGN_IN_TEAM_ID: signIn.credentials.teamId,
    SIGN_IN_KEY_ID: signIn.credentials.keyId,
    SIGN_IN_CLIENT_ID: signIn.credentials.clientId,
    SIGN_IN_CODE: signIn.createCode(),
  })
  route('https://api.storekit.apple.com', appStore.origin)
  route('https://api.sandbox.push.apple.com', push.origin)
  route('https://appleid.apple.com', signIn.origin)
  await load()
  await urls()
  const sandboxes = [appStore, push, signIn]
  assert.deepEqual(
    sandboxes.map(({ refusals }) => refusals),
    [{}, {}, {}],
  )
  assert.ok(
    sandboxes.some(({ accepted }) => accepted > 0),
    'No good token arrived.',
  )
}
