import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions, requireNumber } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { IssuedTokens, type TokenRefusal } from '../issued-tokens.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { createCredentials, createSecret, type ZoomCredentials } from './credentials.ts'
import { grantRefusal, judgeZoomGrant, type ZoomGrantFault } from './token-endpoint.ts'

/** Why the Zoom sandbox refused a request. */
export type ZoomRefusal = ZoomGrantFault | TokenRefusal

/** Options of {@link startZoomSandbox}. */
export interface ZoomSandboxOptions extends SandboxOptions {
  /** Seconds that tokens live. Default 3600. */
  readonly expiresIn?: number
  /** A new token ends the one before it. Default `true`: Zoom does that to some apps. */
  readonly oneToken?: boolean
}

/** What a test can do to the Zoom sandbox, beside what every sandbox can. */
export interface ZoomControls {
  /** The app's credentials; others after {@link ZoomControls.rotateSecret}. */
  readonly credentials: ZoomCredentials
  readonly tokenEndpoint: string
  /** Tokens issued so far. */
  readonly issued: number
  /** Gives the app another secret, as somebody would in Zoom's Marketplace, and ends the one before. */
  rotateSecret(): ZoomCredentials
  /** Gives the app no more tokens. Those that it has go on. */
  deactivateApp(): void
  /** Refuses one token from now on. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new tokens. */
  refuseFirstUse(count: number): void
}

/** A running Zoom sandbox. */
export interface ZoomSandbox extends HttpSandbox<ZoomRefusal>, ZoomControls {}

/**
 * Starts a server that gives tokens as Zoom does to server-to-server OAuth apps, with an API that wants
 * them, on a free port of 127.0.0.1.
 *
 * `POST /oauth/token` gives opaque tokens by the grant `account_credentials`, asked for in a form and
 * with Basic credentials; a new token ends the one before it, unless told otherwise. It answers a fault
 * with 400 and a `reason`, as Zoom does. The API has `GET /v2/users/me`, and `GET` and `POST
 * /v2/users/me/meetings`. A token that it does not take, expired or displaced, gets 401 and the code
 * 124; {@link HttpSandbox.refusals} and the events tell the true reason.
 *
 * See https://developers.zoom.us/docs/internal-apps/s2s-oauth/
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { zoomServerToServer } from '@mayfly/core/vendors'
 * import { startZoomSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startZoomSandbox()
 * const { credentials, tokenEndpoint, origin } = sandbox
 * const source = zoomServerToServer({ ...credentials, tokenEndpoint, origins: [origin] })
 * const response = await bearerFetch(new TokenManager(source))(`${origin}/v2/users/me`)
 * console.log(response.status, sandbox.issued) // 200 1
 * ```
 */
export async function startZoomSandbox(options: ZoomSandboxOptions = {}): Promise<ZoomSandbox> {
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, 'expiresIn', 'oneToken'], 'startZoomSandbox')
  const app: App = { credentials: createCredentials(), isDeactivated: false, issued: 0 }
  let tokens: IssuedTokens<string> | undefined
  const sandbox = new HttpSandbox<ZoomRefusal>((clock: Clock) => {
    tokens = new IssuedTokens<string>(clock, 'zoom_')
    return createVendor(options, app, tokens)
  }, options)
  await sandbox.listen()
  const controls = {
    tokenEndpoint: `${sandbox.origin}/oauth/token`,
    rotateSecret: () => {
      app.credentials = { ...app.credentials, clientSecret: createSecret() }
      return app.credentials
    },
    deactivateApp: () => {
      app.isDeactivated = true
    },
    revokeToken: (value: string) => tokens?.ledger.revoke(value),
    revokeTokensSeen: () => tokens?.ledger.revokeSeen(),
    refuseFirstUse: (count: number) => tokens?.ledger.refuseFirstUse(count),
  }
  const live = {
    credentials: { get: () => app.credentials, enumerable: true },
    issued: { get: () => app.issued, enumerable: true },
  }
  return Object.defineProperties(Object.assign(sandbox, controls), live) as ZoomSandbox
}

interface App {
  credentials: ZoomCredentials
  isDeactivated: boolean
  issued: number
}

function createVendor(
  options: ZoomSandboxOptions,
  app: App,
  tokens: IssuedTokens<string>,
): Vendor<ZoomRefusal> {
  const lifetime = requireNumber(options.expiresIn ?? 3600, 'expiresIn', {
    min: 1,
    max: 1_000_000_000,
    integer: true,
    unit: '',
  })
  const { oneToken = true } = options
  const meetings: object[] = []

  function giveToken(request: SandboxRequest): Verdict<ZoomRefusal> {
    const fault = judgeZoomGrant(request, app)
    if (fault !== undefined) return { reply: grantRefusal(fault), refused: fault }
    const { clientId } = app.credentials
    const terms = { lifetime, ...(oneToken && { displaces: clientId }) }
    const value = tokens.issue(clientId, terms)
    app.issued += 1
    const scope = 'meeting:write:admin user:read:admin'
    const body = { access_token: value, token_type: 'bearer', expires_in: lifetime, scope }
    return { reply: { status: 200, headers: { 'cache-control': 'no-store' }, body } }
  }

  function judge(request: SandboxRequest): Verdict<ZoomRefusal> {
    if (request.path === '/oauth/token') return giveToken(request)
    const verdict = tokens.judge(request.bearer)
    if ('refused' in verdict) return { reply: invalidToken(), refused: verdict.refused }
    return { reply: answer(request, meetings) }
  }

  return { name: 'zoom', judge, failure, displace: (token) => tokens.ledger.displace(token) }
}

function answer({ method, path }: SandboxRequest, meetings: object[]): SandboxReply {
  if (method === 'GET' && path === '/v2/users/me') {
    return { status: 200, body: { id: 'u1', email: 'mayfly@example.com', type: 2 } }
  }
  if (path !== '/v2/users/me/meetings' || !['GET', 'POST'].includes(method)) {
    return failed(404, 2300, 'This API endpoint is not recognized.')
  }
  if (method === 'GET') return { status: 200, body: { total_records: meetings.length, meetings } }
  const meeting = { id: 85_746_065_432 + meetings.length, type: 2 }
  meetings.push(meeting)
  return { status: 201, body: meeting }
}

/** Zoom's one answer to a token that it does not take, whatever the reason. */
function invalidToken(): SandboxReply {
  return failed(401, 124, 'Invalid access token.')
}

function failure(status: number): SandboxReply {
  if (status === 401) return invalidToken()
  if (status === 429) return failed(429, 429, 'You have reached the maximum per-second rate limit.')
  return failed(status, status, 'The sandbox was asked to answer so.')
}

function failed(status: number, code: number, message: string): SandboxReply {
  return { status, body: { code, message } }
}
