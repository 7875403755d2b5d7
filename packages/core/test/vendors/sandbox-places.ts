import type { TokenSource } from '@mayfly/core'
import {
  apns,
  appleClientSecret,
  appStoreConnect,
  appStoreServer,
  clientCredentials,
  githubApp,
  githubInstallation,
  googleServiceAccount,
  musicKit,
  voicegain,
  vonage,
  weatherKit,
  zoomServerToServer,
} from '@mayfly/core/vendors'
import {
  type HttpSandbox,
  startApnsSandbox,
  startAppStoreConnectSandbox,
  startAppStoreServerSandbox,
  startGithubSandbox,
  startGoogleSandbox,
  startMusicKitSandbox,
  startOAuthSandbox,
  startSignInWithAppleSandbox,
  startVoicegainSandbox,
  startVonageSandbox,
  startWeatherKitSandbox,
  startZoomSandbox,
} from '@mayfly/sandboxes'
import { type FakeClock } from '@mayfly/testing'

/** What all sandboxes can. */
interface AnySandbox
  extends Pick<
    HttpSandbox<string>,
    | 'origin'
    | 'latencyMs'
    | 'failNext'
    | 'spoilNext'
    | 'down'
    | 'up'
    | 'onEvent'
    | 'displaceToken'
    | 'refused'
    | 'refusals'
    | 'close'
  > {
  refuseFirstUse(count: number): void
}

/** A sandbox, the source that goes with it, and a client of both. */
export interface Place extends AsyncDisposable {
  readonly sandbox: AnySandbox
  readonly source: TokenSource
  /** Sends a good request with a token. */
  readonly send: (token: string) => Promise<Response>
  /** The status that the vendor refuses a token with. Default 401. */
  readonly refusal?: number
  /** Ends the key, or what tokens are got with. */
  readonly revoke: () => unknown
  /** Where tokens are given, for a vendor that gives them. */
  readonly tokenPath?: string
}

type Start = (clock: FakeClock) => Promise<Place>

/** What all places have in common. */
export function placeOf(
  sandbox: AnySandbox,
  source: TokenSource,
  rest: Omit<Place, 'sandbox' | 'source' | 'send' | keyof AsyncDisposable> & {
    readonly path: string
    readonly init?: (token: string) => RequestInit
  },
): Place {
  const { path, init = bearer, ...more } = rest
  return {
    sandbox,
    source,
    send: (token) => fetch(sandbox.origin + path, init(token)),
    ...more,
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

function bearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } }
}

const SCOPE = 'https://www.googleapis.com/auth/pubsub'

/** A place for each vendor that is called over HTTP. */
export const PLACES: Readonly<Record<string, Start>> = {
  'App Store Connect': async (clock) => {
    const sandbox = await startAppStoreConnectSandbox({ clock })
    const source = appStoreConnect({ ...sandbox.credentials, clock })
    return placeOf(sandbox, source, { path: '/v1/apps', revoke: () => sandbox.revokeKey() })
  },
  'App Store Server API': async (clock) => {
    const sandbox = await startAppStoreServerSandbox({ clock })
    const source = appStoreServer({ ...sandbox.credentials, clock })
    const path = '/inApps/v1/transactions/2000000000000001'
    return placeOf(sandbox, source, { path, revoke: () => sandbox.revokeKey() })
  },
  APNs: async (clock) => {
    const sandbox = await startApnsSandbox({ clock })
    const source = apns({ ...sandbox.credentials, clock })
    const init = (token: string): RequestInit => ({
      method: 'POST',
      headers: { authorization: `bearer ${token}`, 'apns-topic': 'com.example.mayfly' },
      body: '{"aps":{"alert":"hello"}}',
    })
    const path = `/3/device/${'a1'.repeat(32)}`
    const revoke = (): void => sandbox.revokeKey()
    return placeOf(sandbox, source, { path, init, revoke, refusal: 403 })
  },
  'Sign in with Apple': async (clock) => {
    const sandbox = await startSignInWithAppleSandbox({ clock })
    const { clientId } = sandbox.credentials
    const source = appleClientSecret({ ...sandbox.credentials, clock })
    const init = (token: string): RequestInit => ({
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, client_secret: token, token: 'none' }),
    })
    return placeOf(sandbox, source, {
      path: '/auth/revoke',
      init,
      refusal: 400,
      revoke: () => sandbox.revokeKey(),
    })
  },
  MusicKit: async (clock) => {
    const sandbox = await startMusicKitSandbox({ clock })
    const source = musicKit({ ...sandbox.credentials, clock })
    const path = '/v1/catalog/us/songs/1'
    return placeOf(sandbox, source, { path, revoke: () => sandbox.revokeKey() })
  },
  WeatherKit: async (clock) => {
    const sandbox = await startWeatherKitSandbox({ clock })
    const source = weatherKit({ ...sandbox.credentials, clock })
    const path = '/api/v1/weather/en/48.14/11.58'
    return placeOf(sandbox, source, { path, revoke: () => sandbox.revokeKey() })
  },
  Vonage: async (clock) => {
    const sandbox = await startVonageSandbox({ clock })
    const source = vonage({ ...sandbox.credentials, clock })
    return placeOf(sandbox, source, { path: '/v1/calls', revoke: () => sandbox.regenerateKey() })
  },
  Voicegain: async (clock) => {
    const sandbox = await startVoicegainSandbox({ clock, perMinute: 10_000, perHour: 100_000 })
    const source = voicegain({ ...sandbox.credentials, audience: 'localhost:8088', clock })
    return placeOf(sandbox, source, {
      path: '/v1/sa/config',
      tokenPath: '/v1/security/jwt',
      revoke: () => sandbox.regenerate(),
    })
  },
  Zoom: async (clock) => {
    const sandbox = await startZoomSandbox({ clock })
    const { credentials, tokenEndpoint } = sandbox
    const source = zoomServerToServer({ ...credentials, tokenEndpoint, clock })
    const tokenPath = '/oauth/token'
    return placeOf(sandbox, source, {
      path: '/v2/users/me',
      tokenPath,
      revoke: () => sandbox.deactivateApp(),
    })
  },
  GitHub: async (clock) => {
    const sandbox = await startGithubSandbox({ clock })
    const { credentials, baseUrl, installationId } = sandbox
    const app = githubApp({ ...credentials, baseUrl, clock })
    const source = githubInstallation({ app, installationId, clock })
    const path = '/installation/repositories'
    const tokenPath = `/app/installations/${installationId}/access_tokens`
    return placeOf(sandbox, source, { path, tokenPath, revoke: () => sandbox.revokeKey() })
  },
  Google: async (clock) => {
    const sandbox = await startGoogleSandbox({ clock })
    const { credentials } = sandbox
    const source = googleServiceAccount({ credentials, scope: SCOPE, clock })
    return placeOf(sandbox, source, {
      path: '/v1',
      tokenPath: '/token',
      revoke: () => sandbox.revokeKey(),
    })
  },
  OAuth: async (clock) => {
    const sandbox = await startOAuthSandbox({ clock })
    const { credentials, tokenEndpoint } = sandbox
    const source = clientCredentials({ ...credentials, tokenEndpoint, clock })
    const revoke = (): void => sandbox.revokeClient()
    const path = '/orders'
    return placeOf(sandbox, source, { path, tokenPath: '/token', revoke })
  },
}
