import { audience, type Check, kindOf, pattern, text } from './checks.ts'
import { error } from './judge.ts'
import {
  forbidden,
  has,
  is,
  matches,
  only,
  optional,
  type Profile,
  required,
  type Sign,
} from './profile.ts'

const appId: Check = (value) => {
  if (typeof value === 'number')
    return Number.isInteger(value) ? undefined : 'must be the app’s id.'
  return typeof value === 'string' && /^(?:\d{1,20}|Iv\w[\w.]{6,40})$/.test(value)
    ? undefined
    : `must be the app’s id or its client id, Iv…, and is ${typeof value === 'string' ? 'another text' : kindOf(value)}.`
}

const githubApp: Profile = {
  vendor: 'github-app',
  title: 'a GitHub App',
  signs: [
    {
      weight: 4,
      says: '"iss" is the id of an app',
      test: ({ payload: { iss } }) => appId(iss) === undefined,
    },
    only(['iss', 'iat', 'exp'], 3),
    is('header', 'alg', 'RS256', 1),
  ],
  algorithms: ['RS256'],
  claims: { iss: required(appId), iat: required(), exp: required() },
  life: { maxAhead: 600 },
}

const account: Sign = matches('payload', 'iss', {
  expression: /\.gserviceaccount\.com$/,
  weight: 8,
  says: 'a service account',
})
const email: Check = pattern(/^[^@\s]+@[^@\s]+$/, 'the account’s e-mail address')

const googleAssertion: Profile = {
  vendor: 'google-service-account',
  title: 'a Google service account (assertion)',
  signs: [
    account,
    matches('payload', 'aud', {
      expression:
        /^https:\/\/(?:oauth2\.googleapis\.com|accounts\.google\.com|www\.googleapis\.com)\//,
      weight: 4,
      says: 'Google’s token endpoint',
    }),
    has('scope', 1),
  ],
  algorithms: ['RS256'],
  claims: {
    iss: required(email),
    aud: required(text()),
    iat: required(),
    exp: required(),
    scope: optional(text(8192)),
    sub: optional(text(1024)),
  },
  life: { max: 3600 },
}

const googleSelfSigned: Profile = {
  vendor: 'google-service-account',
  title: 'a Google service account (self-signed)',
  signs: [
    account,
    {
      weight: 3,
      says: '"iss" and "sub" are the same',
      test: ({ payload: { iss, sub } }) => iss !== undefined && iss === sub,
    },
  ],
  algorithms: ['RS256'],
  claims: { iss: required(email), sub: required(email), iat: required(), exp: required() },
  life: { max: 3600 },
  rules: [
    ({ payload: { iss, sub } }) =>
      iss === sub
        ? undefined
        : error(
            'subject',
            'payload.sub',
            '"sub" must be the same as "iss" in a self-signed token.',
          ),
    ({ payload }) => {
      const both = ['aud', 'scope'].filter((name) => Object.hasOwn(payload, name)).length
      if (both === 1) return undefined
      return error(
        'audience-or-scope',
        'payload.aud',
        both === 2
          ? '"aud" and "scope" exclude each other: Google refuses a self-signed token with both.'
          : 'A self-signed token needs "aud" or "scope".',
      )
    },
  ],
}

const clientAssertion: Profile = {
  vendor: 'client-credentials',
  title: 'an OAuth client (private_key_jwt)',
  signs: [
    {
      weight: 5,
      says: '"iss" and "sub" are the same, and there is an audience',
      test: ({ payload: { iss, sub, aud } }) =>
        typeof iss === 'string' && iss === sub && aud !== undefined && !/@/.test(iss),
    },
    only(['iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti'], 1),
  ],
  algorithms: [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ],
  claims: {
    iss: required(text()),
    sub: required(text()),
    aud: required(audience()),
    exp: required(),
    iat: optional(),
    jti: optional(text()),
    scope: forbidden('the scope goes into the request, not into the assertion.'),
  },
  life: { max: 3600 },
  rules: [
    ({ payload }) =>
      Object.hasOwn(payload, 'jti')
        ? undefined
        : {
            level: 'warning',
            rule: 'token-id',
            at: 'payload.jti',
            message: '"jti" is missing. Many servers ask for it, as each assertion counts once.',
          },
  ],
}

/** What the tokens look like with which servers call GitHub, Google and OAuth token endpoints. */
export const SERVERS: readonly Profile[] = [
  githubApp,
  googleAssertion,
  googleSelfSigned,
  clientAssertion,
]
