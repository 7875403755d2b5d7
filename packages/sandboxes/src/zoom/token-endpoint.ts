import type { SandboxReply, SandboxRequest } from '../vendor.ts'
import type { ZoomCredentials } from './credentials.ts'

/** Why Zoom's token endpoint gave no token. */
export type ZoomGrantFault =
  | 'not-post'
  | 'not-a-form'
  | 'client-authentication'
  | 'client-unknown'
  | 'client-secret'
  | 'client-deactivated'
  | 'grant-type'
  | 'account'

/** What requests for tokens are judged against. */
export interface ZoomGrantContext {
  readonly credentials: ZoomCredentials
  readonly isDeactivated: boolean
}

/** Judges a request for a token, and names the first fault. */
export function judgeZoomGrant(
  request: SandboxRequest,
  { credentials, isDeactivated }: ZoomGrantContext,
): ZoomGrantFault | undefined {
  if (request.method !== 'POST') return 'not-post'
  const form = readForm(request)
  // The same parameters in the query were taken once; clients that still do that get a 400.
  if (form === undefined || [...request.query].length > 0) return 'not-a-form'
  const pair = readBasic(request.header('authorization'))
  if (pair === undefined) return 'client-authentication'
  if (pair.clientId !== credentials.clientId) return 'client-unknown'
  if (pair.clientSecret !== credentials.clientSecret) return 'client-secret'
  if (isDeactivated) return 'client-deactivated'
  if (form.get('grant_type') !== 'account_credentials') return 'grant-type'
  return form.get('account_id') === credentials.accountId ? undefined : 'account'
}

/** Zoom's answer to a fault: 400 for all but a wrong method, with its words in `reason`. */
export function grantRefusal(fault: ZoomGrantFault): SandboxReply {
  if (fault === 'not-post') return { status: 405, body: { code: 405, message: 'Not allowed.' } }
  if (fault.startsWith('client-')) {
    return refusal('invalid_client', 'Invalid client_id or client_secret')
  }
  if (fault === 'grant-type') return refusal('unsupported_grant_type', 'unsupported grant type')
  return refusal('invalid_request', 'Bad Request')
}

function refusal(error: string, reason: string): SandboxReply {
  return { status: 400, body: { reason, error } }
}

function readForm(request: SandboxRequest): URLSearchParams | undefined {
  const type = request.header('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) return undefined
  return new URLSearchParams(Buffer.from(request.body).toString('utf8'))
}

/** Zoom's pair is not form-encoded first: both halves are words without special characters. */
function readBasic(
  header: string | undefined,
): { readonly clientId: string; readonly clientSecret: string } | undefined {
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? []
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) return undefined
  return { clientId: pair.slice(0, colon), clientSecret: pair.slice(colon + 1) }
}
