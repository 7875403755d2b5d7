import type { GuardOptions, Reason } from '@mayfly/core'
import type { SentRequest } from '../support/requests.ts'

/** A request that a guard has to refuse, whatever its token is worth. */
export interface RequestAttack {
  readonly name: string
  /** Writes the request around a token that the verifier would accept. */
  readonly request: (token: string) => SentRequest
  readonly options?: GuardOptions
  readonly status: 400 | 401
  readonly reason: Reason
  /** The `error` of the challenge. Absent: a challenge that says nothing went wrong. */
  readonly error?: 'invalid_request' | 'invalid_token'
}

const MALFORMED = { status: 400, reason: 'request_invalid', error: 'invalid_request' } as const
const ABSENT = { status: 401, reason: 'token_missing' } as const

const authorization = (value: string): SentRequest => ({ fields: [['authorization', value]] })

/** Ways to write the `Authorization` header that are none. */
export const HEADER_ATTACKS: readonly RequestAttack[] = [
  { name: 'no credentials', request: () => ({}), ...ABSENT },
  { name: 'another scheme', request: (token) => authorization(`Basic ${token}`), ...ABSENT },
  { name: 'no scheme', request: (token) => authorization(token), ...ABSENT },
  { name: 'a longer scheme', request: (token) => authorization(`Bearers ${token}`), ...ABSENT },
  { name: 'a scheme grown together', request: (t) => authorization(`Bearer${t}`), ...ABSENT },
  { name: 'an empty header', request: () => authorization(''), ...MALFORMED },
  { name: 'a scheme alone', request: () => authorization('Bearer'), ...MALFORMED },
  { name: 'a scheme and a space', request: () => authorization('Bearer '), ...MALFORMED },
  { name: 'two spaces', request: (token) => authorization(`Bearer  ${token}`), ...MALFORMED },
  { name: 'a tab', request: (token) => authorization(`Bearer\t${token}`), ...MALFORMED },
  { name: 'a leading space', request: (token) => authorization(` Bearer ${token}`), ...MALFORMED },
  { name: 'a trailing space', request: (token) => authorization(`Bearer ${token} `), ...MALFORMED },
  { name: 'a colon', request: (token) => authorization(`Bearer: ${token}`), ...MALFORMED },
  { name: 'quotes', request: (token) => authorization(`Bearer "${token}"`), ...MALFORMED },
  { name: 'a list', request: (t) => authorization(`Bearer ${t}, Bearer ${t}`), ...MALFORMED },
  { name: 'a parameter', request: (t) => authorization(`Bearer ${t};a=b`), ...MALFORMED },
  { name: 'a line break', request: (t) => authorization(`Bearer ${t}\r\nX: y`), ...MALFORMED },
  { name: 'a NUL', request: (token) => authorization(`Bearer ${token}\0`), ...MALFORMED },
  { name: 'no token but "="', request: () => authorization('Bearer =='), ...MALFORMED },
  {
    name: 'the header twice',
    request: (token) => ({
      fields: [
        ['authorization', `Bearer ${token}`],
        ['Authorization', `Bearer ${token}`],
      ],
    }),
    ...MALFORMED,
  },
  {
    name: 'the header twice, of two schemes',
    request: (token) => ({
      fields: [
        ['authorization', 'Basic YTpi'],
        ['authorization', `Bearer ${token}`],
      ],
    }),
    ...MALFORMED,
  },
  {
    name: 'a word that is no token of ours',
    request: () => authorization('Bearer undefined'),
    status: 401,
    reason: 'token_malformed',
    error: 'invalid_token',
  },
  {
    name: 'a token in the query that nobody asked for',
    request: (token) => ({ url: `/?access_token=${token}` }),
    ...ABSENT,
  },
  {
    name: 'a token in a cookie that nobody asked for',
    request: (token) => ({ fields: [['cookie', `access_token=${token}`]] }),
    ...ABSENT,
  },
  {
    name: 'a token in the body that nobody asked for',
    request: (token) => ({ method: 'POST', body: { access_token: token } }),
    ...ABSENT,
  },
  {
    name: 'OPTIONS without a token that is no preflight',
    request: () => ({ method: 'OPTIONS', fields: [['origin', 'https://app.example.com']] }),
    options: { preflight: 'pass' },
    ...ABSENT,
  },
  {
    name: 'GET dressed up as a preflight',
    request: () => ({
      fields: [
        ['origin', 'https://app.example.com'],
        ['access-control-request-method', 'GET'],
      ],
    }),
    options: { preflight: 'pass' },
    ...ABSENT,
  },
]

const EVERYWHERE: GuardOptions = {
  tokenFrom: { cookie: 'session', query: 'access_token', body: 'access_token' },
}

const PLACES: readonly Pick<RequestAttack, 'name' | 'request'>[] = [
  {
    name: 'tokens in header and query',
    request: (token) => ({
      url: `/?access_token=${token}`,
      fields: [['authorization', `Bearer ${token}`]],
    }),
  },
  {
    name: 'tokens in header and cookie',
    request: (token) => ({
      fields: [
        ['authorization', `Bearer ${token}`],
        ['cookie', `session=${token}`],
      ],
    }),
  },
  {
    name: 'tokens in query and body',
    request: (token) => ({
      method: 'POST',
      url: `/?access_token=${token}`,
      body: { access_token: token },
    }),
  },
  {
    name: 'the query parameter twice',
    request: (token) => ({ url: `/?access_token=${token}&access_token=${token}` }),
  },
  {
    name: 'the query parameter twice, once percent-encoded',
    request: (token) => ({ url: `/?access%5Ftoken=${token}&access_token=${token}` }),
  },
  {
    name: 'the cookie twice, as a neighbouring host can make it',
    request: (token) => ({ fields: [['cookie', `session=${token}; session=${token}`]] }),
  },
  {
    name: 'the cookie twice, in two headers',
    request: (token) => ({
      fields: [
        ['cookie', `session=${token}`],
        ['cookie', `a=b; session=${token}`],
      ],
    }),
  },
  {
    name: 'the body member twice',
    request: (token) => ({ method: 'POST', body: { access_token: [token, token] } }),
  },
  {
    name: 'a body member that is no text',
    request: () => ({ method: 'POST', body: { access_token: { length: 1 } } }),
  },
  { name: 'an empty query parameter', request: () => ({ url: '/?access_token=' }) },
  { name: 'an empty cookie', request: () => ({ fields: [['cookie', 'session=']] }) },
  {
    name: 'a query parameter with a space',
    request: (token) => ({ url: `/?access_token=${token}+${token}` }),
  },
]

/** Two tokens in one request, and tokens written wrongly in places that are looked at. */
export const PLACE_ATTACKS: readonly RequestAttack[] = PLACES.map(({ name, request }) => ({
  name,
  request,
  options: EVERYWHERE,
  status: 400,
  reason: 'request_invalid',
  error: 'invalid_request',
}))
