import { requireIdentifier } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { exchangedSource } from '../outbound/sources/exchanged-source.ts'
import { sharedId } from '../outbound/sources/signed-source-id.ts'
import { compileDestinations } from '../http/destination.ts'
import { requireEndpoint } from '../http/endpoint.ts'
import { requireSource } from '../outbound/manager/options.ts'
import type { TokenSource } from '../outbound/token.ts'
import { readGitHubRefusal, readInstallationToken } from './github-installation/answer.ts'
import {
  compilePermissions,
  compileRepositories,
  type GithubAccess,
} from './github-installation/restrictions.ts'

/** Options of {@link githubInstallation}. */
export interface GithubInstallationOptions {
  /** The app's own tokens: `githubApp(…)`, or a `TokenManager` of that. */
  readonly app: TokenSource
  /** The installation, as `GET /app/installations` or a webhook names it. */
  readonly installationId: number | string
  /**
   * The only repositories that the token is for, at most 500: their names without the owner, or their
   * ids. Default: all that the installation has.
   */
  readonly repositories?: readonly (string | number)[]
  /** What the token may do, such as `{ contents: 'read' }`. Default: all that the installation may. */
  readonly permissions?: Readonly<Record<string, GithubAccess>>
  /**
   * Where GitHub's API is. Default: the first of the app's origins; for a server of your own
   * `https://HOST/api/v3`.
   */
  readonly baseUrl?: string
  /** Where the tokens may go. Default: the origin of `baseUrl`. */
  readonly origins?: readonly string[]
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  /** How long an exchange may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** GitHub's replicas hear of a new token within some seconds; Octokit waits for as long. */
const PROPAGATION_DELAY = 5

const OPTIONS = [
  'app',
  'installationId',
  'repositories',
  'permissions',
  'baseUrl',
  'origins',
  'fetch',
  'timeoutMs',
  'clock',
] as const

/**
 * Gets the tokens that a GitHub App acts with where it is installed. They live for an hour. A source
 * asks at every call: wrap it in a `TokenManager`.
 *
 * GitHub may answer 401 to a token for some seconds after it gave it. For five seconds such a 401 says
 * nothing about the token: `bearerFetch` sends the same one again, after one second, two and three.
 * With another client do the same: mint no other token, it would be as new.
 *
 * When GitHub refuses the app's own token because the local clock is wrong, it is signed once more by
 * GitHub's time.
 *
 * See "Create an installation access token for an app" in GitHub's REST documentation.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * `getToken` rejects with a `SourceError`: `ERR_MINT_REFUSED`, `permanent` for an app, an installation,
 * a repository or a permission that is not there, and not for a rate limit; `ERR_MINT_FAILED`,
 * `ERR_MINT_TIMEOUT` or `ERR_TOKEN_UNUSABLE`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { githubApp, githubInstallation } from '@mayfly/core/vendors'
 *
 * export function asInstallation(privateKey: string, installationId: number): typeof fetch {
 *   const app = githubApp({ appId: 'Iv23liabcdefghijklmn', privateKey })
 *   const permissions = { contents: 'read' } as const
 *   return bearerFetch(new TokenManager(githubInstallation({ app, installationId, permissions })))
 * }
 * ```
 */
export function githubInstallation(options: GithubInstallationOptions): TokenSource {
  requireOptions(options, 'githubInstallation')
  refuseUnknownOptions(options, OPTIONS, 'githubInstallation')
  const { app, fetch, timeoutMs, clock } = options
  requireSource(app, 'githubInstallation', { option: 'app', maker: 'githubApp()' })
  const base = requireEndpoint(options.baseUrl ?? app.origins[0], 'baseUrl')
  if (!compileDestinations(app.origins, 'app').has(base.origin)) {
    throw invalid(
      'app',
      `"app" makes tokens for ${app.origins.join(', ') || 'no server'}, but this installation is on ${base.origin}. Give both the same "baseUrl".`,
    )
  }
  const installationId = requireInstallationId(options.installationId)
  const body = {
    ...compileRepositories(options.repositories),
    ...compilePermissions(options.permissions),
  }
  const origins = options.origins ?? [base.origin]
  const path = `${base.pathname.replace(/\/$/, '')}/app/installations/${installationId}/access_tokens`
  const url = new URL(path, base)

  return exchangedSource({
    id: sharedId('github-installation', [app.id, url.href, body, origins]),
    origins,
    lifetime: 3600,
    propagationDelay: PROPAGATION_DELAY,
    fetch,
    timeoutMs,
    clock,
    dated: true,
    credential: app.credential?.bind(app),
    read: readInstallationToken,
    refuse: readGitHubRefusal,
    async request({ clock: serverClock, signal }) {
      const asked = { clock: serverClock, ...(signal !== undefined && { signal }) }
      const jwt = await app.getToken(asked)
      return {
        url,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${jwt.value}`,
          'content-type': 'application/json',
          'user-agent': 'mayfly',
          'x-github-api-version': '2022-11-28',
        },
        body: JSON.stringify(body),
        // A plain `githubApp` would only sign the like once more: it keeps no token.
        ...(app.confirm !== undefined && { rejected: () => app.invalidate?.(jwt) }),
      }
    },
  })
}

function requireInstallationId(value: unknown): string {
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value) && value > 0
  if (isWhole || (typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value))) return String(value)
  if (typeof value === 'string') requireIdentifier(value, 'installationId')
  throw invalid('installationId', '"installationId" must be a number such as 12345678.')
}
