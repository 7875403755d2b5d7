import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions } from '@mayfly/core/adapter'
import { type AppleKeyCredentials, AppleKeys } from '../apple/keys.ts'
import { appleId } from '../apple/names.ts'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { type LedgerRefusal, TokenLedger } from '../token-ledger.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { type AppleClientSecretFault, judgeClientSecret } from './client-secret.ts'
import { type AppleCodeOptions, AppleGrants, oauthError } from './grants.ts'

/** Why the sandbox refused a client: the truth that `invalid_client` does not tell. */
export type SignInWithAppleRefusal = AppleClientSecretFault | LedgerRefusal

/** A key for Sign in with Apple, and the client that it is used for. */
export interface SignInWithAppleCredentials extends AppleKeyCredentials {
  readonly teamId: string
  readonly clientId: string
}

/** Options of {@link startSignInWithAppleSandbox}. */
export interface SignInWithAppleSandboxOptions extends SandboxOptions {
  /** Default `com.example.web`. */
  readonly clientId?: string
}

/** What a test can do to the sandbox of Sign in with Apple, beside what every sandbox can. */
export interface SignInWithAppleControls {
  /** A key that it accepts. */
  readonly credentials: SignInWithAppleCredentials
  /** Makes a code, as if somebody had signed in. It is good once, within five minutes. */
  createCode(options?: AppleCodeOptions): string
  /** Makes one more key that it accepts, as for the exchange of a key. */
  createKey(): SignInWithAppleCredentials
  /** Ends a key. Default: the first one. */
  revokeKey(keyId?: string): void
  /** Takes {@link revokeKey} back. */
  restoreKey(keyId?: string): void
  /** Refuses every client secret that was used so far. */
  revokeSecretsSeen(): void
  /** Refuses the first use of the next so many new client secrets. */
  refuseFirstUse(count: number): void
}

/** A running sandbox of Sign in with Apple. */
export interface SignInWithAppleSandbox
  extends HttpSandbox<SignInWithAppleRefusal>,
    SignInWithAppleControls {}

/**
 * Starts the token server of Sign in with Apple, on a free port of 127.0.0.1.
 *
 * It verifies client secrets with `jsonwebtoken`. It wants ES256 with a known `kid`; the team in `iss`,
 * the client in `sub` and in the form; `aud` `https://appleid.apple.com`; and `exp` in its own future,
 * by 15 777 000 seconds at most. Every fault gets the same 400 `invalid_client`, as with Apple;
 * {@link HttpSandbox.refusals} and the events tell the true reason. That it refuses an `iat` in its
 * future is not confirmed of Apple.
 *
 * It serves `POST /auth/token` for codes and refresh tokens, `POST /auth/revoke`, and
 * `GET /auth/keys`.
 *
 * See https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { startSignInWithAppleSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startSignInWithAppleSandbox()
 * const { clientId } = sandbox.credentials
 * const body = new URLSearchParams({ client_id: clientId, client_secret: 'none' })
 * const response = await fetch(`${sandbox.origin}/auth/token`, { method: 'POST', body })
 * console.log(await response.json(), sandbox.refusals) // { error: 'invalid_client' } { malformed: 1 }
 * ```
 */
export async function startSignInWithAppleSandbox(
  options: SignInWithAppleSandboxOptions = {},
): Promise<SignInWithAppleSandbox> {
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, 'clientId'], 'startSignInWithAppleSandbox')
  const keys = new AppleKeys()
  const party = { teamId: appleId(), clientId: options.clientId ?? 'com.example.web' }
  const ledger = new TokenLedger()
  const grants = new AppleGrants(party.clientId, { now: () => sandbox.clock.now() })
  const sandbox: HttpSandbox<SignInWithAppleRefusal> = new HttpSandbox(
    (clock) => createVendor({ keys, party, ledger, grants, clock }),
    options,
  )
  const credentials = { ...keys.create(), ...party }
  await sandbox.listen()
  return Object.assign(sandbox, {
    credentials,
    createCode: (code: AppleCodeOptions = {}) => grants.createCode(code),
    createKey: () => ({ ...keys.create(), ...party }),
    revokeKey: (keyId = credentials.keyId) => keys.revoke(keyId),
    restoreKey: (keyId = credentials.keyId) => keys.restore(keyId),
    revokeSecretsSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
  })
}

interface VendorParts {
  readonly keys: AppleKeys
  readonly party: { readonly teamId: string; readonly clientId: string }
  readonly ledger: TokenLedger
  readonly grants: AppleGrants
  readonly clock: Clock
}

function createVendor(parts: VendorParts): Vendor<SignInWithAppleRefusal> {
  const { keys, party, ledger, grants, clock } = parts

  function judge(request: SandboxRequest): Verdict<SignInWithAppleRefusal> {
    const { method, path } = request
    if (path === '/auth/keys') return { reply: grants.jwks() }
    if (path !== '/auth/token' && path !== '/auth/revoke') return { reply: { status: 404 } }
    if (method !== 'POST') return { reply: { status: 405 } }
    const form = readForm(request)
    if (form === undefined) return { reply: oauthError('invalid_request') }
    const credential = form.get('client_secret') ?? ''
    const now = Math.floor(clock.now() / 1000)
    const refused = judgeClientSecret(form, { keys, ...party, now }) ?? ledger.use(credential)
    if (refused !== undefined) return { reply: oauthError('invalid_client'), refused, credential }
    const reply = path === '/auth/token' ? grants.redeem(form) : grants.revoke(form)
    return { reply, credential }
  }

  return { name: 'sign-in-with-apple', judge, failure, displace: (token) => ledger.displace(token) }
}

function readForm(request: SandboxRequest): URLSearchParams | undefined {
  const type = request.header('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) return undefined
  return new URLSearchParams(Buffer.from(request.body).toString('utf8'))
}

function failure(status: number): SandboxReply {
  if (status === 400) return oauthError('invalid_request')
  if (status === 401) return { ...oauthError('invalid_client'), status }
  return { status, body: '' }
}
