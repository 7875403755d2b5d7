import type { GuardOptions, Reason } from '@mayfly/core'
import type { SentRequest } from '../support/requests.ts'

/** The one origin that the token of an {@link OriginRequestAttack} has to name. */
export const NAMED_ORIGIN = 'https://app.example.com'

/** A request with a good token, from a place that the token does not name. */
export interface OriginRequestAttack {
  readonly name: string
  readonly request: (token: string) => SentRequest
  readonly options?: GuardOptions
  readonly status: 400 | 403
  readonly reason: Reason
  /** The origin that the problem body has to name; none where the header holds no origin. */
  readonly origin?: string
}

const EVIL = 'https://evil.example'

const MISMATCH = { status: 403, reason: 'origin_mismatch' } as const
const MALFORMED = { status: 400, reason: 'origin_malformed' } as const
const UNPROVABLE = { status: 403, reason: 'origin_unprovable' } as const

/** The token in its header, and these `Origin` headers. */
function from(...origins: readonly string[]): OriginRequestAttack['request'] {
  return (token) => ({
    fields: [
      ['authorization', `Bearer ${token}`],
      ...origins.map((origin) => ['origin', origin] as const),
    ],
  })
}

/** The token where a page of another site can put it, in a request that has no `Origin`. */
function hidden(site: string): Pick<OriginRequestAttack, 'request' | 'options'> {
  return {
    request: (token) => ({ url: `/?t=${token}`, fields: [['sec-fetch-site', site]] }),
    options: { tokenFrom: { query: 't' } },
  }
}

/** Requests that a guard refuses whose verifier binds tokens to origins. */
export const ORIGIN_REQUEST_ATTACKS: readonly OriginRequestAttack[] = [
  { name: 'another origin', request: from(EVIL), ...MISMATCH, origin: EVIL },
  {
    name: 'the origin by plain http',
    request: from('http://app.example.com'),
    ...MISMATCH,
    origin: 'http://app.example.com',
  },
  {
    name: 'the origin on another port',
    request: from(`${NAMED_ORIGIN}:8443`),
    ...MISMATCH,
    origin: `${NAMED_ORIGIN}:8443`,
  },
  {
    name: 'the origin as the beginning of a longer one',
    request: from(`${NAMED_ORIGIN}.evil.example`),
    ...MISMATCH,
    origin: `${NAMED_ORIGIN}.evil.example`,
  },
  {
    name: 'the origin with a dot at its end',
    request: from(`${NAMED_ORIGIN}.`),
    status: 403,
    reason: 'origin_trailing_dot',
    origin: `${NAMED_ORIGIN}.`,
  },
  {
    name: 'an opaque origin, which is not a missing one',
    request: from('null'),
    status: 403,
    reason: 'origin_null',
    origin: 'null',
  },
  { name: 'an empty Origin, which is not a missing one', request: from(''), ...MALFORMED },
  { name: 'two origins in one header', request: from(`${NAMED_ORIGIN}, ${EVIL}`), ...MALFORMED },
  { name: 'two Origin headers', request: from(NAMED_ORIGIN, EVIL), ...MALFORMED },
  {
    name: 'two Origin headers, each of which would do alone',
    request: from(NAMED_ORIGIN, NAMED_ORIGIN),
    ...MALFORMED,
  },
  { name: 'an Origin with a path', request: from(`${NAMED_ORIGIN}/`), ...MALFORMED },
  { name: 'an Origin with a query', request: from(`${NAMED_ORIGIN}?secret=1`), ...MALFORMED },
  {
    name: 'an Origin with a user',
    request: from(`https://app.example.com@evil.example`),
    ...MALFORMED,
  },
  { name: 'an Origin in quotes', request: from(`"${NAMED_ORIGIN}"`), ...MALFORMED },
  { name: 'an <img> of another site', ...hidden('cross-site'), ...UNPROVABLE },
  { name: 'an <img> of a neighbouring host', ...hidden('same-site'), ...UNPROVABLE },
]
