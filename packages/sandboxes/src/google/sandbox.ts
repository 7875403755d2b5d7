import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { IssuedTokens, type TokenRefusal } from '../issued-tokens.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import {
  createServiceAccount,
  replaceKey,
  type ServiceAccountCredentials,
  type ServiceAccountKeys,
} from './credentials.ts'
import {
  apiError,
  type GoogleClaims,
  type GoogleJwtFault,
  judgeGoogleJwt,
  refuseAssertion,
  tokenError,
} from './judge.ts'

/** Why the Google sandbox refused a request. */
export type GoogleRefusal = GoogleJwtFault | TokenRefusal | 'grant-type'

/** Options of {@link startGoogleSandbox}. */
export interface GoogleSandboxOptions extends SandboxOptions {
  /** The users that the account may act for, by domain-wide delegation. Default: none. */
  readonly delegates?: readonly string[]
}

/** What an access token was given for. */
export interface GoogleGrant {
  readonly email: string
  readonly scope: string
  /** The user that it acts for. */
  readonly subject: string | undefined
}

/** What a test can do to the Google sandbox, beside what every sandbox can. */
export interface GoogleControls {
  /**
   * The key file of a service account, another one after {@link GoogleControls.rotateKey}. Its
   * `token_uri` is the sandbox's own.
   */
  readonly credentials: ServiceAccountCredentials
  /** What access tokens were given for so far. */
  readonly grants: readonly GoogleGrant[]
  /** Gives the account another key, and ends the one before. Tokens that were given go on. */
  rotateKey(): ServiceAccountCredentials
  /** Ends the account's key, as somebody would in the console. Tokens that were given go on. */
  revokeKey(): void
  /** Refuses one token from now on. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new tokens. */
  refuseFirstUse(count: number): void
}

/** A running Google sandbox. */
export interface GoogleSandbox extends HttpSandbox<GoogleRefusal>, GoogleControls {}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Google says 3599 of what lasts an hour. */
const LIFETIME = 3599

/**
 * Starts Google's token endpoint for service accounts with an API behind it, on a free port of
 * 127.0.0.1.
 *
 * `POST /token` exchanges an assertion that is verified with `jsonwebtoken`: RS256, `iss` the account,
 * `aud` the endpoint, `scope` one that begins as Google's do, `iat` not in its future, an hour at the
 * most, and `sub` only for the users of `delegates`. Every other path is an API that takes such access
 * tokens, and self-signed ones whose `aud` is the sandbox's own origin or that have a scope.
 *
 * See https://developers.google.com/identity/protocols/oauth2/service-account
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { googleServiceAccount } from '@mayfly/core/vendors'
 * import { startGoogleSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startGoogleSandbox()
 * const source = googleServiceAccount({
 *   credentials: sandbox.credentials,
 *   scope: 'https://www.googleapis.com/auth/pubsub',
 *   origins: [sandbox.origin],
 * })
 * const response = await bearerFetch(new TokenManager(source))(`${sandbox.origin}/v1/topics`)
 * console.log(response.status) // 200
 * ```
 */
export async function startGoogleSandbox(
  options: GoogleSandboxOptions = {},
): Promise<GoogleSandbox> {
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, 'delegates'], 'startGoogleSandbox')
  const state: State = {
    keys: createServiceAccount(),
    delegates: [...(options.delegates ?? [])],
    grants: [],
    isKeyRevoked: false,
    origin: () => sandbox.origin,
  }
  let tokens: IssuedTokens<GoogleGrant> | undefined
  const sandbox: HttpSandbox<GoogleRefusal> = new HttpSandbox<GoogleRefusal>((clock) => {
    tokens = new IssuedTokens<GoogleGrant>(clock, 'ya29.')
    return createVendor(state, tokens, clock)
  }, options)
  await sandbox.listen()
  const controls: Omit<GoogleControls, 'credentials'> = {
    grants: state.grants,
    rotateKey: () => {
      state.keys = replaceKey(state.keys)
      state.isKeyRevoked = false
      return keyFile(state, sandbox)
    },
    revokeKey: () => {
      state.isKeyRevoked = true
    },
    revokeToken: (value: string) => tokens?.ledger.revoke(value),
    revokeTokensSeen: () => tokens?.ledger.revokeSeen(),
    refuseFirstUse: (count: number) => tokens?.ledger.refuseFirstUse(count),
  }
  const live = { credentials: { get: () => keyFile(state, sandbox), enumerable: true } }
  return Object.defineProperties(Object.assign(sandbox, controls), live) as GoogleSandbox
}

function keyFile(
  { keys }: State,
  { origin }: { readonly origin: string },
): ServiceAccountCredentials {
  return { ...keys.account, token_uri: `${origin}/token` }
}

interface State {
  keys: ServiceAccountKeys
  readonly delegates: readonly string[]
  readonly grants: GoogleGrant[]
  readonly origin: () => string
  isKeyRevoked: boolean
}

function createVendor(
  state: State,
  tokens: IssuedTokens<GoogleGrant>,
  clock: Clock,
): Vendor<GoogleRefusal> {
  const judgeJwt = (token: string): ReturnType<typeof judgeGoogleJwt> =>
    judgeGoogleJwt(token, {
      keys: state.keys,
      isKeyRevoked: state.isKeyRevoked,
      now: Math.floor(clock.now() / 1000),
    })

  function giveToken(request: SandboxRequest): Verdict<GoogleRefusal> {
    const form = new URLSearchParams(Buffer.from(request.body).toString('utf8'))
    const grantType = form.get('grant_type') ?? ''
    if (request.method !== 'POST' || grantType !== GRANT_TYPE) {
      const reply = tokenError(400, 'unsupported_grant_type', 'Invalid grant_type')
      return { reply, refused: 'grant-type' }
    }
    const tokenUri = `${state.origin()}/token`
    const refuse = (fault: GoogleJwtFault): Verdict<GoogleRefusal> => ({
      reply: refuseAssertion(fault, tokenUri),
      refused: fault,
    })
    const verdict = judgeJwt(form.get('assertion') ?? '')
    if ('fault' in verdict) return refuse(verdict.fault)
    const fault = judgeRequest(verdict.claims, { tokenUri, delegates: state.delegates })
    if (fault !== undefined) return refuse(fault)
    const { email, scope = '', subject } = verdict.claims
    const grant = { email, scope, subject }
    state.grants.push(grant)
    const value = tokens.issue(grant, { lifetime: LIFETIME })
    const body = { access_token: value, expires_in: LIFETIME, token_type: 'Bearer' }
    return { reply: { status: 200, body } }
  }

  function judge(request: SandboxRequest): Verdict<GoogleRefusal> {
    if (request.path === '/token') return giveToken(request)
    const { bearer } = request
    const isJwt = bearer?.startsWith('eyJ') ?? false
    const refused = isJwt ? judgeSelfSigned(bearer ?? '') : refusalOf(tokens.judge(bearer))
    if (refused !== undefined) return { reply: unauthenticated(), refused }
    return { reply: { status: 200, body: { kind: 'sandbox#answer', path: request.path } } }
  }

  function judgeSelfSigned(token: string): GoogleRefusal | undefined {
    const verdict = judgeJwt(token)
    if ('fault' in verdict) return verdict.fault
    const { audience, scope, subject, email } = verdict.claims
    if (subject !== email) return 'jwt-subject'
    const wanted = scope === undefined ? `${state.origin()}/` : undefined
    return audience === wanted ? tokens.ledger.use(token) : 'jwt-audience'
  }

  return { name: 'google', judge, failure, displace: (token) => tokens.ledger.displace(token) }
}

function judgeRequest(
  claims: GoogleClaims,
  { tokenUri, delegates }: { readonly tokenUri: string; readonly delegates: readonly string[] },
): GoogleJwtFault | undefined {
  const { audience, scope, subject, email } = claims
  if (audience !== tokenUri) return 'jwt-audience'
  const scopes = scope?.split(' ') ?? []
  const known = scopes.every((one) => one.startsWith('https://www.googleapis.com/auth/'))
  if (scopes.length === 0 || !known) return 'jwt-scope'
  const acts = subject !== undefined && subject !== email
  return acts && !delegates.includes(subject) ? 'jwt-subject' : undefined
}

function refusalOf(
  verdict: { readonly facts: GoogleGrant } | { readonly refused: TokenRefusal },
): TokenRefusal | undefined {
  return 'refused' in verdict ? verdict.refused : undefined
}

function unauthenticated(): SandboxReply {
  const reply = apiError(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  )
  const challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
  return { ...reply, headers: { 'www-authenticate': challenge } }
}

function failure(status: number): SandboxReply {
  if (status === 401) return unauthenticated()
  if (status === 429) return apiError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.')
  if (status === 503) return apiError(503, 'UNAVAILABLE', 'The service is currently unavailable.')
  return apiError(
    status,
    status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT',
    'The sandbox was asked to.',
  )
}
