import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { expect, it } from 'vitest'
import { openAccount } from '../lib/account.ts'
import { createAppList } from '../outbound-fetch/main.ts'

it('lists the apps, and uses one token for several calls', async () => {
  await using sandbox = await startAppStoreConnectSandbox()
  const { credentials, origin: upstream } = sandbox
  const listApps = createAppList({ credentials, upstream, close: () => Promise.resolve() })

  const [apps] = [await listApps(), await listApps()]

  expect(apps[0]).toEqual({ name: 'Mayfly', bundleId: 'com.example.mayfly' })
  expect(sandbox.counts).toMatchObject({ accepted: 2, distinctTokens: 1, refused: 0 })
})

it('says what App Store Connect answered when that was no list', async () => {
  await using sandbox = await startAppStoreConnectSandbox()
  sandbox.failNext(1, 503)
  const { credentials, origin: upstream } = sandbox
  const listApps = createAppList({ credentials, upstream, close: () => Promise.resolve() })

  await expect(listApps()).rejects.toThrow('App Store Connect answered 503.')
})

it('opens a sandbox of its own where the environment names no key', async () => {
  const account = await openAccount({})
  try {
    const listApps = createAppList(account)
    expect(await listApps()).toHaveLength(3)
  } finally {
    await account.close()
  }
})

it('names the setting that is missing beside a key id', async () => {
  await expect(openAccount({ APP_STORE_CONNECT_KEY_ID: '2X9R4HXF34' })).rejects.toThrow(
    'Set APP_STORE_CONNECT_ISSUER_ID beside APP_STORE_CONNECT_KEY_ID, or neither for the sandbox.',
  )
})
