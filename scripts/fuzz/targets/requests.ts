import { denial, Guard, type RequestLike, TokenVerifier, originBinding } from '@mayfly/core'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { HARD_TEXTS, mutated, noise } from '../mutations.ts'
import { Finding, target } from '../target.ts'

const AUDIENCE = 'https://api.example'
const APP = 'https://app.example.com'
const clock = new FakeClock()
const issuer = createTestIssuer({ audience: AUDIENCE, clock })
const good = issuer.mint({ lifetime: 1e6, claims: { allowed_origins: [APP, '*.example.org'] } })

const guard = new Guard(
  new TokenVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    keys: issuer.keys,
    clock,
    origin: originBinding({ claim: 'allowed_origins' }),
  }),
  {
    tokenFrom: { cookie: 'session', query: 'access_token', body: 'access_token' },
    resourceMetadata: 'https://api.example/.well-known/oauth-protected-resource',
  },
)

type Field = readonly [name: string, value: string]

interface Received {
  readonly method: string
  readonly url: string
  readonly fields: readonly Field[]
  readonly body: unknown
}

const pieces = (...texts: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.oneof(fc.constantFrom(...texts), noise), { maxLength: 5 }).map((all) => all.join(''))

const authorization = fc.oneof(
  mutated(fc.constantFrom(`Bearer ${good}`, `bearer ${good}`, `Bearer ${good}, Basic YTpi`)),
  pieces('Bearer', 'Basic', ' ', good, 'a.b.c', ',', '='),
)
const cookie = fc.oneof(
  mutated(fc.constant(`a=b; session=${good}`)),
  pieces('session', '=', good, ';', ' ', '"', 'a.b.c'),
)
const origin = fc.oneof(fc.constantFrom(APP, 'null', ''), mutated(fc.constant(APP)))
const site = fc.constantFrom('same-origin', 'cross-site', 'none', 'nonsense', '')

const field: fc.Arbitrary<Field> = fc.oneof(
  authorization.map((value): Field => ['authorization', value]),
  cookie.map((value): Field => ['cookie', value]),
  origin.map((value): Field => ['origin', value]),
  site.map((value): Field => ['sec-fetch-site', value]),
  noise.map((value): Field => ['content-type', value]),
)
const query = pieces('access_token', '=', '&', good, '%', 'a.b.c', 'access%5Ftoken', ';', '?')
const inputs: fc.Arbitrary<Received> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'HEAD'),
  url: fc.oneof(
    fc.constant('/'),
    mutated(fc.constant(`/?access_token=${good}`)),
    query.map((text) => `/?${text}`),
  ),
  fields: fc.array(field, { maxLength: 4 }),
  body: fc.oneof(
    fc.constant<unknown>(undefined),
    fc.constant<unknown>({ access_token: good }),
    fc.record({ access_token: fc.jsonValue() }),
    fc.jsonValue(),
  ),
})

function toRequest({ method, url, fields, body }: Received): RequestLike {
  return {
    method,
    url,
    header: (name) => fields.filter(([one]) => one === name).map(([, value]) => value),
    body,
  }
}

async function check(received: Received): Promise<void> {
  const outcome = await guard.authenticate(toRequest(received))
  if (!outcome.ok) {
    const { status, headers } = denial(outcome.error)
    if (![400, 401, 403].includes(status)) throw new Finding(`It answers ${status}.`)
    for (const value of Object.values(headers)) {
      if (!/^[\x20-\x7e]*$/.test(value)) throw new Finding('A header holds what none may hold.')
    }
    return
  }
  const sent = JSON.stringify([received.url, received.fields, received.body])
  if (outcome.auth === undefined || !decoded(sent).includes(good)) {
    throw new Finding('A request without the token was let in.')
  }
  const origins = received.fields.filter(([name]) => name === 'origin').map(([, value]) => value)
  if (origins.length > 1 || !origins.every(isNamed)) {
    throw new Finding('A request from another origin was let in.')
  }
}

// Case and a port that is the scheme's own are no part of an origin, though browsers write neither so.
function isNamed(value: string): boolean {
  return /^https:\/\/(?:app\.example\.com|[a-z0-9_.-]+\.example\.org)(?::443)?$/i.test(value)
}

function decoded(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

const PLACES: readonly (readonly [string, (text: string) => Partial<Received>])[] = [
  ['the Authorization header', (text) => ({ fields: [['authorization', `Bearer ${text}`]] })],
  ['a cookie', (text) => ({ fields: [['cookie', text]] })],
  ['the query', (text) => ({ url: `/?${text}` })],
  [
    'the Origin header',
    (text) => ({
      fields: [
        ['authorization', `Bearer ${good}`],
        ['origin', text],
      ],
    }),
  ],
]

const MORE: typeof HARD_TEXTS = [
  ['cookies', (size) => 'session=a; '.repeat(size / 11)],
  ['parameters', (size) => 'access_token=a&'.repeat(size / 15)],
  ['percent codes', (size) => `access_token=${'%41'.repeat(size / 3)}`],
]

/** Whole requests, before and after there is a token in them. */
export const requests = target({
  name: 'requests',
  inputs,
  check,
  large: [...HARD_TEXTS, ...MORE].flatMap(([name, make]) =>
    PLACES.map(([place, put]) => ({
      name: `${name} in ${place}`,
      make: (size: number): Received => ({
        method: 'GET',
        url: '/',
        fields: [],
        body: undefined,
        ...put(make(size)),
      }),
    })),
  ),
})
