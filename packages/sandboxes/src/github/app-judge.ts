import { isNumericDate, readJwtHeader, verifyJwt } from '../signed-jwt.ts'
import type { LedgerRefusal } from '../token-ledger.ts'
import type { SandboxReply } from '../vendor.ts'
import type { KnownApp } from './credentials.ts'

/** Why an app's own token was refused. */
export type GithubAppFault =
  | 'app-missing'
  | 'app-malformed'
  | 'app-signature'
  | 'app-unknown'
  | 'key-revoked'
  | 'iat'
  | 'exp-missing'
  | 'exp-too-far'
  | 'exp-passed'

/** Why an app's own token was refused, those reasons included that a test made up. */
export type AppRefusal = GithubAppFault | LedgerRefusal

/** What an app's token is judged against. */
export interface AppContext {
  readonly app: KnownApp
  readonly isKeyRevoked: boolean
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

const MAX_AHEAD = 600

/** Judges an app's token by GitHub's rules; `undefined` when it is good. */
export function judgeAppToken(
  token: string | undefined,
  { app, isKeyRevoked, now }: AppContext,
): GithubAppFault | undefined {
  if (token === undefined) return 'app-missing'
  if (readJwtHeader(token) === undefined) return 'app-malformed'
  if (isKeyRevoked) return 'key-revoked'
  const verified = verifyJwt(token, app.publicKey, ['RS256'])
  if (verified === undefined) return 'app-signature'
  const { iss, iat, exp } = verified.payload
  const names: readonly unknown[] = [app.credentials.appId, app.numericId, String(app.numericId)]
  if (!names.includes(iss)) return 'app-unknown'
  if (exp === undefined) return 'exp-missing'
  if (!isNumericDate(iat) || iat > now) return 'iat'
  if (!isNumericDate(exp) || exp <= now) return 'exp-passed'
  return exp > now + MAX_AHEAD ? 'exp-too-far' : undefined
}

/** The answer to a bad token of an app. It names `exp` or `iat` when the clock is wrong. */
export function refuseApp(fault: AppRefusal): SandboxReply {
  const messages = new Map<AppRefusal, string>([
    ['exp-missing', "Missing 'expiration time' claim ('exp') in assertion"],
    ['exp-too-far', "'Expiration time' claim ('exp') is too far in the future"],
    [
      'exp-passed',
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    ],
    [
      'iat',
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    ],
  ])
  if (fault === 'app-unknown') return githubError(404, 'Integration not found')
  return githubError(401, messages.get(fault) ?? 'A JSON web token could not be decoded')
}

/** An error in the form that all of GitHub's have. */
export function githubError(status: number, message: string): SandboxReply {
  const documentation_url = 'https://docs.github.com/rest'
  return { status, body: { message, documentation_url, status: String(status) } }
}
