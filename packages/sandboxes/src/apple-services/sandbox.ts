import { refuseUnknownOptions } from '@mayfly/core/adapter'
import { type AppleKeyCredentials, AppleKeys } from '../apple/keys.ts'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { type LedgerRefusal, TokenLedger } from '../token-ledger.ts'
import type { SandboxReply, SandboxRequest } from '../vendor.ts'
import {
  type AppleServiceFault,
  judgeMusicToken,
  judgeToken,
  type ServiceRule,
  weatherRule,
} from './judge.ts'

/** Why the MusicKit or the WeatherKit sandbox refused a request. */
export type AppleServiceRefusal = AppleServiceFault | LedgerRefusal

/** A MusicKit key and the team that it is of. */
export interface MusicKitCredentials extends AppleKeyCredentials {
  readonly teamId: string
}

/** A WeatherKit key, with the service that it is used for. */
export interface WeatherKitCredentials extends MusicKitCredentials {
  readonly serviceId: string
}

/** Options of {@link startMusicKitSandbox}. */
export interface MusicKitSandboxOptions extends SandboxOptions {
  /** Default `DEF123GHIJ`. */
  readonly teamId?: string
  /** The first key's id. Default: a random one. */
  readonly keyId?: string
}

/** Options of {@link startWeatherKitSandbox}. */
export interface WeatherKitSandboxOptions extends MusicKitSandboxOptions {
  /** Default `com.example.weather`. */
  readonly serviceId?: string
}

/** What a test can do to these sandboxes, beside what every sandbox can. */
export interface AppleServiceControls<Credentials> {
  /** A key that it accepts. */
  readonly credentials: Credentials
  /** Makes one more key that it accepts, as for the exchange of a key. */
  createKey(): Credentials
  /** Ends a key. Default: the first one. */
  revokeKey(keyId?: string): void
  /** Refuses one token from now on, however good it is. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new tokens. */
  refuseFirstUse(count: number): void
}

/** A running sandbox of the Apple Music API. */
export interface MusicKitSandbox
  extends HttpSandbox<AppleServiceRefusal>,
    AppleServiceControls<MusicKitCredentials> {}

/** A running sandbox of WeatherKit. */
export interface WeatherKitSandbox
  extends HttpSandbox<AppleServiceRefusal>,
    AppleServiceControls<WeatherKitCredentials> {}

const TEAM_ID = 'DEF123GHIJ'
const SERVICE_ID = 'com.example.weather'

/** Six months: what Apple takes of a MusicKit token. */
const MUSIC_MAX = 15_777_000

/**
 * Starts a server that judges developer tokens as the Apple Music API does, on a free port of 127.0.0.1.
 *
 * It verifies with `jsonwebtoken`: ES256 with a known `kid`, the team in `iss`, `iat` not in its future,
 * `exp` in its future and at most six months away, no other claims but `origin`, which is held against
 * the `Origin` of a request that has one. It refuses with an empty 401, whatever the fault, and serves
 * `GET /v1/catalog/:storefront/songs/:id`.
 *
 * See https://developer.apple.com/documentation/applemusicapi/generating-developer-tokens
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { musicKit } from '@mayfly/core/vendors'
 * import { startMusicKitSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startMusicKitSandbox()
 * const source = musicKit({ ...sandbox.credentials, origins: [sandbox.origin] })
 * const send = bearerFetch(new TokenManager(source))
 * console.log((await send(`${sandbox.origin}/v1/catalog/us/songs/203709340`)).status) // 200
 * ```
 */
export async function startMusicKitSandbox(
  options: MusicKitSandboxOptions = {},
): Promise<MusicKitSandbox> {
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, 'teamId', 'keyId'], 'startMusicKitSandbox')
  const service: Service<object> = {
    name: 'music-kit',
    own: {},
    rule: judgeMusicToken,
    maxAhead: MUSIC_MAX,
    answer: ({ path }) => {
      const [, id] = /^\/v1\/catalog\/[a-z]{2}\/songs\/(\d+)$/.exec(path) ?? []
      return id === undefined ? undefined : { data: [{ id, type: 'songs' }] }
    },
  }
  return startService(service, options)
}

/**
 * Starts a server that judges tokens as WeatherKit does, on a free port of 127.0.0.1.
 *
 * It verifies with `jsonwebtoken`: ES256 with a known `kid`; team and service, with a dot between, in
 * the header's `id`; the team in `iss` and the service in `sub`; `iat` not in its future and `exp` in
 * it; and no other claim. It refuses with an empty 401, whatever the fault, and serves
 * `GET /api/v1/weather/:language/:latitude/:longitude`.
 *
 * See https://developer.apple.com/documentation/weatherkitrestapi/request_authentication_for_weatherkit_rest_api
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { weatherKit } from '@mayfly/core/vendors'
 * import { startWeatherKitSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startWeatherKitSandbox()
 * const source = weatherKit({ ...sandbox.credentials, origins: [sandbox.origin] })
 * const send = bearerFetch(new TokenManager(source))
 * console.log((await send(`${sandbox.origin}/api/v1/weather/en/48.14/11.58`)).status) // 200
 * ```
 */
export async function startWeatherKitSandbox(
  options: WeatherKitSandboxOptions = {},
): Promise<WeatherKitSandbox> {
  const known = [...SANDBOX_OPTIONS, 'teamId', 'keyId', 'serviceId']
  refuseUnknownOptions(options, known, 'startWeatherKitSandbox')
  const { teamId = TEAM_ID, serviceId = SERVICE_ID } = options
  const service: Service<{ readonly serviceId: string }> = {
    name: 'weather-kit',
    own: { serviceId },
    rule: weatherRule(teamId, serviceId),
    maxAhead: Infinity,
    answer: ({ path }) =>
      /^\/api\/v1\/weather\/[\w-]{2,8}\/-?\d[\d.]*\/-?\d[\d.]*$/.test(path)
        ? { currentWeather: { temperature: 7.5 } }
        : undefined,
  }
  return startService(service, options)
}

interface Service<Own> {
  readonly name: string
  /** What the credentials have beside team and key. */
  readonly own: Own
  readonly rule: ServiceRule
  readonly maxAhead: number
  /** The body of a good request, or `undefined` for a path that there is not. */
  readonly answer: (request: SandboxRequest) => object | undefined
}

async function startService<Own extends object>(
  { name, own, rule, maxAhead, answer }: Service<Own>,
  options: MusicKitSandboxOptions,
): Promise<HttpSandbox<AppleServiceRefusal> & AppleServiceControls<MusicKitCredentials & Own>> {
  const { teamId = TEAM_ID } = options
  const keys = new AppleKeys()
  const ledger = new TokenLedger()
  const sandbox = new HttpSandbox<AppleServiceRefusal>((clock) => {
    return {
      name,
      failure,
      displace: (token) => ledger.displace(token),
      judge(request) {
        const now = Math.floor(clock.now() / 1000)
        const fault = judgeToken(request, { keys, teamId, rule, maxAhead, now })
        const refused = fault ?? ledger.use(request.bearer ?? '')
        if (refused !== undefined) return { reply: failure(401), refused }
        const body = request.method === 'GET' ? answer(request) : undefined
        return { reply: body === undefined ? failure(404) : { status: 200, body } }
      },
    }
  }, options)
  const createKey = (keyId?: string): MusicKitCredentials & Own => ({
    ...keys.create(keyId),
    teamId,
    ...own,
  })
  const credentials = createKey(options.keyId)
  await sandbox.listen()
  return Object.assign(sandbox, {
    credentials,
    createKey: () => createKey(),
    revokeKey: (keyId = credentials.keyId) => keys.revoke(keyId),
    revokeToken: (value: string) => ledger.revoke(value),
    revokeTokensSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
  })
}

/** Apple gives these refusals no body. */
function failure(status: number): SandboxReply {
  return { status, body: '' }
}
