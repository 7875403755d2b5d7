import { type Check, listOf, oneOf, pattern, text } from './checks.ts'
import { error } from './judge.ts'
import {
  forbidden,
  has,
  is,
  type Life,
  matches,
  only,
  optional,
  type Profile,
  required,
  type Sign,
  type TokenView,
} from './profile.ts'

const AUDIENCE = 'appstoreconnect-v1'
const SIX_MONTHS = 15_777_000
const TEN = /^[A-Z0-9]{10}$/
const TEN_SAYS = 'ten capitals and digits'

const keyId = required(pattern(TEN, `the key's id, ${TEN_SAYS}`))
const teamId = required(pattern(TEN, `the Team ID, ${TEN_SAYS}`))
const typ = optional(oneOf('JWT'))
const issuerId = required(text(128))

const signedByApple: readonly Sign[] = [
  is('header', 'alg', 'ES256', 1),
  matches('header', 'kid', { expression: TEN, weight: 1, says: TEN_SAYS }),
]
const byTeam: Sign = matches('payload', 'iss', { expression: TEN, weight: 2, says: 'a Team ID' })

/** A resource for which Apple takes tokens of up to six months. */
const LONG_LIVED =
  /^GET \/v1\/(?:(?:ci(?:BuildActions|BuildRuns|Issues|MacOsVersions|Products|TestResults|Workflows|XcodeVersions)|scm(?:GitReferences|Providers|PullRequests|Repositories))(?:[/?]|$)|(?:apps|builds)\/[^/?]+\/perfPowerMetrics(?:\?|$)|builds\/[^/?]+\/diagnosticSignatures(?:\?|$)|diagnosticSignatures\/[^/?]+\/logs(?:\?|$))/

const scopeEntry: Check = (value) => {
  if (typeof value !== 'string' || !/^[A-Z]+ \/[^\s#]*$/.test(value)) {
    return 'must read "GET /v1/apps?filter[platform]=IOS": a method, one space, a path.'
  }
  return value.startsWith('GET ') ? undefined : 'must be a GET: Apple scopes nothing else.'
}

function connectLife({ payload: { scope } }: TokenView): Life {
  const isLong =
    Array.isArray(scope) &&
    scope.length > 0 &&
    scope.every((entry) => typeof entry === 'string' && LONG_LIVED.test(entry))
  const max = isLong ? SIX_MONTHS : 1200
  return { max, maxAhead: max }
}

const connect = {
  algorithms: ['ES256'],
  header: { kid: keyId, typ },
  life: connectLife,
}
const connectClaims = {
  iat: required(),
  exp: required(),
  aud: required(oneOf(AUDIENCE)),
  scope: optional(listOf(scopeEntry, 'entries such as "GET /v1/apps"')),
}
const connectAudience: Sign = matches('payload', 'aud', {
  expression: /^appstoreconnect/i,
  weight: 6,
  says: 'App Store Connect’s',
})
const notForServer: Sign = {
  weight: 1,
  says: 'it has no "bid"',
  test: ({ payload }) => !Object.hasOwn(payload, 'bid'),
}

const teamKey: Profile = {
  ...connect,
  vendor: 'app-store-connect',
  title: 'App Store Connect (team key)',
  signs: [connectAudience, notForServer, has('iss', 1), ...signedByApple],
  claims: {
    ...connectClaims,
    iss: issuerId,
    sub: forbidden('a team key has an issuer ("iss") and no subject.'),
  },
}

const individualKey: Profile = {
  ...connect,
  vendor: 'app-store-connect',
  title: 'App Store Connect (individual key)',
  signs: [connectAudience, notForServer, is('payload', 'sub', 'user', 3), ...signedByApple],
  claims: {
    ...connectClaims,
    sub: required(oneOf('user')),
    iss: forbidden('an individual key has no issuer; Apple refuses the token for it.'),
  },
}

const server: Profile = {
  vendor: 'app-store-server',
  title: 'the App Store Server API',
  signs: [connectAudience, has('bid', 4), ...signedByApple],
  algorithms: ['ES256'],
  header: { kid: keyId, typ },
  claims: {
    iss: issuerId,
    iat: required(),
    exp: required(),
    aud: required(oneOf(AUDIENCE)),
    bid: required(text(256)),
  },
  life: { max: 3600 },
}

const apns: Profile = {
  vendor: 'apns',
  title: 'APNs',
  signs: [only(['iss', 'iat'], 3), byTeam, ...signedByApple],
  algorithms: ['ES256'],
  header: { kid: keyId },
  claims: { iss: teamId, iat: required() },
  noOtherClaims: 'an APNs token has "iss" and "iat" alone.',
  life: { maxAge: 3600 },
}

const clientSecret: Profile = {
  vendor: 'apple-client-secret',
  title: 'Sign in with Apple (client secret)',
  signs: [is('payload', 'aud', 'https://appleid.apple.com', 8), byTeam, ...signedByApple],
  algorithms: ['ES256'],
  header: { kid: keyId },
  claims: {
    iss: teamId,
    iat: required(),
    exp: required(),
    aud: required(oneOf('https://appleid.apple.com')),
    sub: required(text(256)),
  },
  life: { maxAhead: SIX_MONTHS },
}

const musicKit: Profile = {
  vendor: 'music-kit',
  title: 'MusicKit',
  signs: [
    only(['iss', 'iat', 'exp', 'origin'], 2),
    has('origin', 2),
    has('exp', 1),
    byTeam,
    ...signedByApple,
  ],
  algorithms: ['ES256'],
  header: { kid: keyId },
  claims: {
    iss: teamId,
    iat: required(),
    exp: required(),
    origin: optional(listOf(text(512), 'origins')),
  },
  life: { maxAhead: SIX_MONTHS },
}

const weatherKit: Profile = {
  vendor: 'weather-kit',
  title: 'WeatherKit',
  signs: [
    matches('header', 'id', { expression: /^[A-Z0-9]{10}\.\S+$/, weight: 8, says: 'TEAM.SERVICE' }),
    byTeam,
    ...signedByApple,
  ],
  algorithms: ['ES256'],
  header: { kid: keyId, id: required(text(512)) },
  claims: { iss: teamId, iat: required(), exp: required(), sub: required(text(256)) },
  noOtherClaims: 'WeatherKit takes "iss", "iat", "exp" and "sub" alone.',
  rules: [
    ({ header: { id }, payload: { iss, sub } }) =>
      id === `${String(iss)}.${String(sub)}`
        ? undefined
        : error('service', 'header.id', '"id" in the header must be "iss", a dot and "sub".'),
  ],
}

/** What Apple's tokens look like. */
export const APPLE: readonly Profile[] = [
  teamKey,
  individualKey,
  server,
  apns,
  clientSecret,
  musicKit,
  weatherKit,
]
