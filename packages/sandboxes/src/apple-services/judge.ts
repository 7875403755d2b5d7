import type { AppleKeyFault, AppleKeys, AppleToken } from '../apple/keys.ts'
import { isNumericDate } from '../signed-jwt.ts'
import type { SandboxRequest } from '../vendor.ts'

/** Why a developer token of MusicKit or WeatherKit was refused. */
export type AppleServiceFault =
  | AppleKeyFault
  | 'missing'
  | 'claims'
  | 'issuer'
  | 'service'
  | 'origin'
  | 'too-long'
  | 'iat-in-future'
  | 'expired'

/** Judges what is the service's own in a token. */
export type ServiceRule = (
  token: AppleToken,
  request: SandboxRequest,
) => AppleServiceFault | undefined

/** What a token is judged against. */
export interface JudgeContext {
  readonly keys: AppleKeys
  readonly teamId: string
  readonly rule: ServiceRule
  /** Seconds from now in which a token may end. */
  readonly maxAhead: number
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

/** Judges the token of a request; `undefined` when it is good, or the first rule that it broke. */
export function judgeToken(
  request: SandboxRequest,
  { keys, teamId, rule, maxAhead, now }: JudgeContext,
): AppleServiceFault | undefined {
  if (request.bearer === undefined) return 'missing'
  const token = keys.open(request.bearer)
  if (typeof token === 'string') return token
  const { iss, iat, exp } = token.payload
  if (!isNumericDate(iat) || !isNumericDate(exp) || exp <= iat) return 'claims'
  if (iss !== teamId) return 'issuer'
  if (iat > now) return 'iat-in-future'
  if (exp <= now) return 'expired'
  return exp > now + maxAhead ? 'too-long' : rule(token, request)
}

/** A token with an `origin` is for those web sites: a browser sends its own. */
export const judgeMusicToken: ServiceRule = ({ payload }, request) => {
  const { origin: allowed, ...others } = payload as Readonly<Record<string, unknown>>
  if (Object.keys(others).toSorted().join() !== 'exp,iat,iss') return 'claims'
  if (allowed === undefined) return undefined
  const origin = request.header('origin')
  const isList = Array.isArray(allowed) && allowed.every((one) => typeof one === 'string')
  if (!isList) return 'claims'
  return origin === undefined || allowed.includes(origin) ? undefined : 'origin'
}

/** Makes the rule of WeatherKit: the service in `sub`, and team and service in the header's `id`. */
export function weatherRule(teamId: string, serviceId: string): ServiceRule {
  return ({ header, payload }) => {
    if (Object.keys(payload).toSorted().join() !== 'exp,iat,iss,sub') return 'claims'
    const { id } = header as { readonly id?: unknown }
    return payload.sub === serviceId && id === `${teamId}.${serviceId}` ? undefined : 'service'
  }
}
