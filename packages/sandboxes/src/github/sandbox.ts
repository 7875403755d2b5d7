import { requireNumber, refuseUnknownOptions } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { IssuedTokens } from '../issued-tokens.ts'
import { TokenLedger } from '../token-ledger.ts'
import { createApp, type GithubAppCredentials, replaceKey } from './credentials.ts'
import { type GithubInstallation, INSTALLATION, type InstallationGrant } from './installations.ts'
import { type GithubRefusal, type GithubState, GithubVendor } from './vendor.ts'

/** Options of {@link startGithubSandbox}. */
export interface GithubSandboxOptions extends SandboxOptions {
  /** Where the app is installed. Default: one organisation with two repositories. */
  readonly installations?: readonly GithubInstallation[]
  /**
   * Milliseconds, by its own clock, for which it answers 401 to a new installation token, as GitHub is
   * known to do. Default 0.
   */
  readonly settleMs?: number
  /** A path before all others, such as `/api/v3` of a server of one's own. Default: none. */
  readonly basePath?: string
}

/** What a test can do to the GitHub sandbox, beside what every sandbox can. */
export interface GithubControls {
  /** The app's client id and private key: another one after {@link GithubControls.rotateKey}. */
  readonly credentials: GithubAppCredentials
  /** The app's other name: its app id. */
  readonly numericAppId: number
  /** The first installation's id. */
  readonly installationId: number
  /** Where its API is: the origin and the base path. */
  readonly baseUrl: string
  /** What installation tokens were given for so far. */
  readonly grants: readonly InstallationGrant[]
  /** Gives the app another key, and ends the one before. Installation tokens go on. */
  rotateKey(): GithubAppCredentials
  /** Ends the app's key. Installation tokens go on. */
  revokeKey(): void
  /** Suspends an installation: no new tokens. Default: the first one. */
  suspend(installationId?: number): void
  /** Refuses one token from now on. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far, the app's own included. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new installation tokens. */
  refuseFirstUse(count: number): void
}

/** A running GitHub sandbox. */
export interface GithubSandbox extends HttpSandbox<GithubRefusal>, GithubControls {}

/**
 * Starts GitHub's endpoints for apps, with repositories behind them, on a free port of 127.0.0.1.
 *
 * `GET /app`, `GET /app/installations` and `POST /app/installations/:id/access_tokens` want the app's
 * own token, which is verified with `jsonwebtoken`: RS256, `iss` the client id or the app id, `iat` not
 * in its future, `exp` within 600 seconds of its own clock. As GitHub's, its 401 names `exp` or `iat`
 * when the clock is wrong. `GET /installation/repositories` wants an installation token. A request
 * without a `User-Agent` is refused.
 *
 * See https://docs.github.com/en/rest/apps/apps
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { githubApp, githubInstallation } from '@mayfly/core/vendors'
 * import { startGithubSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startGithubSandbox()
 * const { baseUrl, credentials, installationId } = sandbox
 * const app = githubApp({ ...credentials, baseUrl })
 * const source = githubInstallation({ app, installationId })
 * const send = bearerFetch(new TokenManager(source))
 * const response = await send(`${baseUrl}/installation/repositories`)
 * console.log(response.status, sandbox.grants.length) // 200 1
 * ```
 */
export async function startGithubSandbox(
  options: GithubSandboxOptions = {},
): Promise<GithubSandbox> {
  const own = ['installations', 'settleMs', 'basePath']
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, ...own], 'startGithubSandbox')
  const { installations = [INSTALLATION], basePath = '' } = options
  const state: GithubState = {
    app: createApp(),
    installations,
    basePath,
    grants: [],
    suspended: new Set(),
    appTokens: new TokenLedger(),
    isKeyRevoked: false,
  }
  let tokens: IssuedTokens<InstallationGrant> | undefined
  const sandbox = new HttpSandbox<GithubRefusal>((clock) => {
    tokens = new IssuedTokens<InstallationGrant>(clock, 'ghs_')
    tokens.settleMs = requireNumber(options.settleMs ?? 0, 'settleMs', { unit: 'milliseconds' })
    return new GithubVendor(state, tokens, clock)
  }, options)
  await sandbox.listen()
  const installationId = installations[0]?.id ?? 0
  const controls: Omit<GithubControls, 'credentials'> = {
    numericAppId: state.app.numericId,
    installationId,
    baseUrl: `${sandbox.origin}${basePath}`,
    grants: state.grants,
    rotateKey: () => {
      state.app = replaceKey(state.app)
      state.isKeyRevoked = false
      return state.app.credentials
    },
    revokeKey: () => {
      state.isKeyRevoked = true
    },
    suspend: (id: number = installationId) => void state.suspended.add(id),
    revokeToken: (value: string) => tokens?.ledger.revoke(value),
    revokeTokensSeen: () => {
      tokens?.ledger.revokeSeen()
      state.appTokens.revokeSeen()
    },
    refuseFirstUse: (count: number) => tokens?.ledger.refuseFirstUse(count),
  }
  const live = { credentials: { get: () => state.app.credentials, enumerable: true } }
  return Object.defineProperties(Object.assign(sandbox, controls), live) as GithubSandbox
}
