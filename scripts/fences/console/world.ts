import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GrantManager } from '@mayfly/core/grants'
import { startAppStoreConnectSandbox, startZoomSandbox } from '@mayfly/sandboxes'
import { SqliteGrantStore } from '@mayfly/service/grants'
import { freePort } from '../../servers/process.ts'
import type { World } from './session.ts'

/** The ports that the documentation's servers listen on. */
const PORTS = [4810, 4811, 8443]

/** A {@link World} whose servers run until it is disposed of. */
export interface RunningSetting extends World, AsyncDisposable {}

/** Prepares what the examples of the documentation speak of. */
export async function prepareSetting(): Promise<RunningSetting> {
  const appStore = await startAppStoreConnectSandbox({
    keyId: '2X9R4HXF34',
    issuerId: '57246542-96fe-1a63-e053-0824d011072a',
  })
  const zoom = await startZoomSandbox()
  const ports: Record<string, number> = {}
  for (const port of PORTS) ports[port] = await freePort()
  const grants = await connectedShop()
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = { format: 'pem' } as const
  return {
    env: {
      ZOOM_SECRET: 'what-the-marketplace-shows-as-the-secret',
      ZOOM_ACCOUNT: zoom.credentials.accountId,
      ZOOM_CLIENT: zoom.credentials.clientId,
      ZOOM_CLIENT_SECRET: zoom.credentials.clientSecret,
      TELESIGN_API_KEY: Buffer.alloc(64, 7).toString('base64'),
    },
    files: {
      'grants.db': grants,
      'sealing.keys': `${SEALING_KEY}\n`,
      'telesign.key': `${Buffer.alloc(64, 7).toString('base64')}\n`,
      'AuthKey_2X9R4HXF34.p8': appStore.credentials.privateKey,
      'private.pem': signing.privateKey.export({ type: 'pkcs8', ...pem }).toString(),
      'public.pem': signing.publicKey.export({ type: 'spki', ...pem }).toString(),
    },
    routes: {
      'https://api.appstoreconnect.apple.com': appStore.origin,
      'https://zoom.us': zoom.origin,
      'https://api.zoom.us': zoom.origin,
      ...Object.fromEntries(
        Object.entries(ports).map(([port, used]) => [
          `http://127.0.0.1:${port}`,
          `http://127.0.0.1:${used}`,
        ]),
      ),
    },
    ports,
    async [Symbol.asyncDispose]() {
      await appStore[Symbol.asyncDispose]()
      await zoom[Symbol.asyncDispose]()
    },
  }
}

const SEALING_KEY = Buffer.alloc(32, 5).toString('base64url')

/** A SQLite file with the grant of one shop. */
async function connectedShop(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-grants-'))
  const file = join(folder, 'grants.db')
  try {
    const store = new SqliteGrantStore(file)
    const client = { clientId: 'app' }
    const grants = new GrantManager({ store, sealing: [SEALING_KEY], client })
    const response = { access_token: 'access', refresh_token: 'refresh', expires_in: 3600 }
    await grants.save('shop-1', response, { origins: ['https://shop-1.example'] })
    store[Symbol.dispose]()
    return readFileSync(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
