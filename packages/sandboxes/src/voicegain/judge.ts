import type { SandboxRequest } from '../vendor.ts'
import type { JwtFault, VoicegainTokens } from './console-tokens.ts'

/** Why a request for a token was refused, or one that was made with a token. */
export type VoicegainFault =
  | JwtFault
  | 'cancelled'
  | 'not-console'
  | 'not-get'
  | 'aud'
  | 'exp-in-sec'
  | 'api'
  | 'context'
  | 'expired'
  | 'origin'
  | 'other-api'

/** What a short-lived token is to hold. */
export interface MintOrder {
  readonly aud: string
  readonly lifetime: number
  readonly sub: string
}

/** What is wrong, or what to do. */
export type Judged<Good> = { readonly fault: VoicegainFault } | Good

const USUAL_LIFETIME = 300

/** Judges a request for a short-lived token. */
export function judgeMint(
  { method, bearer, query }: SandboxRequest,
  tokens: VoicegainTokens,
): Judged<{ readonly order: MintOrder }> {
  if (method !== 'GET') return { fault: 'not-get' }
  const signed = tokens.read(bearer)
  if ('fault' in signed) return signed
  if ('exp' in signed.payload) return { fault: 'not-console' }
  if (!tokens.isActive(bearer ?? '')) return { fault: 'cancelled' }
  const aud = query.get('aud') ?? ''
  if (aud === '' || aud.length > 128) return { fault: 'aud' }
  const lifetime = Number(query.get('expInSec') ?? USUAL_LIFETIME)
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > 3600) return { fault: 'exp-in-sec' }
  const api = query.get('api')
  if (api !== null && (api === '' || api.length > 128)) return { fault: 'api' }
  const contextId = query.get('contextId') ?? tokens.contextId
  if (contextId !== tokens.contextId) return { fault: 'context' }
  return { order: { aud, lifetime, sub: api === null ? contextId : `api:${api}:${contextId}` } }
}

/** Judges a request to the API, by a console JWT or by a short-lived one. */
export function judgeUse(
  request: SandboxRequest,
  tokens: VoicegainTokens,
  now: number,
): VoicegainFault | undefined {
  const signed = tokens.read(request.bearer)
  if ('fault' in signed) return signed.fault
  const { exp, aud, sub = '' } = signed.payload
  if (exp === undefined) return tokens.isActive(request.bearer ?? '') ? undefined : 'cancelled'
  if (now >= exp) return 'expired'
  if (!siteAllows(String(aud), request.header('origin'))) return 'origin'
  const [, api] = /^api:([^:]+):/.exec(sub) ?? []
  return api === undefined || request.path.startsWith(`/v1${api}/`) ? undefined : 'other-api'
}

/** Looks at the origin only where the request has one. */
function siteAllows(aud: string, origin: string | undefined): boolean {
  if (origin === undefined || aud === '*') return true
  if (!URL.canParse(origin)) return false
  const { host } = new URL(origin)
  const wanted = aud.replace(/^https?:\/\//, '').replace(/\/$/, '')
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted
}
