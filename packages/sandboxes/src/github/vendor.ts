import type { Clock } from '@mayfly/core'
import type { IssuedTokens, TokenRefusal } from '../issued-tokens.ts'
import type { TokenLedger } from '../token-ledger.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { type AppRefusal, githubError, judgeAppToken, refuseApp } from './app-judge.ts'
import type { KnownApp } from './credentials.ts'
import {
  type GithubInstallation,
  type InstallationFault,
  type InstallationGrant,
  judgeInstallation,
} from './installations.ts'

/** Why the GitHub sandbox refused a request. */
export type GithubRefusal = AppRefusal | InstallationFault | TokenRefusal | 'user-agent'

/** What the sandbox keeps between requests. */
export interface GithubState {
  app: KnownApp
  readonly installations: readonly GithubInstallation[]
  /** Stands before every path. */
  readonly basePath: string
  readonly grants: InstallationGrant[]
  readonly suspended: Set<number>
  /** The app's own tokens. */
  readonly appTokens: TokenLedger
  isKeyRevoked: boolean
}

/** Seconds that an installation's token lives. */
const LIFETIME = 3600

/** Answers as GitHub does: as the app below `/app`, as an installation elsewhere. */
export class GithubVendor implements Vendor<GithubRefusal> {
  readonly name = 'github'
  readonly #state: GithubState
  readonly #tokens: IssuedTokens<InstallationGrant>
  readonly #clock: Clock

  constructor(state: GithubState, tokens: IssuedTokens<InstallationGrant>, clock: Clock) {
    this.#state = state
    this.#tokens = tokens
    this.#clock = clock
  }

  displace(token: string): void {
    this.#tokens.ledger.displace(token)
    this.#state.appTokens.displace(token)
  }

  judge(request: SandboxRequest): Verdict<GithubRefusal> {
    const { basePath } = this.#state
    if ((request.header('user-agent') ?? '') === '') {
      const body = 'Request forbidden by administrative rules. Add a User-Agent header.'
      return { reply: { status: 403, body }, refused: 'user-agent' }
    }
    if (!request.path.startsWith(`${basePath}/`)) return { reply: notFound() }
    const path = request.path.slice(basePath.length)
    return /^\/app(?:\/|$)/.test(path)
      ? this.#asApp(request, path)
      : this.#asInstallation(request, path)
  }

  failure(status: number): SandboxReply {
    if (status === 401) return githubError(401, 'Bad credentials')
    if (status === 403 || status === 429) {
      return githubError(status, 'You have exceeded a secondary rate limit.')
    }
    return githubError(status, status >= 500 ? 'Server Error' : 'Bad Request')
  }

  #asApp(request: SandboxRequest, path: string): Verdict<GithubRefusal> {
    const { app, installations } = this.#state
    const fault = this.#judgeApp(request)
    if (fault !== undefined) return { reply: refuseApp(fault), refused: fault }
    const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? []
    if (id !== undefined && request.method === 'POST') return this.#giveToken(request, Number(id))
    if (request.method !== 'GET') return { reply: notFound() }
    if (path === '/app') {
      const { numericId, credentials } = app
      const body = { id: numericId, client_id: credentials.appId, slug: 'mayfly', name: 'Mayfly' }
      return { reply: { status: 200, body } }
    }
    if (path !== '/app/installations') return { reply: notFound() }
    const list = installations.map(({ id: one, account, permissions }) => {
      return { id: one, account: { login: account }, permissions }
    })
    return { reply: { status: 200, body: list } }
  }

  #judgeApp({ bearer }: SandboxRequest): AppRefusal | undefined {
    const { app, isKeyRevoked, appTokens } = this.#state
    const now = Math.floor(this.#clock.now() / 1000)
    return judgeAppToken(bearer, { app, isKeyRevoked, now }) ?? appTokens.use(bearer ?? '')
  }

  #giveToken(request: SandboxRequest, id: number): Verdict<GithubRefusal> {
    const { installations, suspended, grants } = this.#state
    const installation = installations.find((one) => one.id === id)
    const verdict = judgeInstallation(request, installation, suspended.has(id))
    if ('fault' in verdict) return { reply: verdict.reply, refused: verdict.fault }
    const { grant } = verdict
    grants.push(grant)
    const token = this.#tokens.issue(grant, { lifetime: LIFETIME })
    const expires = new Date(this.#clock.now() + LIFETIME * 1000).toISOString()
    const { permissions, repositories, selected } = grant
    const body = {
      token,
      expires_at: expires.replace(/\.\d+Z$/, 'Z'),
      permissions,
      repository_selection: selected ? 'selected' : 'all',
      ...(selected && { repositories }),
    }
    return { reply: { status: 201, body } }
  }

  #asInstallation(request: SandboxRequest, path: string): Verdict<GithubRefusal> {
    const verdict = this.#tokens.judge(tokenOf(request))
    if ('refused' in verdict) {
      const missing = verdict.refused === 'token-missing'
      const reply = githubError(401, missing ? 'Requires authentication' : 'Bad credentials')
      return { reply, refused: verdict.refused }
    }
    if (path !== '/installation/repositories') return { reply: notFound() }
    const { repositories } = verdict.facts
    const body = { total_count: repositories.length, repositories }
    return { reply: { status: 200, body } }
  }
}

/** GitHub takes `token` for `Bearer`, and its own client writes it so. */
function tokenOf(request: SandboxRequest): string | undefined {
  const authorization = request.header('authorization') ?? ''
  return request.bearer ?? /^token +(\S+) *$/i.exec(authorization)?.[1]
}

function notFound(): SandboxReply {
  return githubError(404, 'Not Found')
}
