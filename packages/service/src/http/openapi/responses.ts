import { token } from './schemas.ts'
import type { Content, ResponseObject, Schema } from './types.ts'

/** A header of an answer. */
export function header(description: string, schema: Schema, required = false): object {
  return {
    description,
    schema,
    ...(required && { required }),
  }
}
const whole: Schema = { type: 'integer', minimum: 0 }

const noStore = header('Nothing here is for a cache.', { const: 'no-store' }, true)
/** On every answer. */
export const nosniff: object = header('The body is what it says it is.', { const: 'nosniff' }, true)
/** On every answer. */
export const requestId: object = header(
  'Names the request in the log: the caller’s own word of 8 to 64 characters, or a new one.',
  { type: 'string', pattern: '^[A-Za-z0-9_.-]{8,64}$' },
  true,
)
/** On every answer over https. */
const strict = header('Browsers are to stay with https (RFC 6797).', { type: 'string' })
const vary = header('What the answer depends on.', { type: 'string' })

/** On every answer to a request that was counted, while there are limits. */
const limits = {
  'RateLimit-Limit': header('Requests in the window of the limit that ends first.', whole),
  'RateLimit-Remaining': header('How many of them are left.', whole),
  'RateLimit-Reset': header('Seconds until the window begins anew.', whole),
  'RateLimit-Policy': header('All the limits that were asked.', {
    type: 'string',
    pattern: '^[0-9]+;w=[0-9]+(, [0-9]+;w=[0-9]+)*$',
  }),
}

const common = {
  'Cache-Control': noStore,
  'X-Content-Type-Options': nosniff,
  'X-Request-Id': requestId,
  'Strict-Transport-Security': strict,
  Vary: vary,
  ...limits,
}

/** Refers to a schema of the document. */
export function refTo(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** An answer in JSON that no cache keeps. */
export function json(description: string, schema: string): ResponseObject {
  return {
    description,
    headers: common,
    content: { 'application/json': { schema: refTo(schema) } },
  }
}

/** A token as text. */
export function tokenText(description: string): ResponseObject {
  return { description, headers: common, content: { 'text/plain': { schema: token } } }
}

/** Text for other programs. */
export function plainText(description: string): ResponseObject {
  const schema = { type: 'string', minLength: 1 }
  return { description, headers: common, content: { 'text/plain': { schema } } }
}

/** An answer without a body. */
export function nothing(description: string): ResponseObject {
  return { description, headers: common }
}

const bearer = { type: 'string', pattern: '^Bearer' }
const challenge = header('RFC 6750.', bearer, true)
/** On an answer of 400 where the fault is in how the token was sent. */
const asked = { ...common, 'WWW-Authenticate': header('RFC 6750.', bearer) }
const retryAfter = header('Seconds after which to try again.', whole, true)

const DESCRIPTIONS = {
  400: 'The request is not one that this takes: `detail` says why.',
  401: 'There is no console token, or it does not hold.',
  403: 'The console token does not have the scope that this takes, or its client may not have this in a token.',
  404: 'There is no such thing, or it belongs to somebody else.',
  409: 'It is taken.',
  413: 'The body is too long.',
  415: 'The body has a media type that this does not take.',
  429: 'Too many requests: wait.',
  503: 'The ledger or the rate limiter does not answer. Nothing was issued.',
} as const

/** A refusal that {@link problems} knows. */
export type ProblemStatus = keyof typeof DESCRIPTIONS

/** Refusals as problem details. */
export function problems(
  ...statuses: readonly ProblemStatus[]
): Readonly<Record<string, ResponseObject>> {
  return Object.fromEntries(statuses.map((status) => [String(status), problem(status)]))
}

function problem(status: ProblemStatus): ResponseObject {
  const content: Content = { 'application/problem+json': { schema: refTo('Problem') } }
  return { description: DESCRIPTIONS[status], headers: headersOf(status), content }
}

function headersOf(status: ProblemStatus): Readonly<Record<string, object>> {
  if (status === 400) return asked
  if (status === 401 || status === 403) return { ...common, 'WWW-Authenticate': challenge }
  if (status === 429 || status === 503) return { ...common, 'Retry-After': retryAfter }
  return common
}

/** A refusal in the form that RFC 6749 section 5.2 has. */
export const oauthError: ResponseObject = {
  description: 'A parameter is missing or comes twice, or the token is another client’s.',
  headers: asked,
  content: {
    'application/json': { schema: refTo('OAuthProblem') },
    // For what is wrong before the form is looked at, such as a query.
    'application/problem+json': { schema: refTo('Problem') },
  },
}
