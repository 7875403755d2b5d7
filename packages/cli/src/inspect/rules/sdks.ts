import { isObject, kindOf, object, oneOf, pattern, text } from './checks.ts'
import { error, isDate } from './judge.ts'
import {
  type Finding,
  has,
  is,
  matches,
  optional,
  type Profile,
  required,
  type Rule,
} from './profile.ts'

const telesign: Profile = {
  vendor: 'telesign',
  title: 'Telesign App Verify',
  signs: [has('phn', 5), has('xid', 4)],
  algorithms: ['HS256'],
  claims: {
    iss: required(text(128)),
    iat: required(),
    exp: required(),
    phn: required(
      pattern(
        /^[1-9]\d{6,14}$/,
        '7 to 15 digits that begin with the country code, without "+", zeros or spaces before',
      ),
    ),
    xid: required(text(256)),
  },
}

const isConsole: Rule = ({ payload }) =>
  Object.hasOwn(payload, 'exp')
    ? undefined
    : {
        level: 'warning',
        rule: 'console-token',
        at: 'payload.exp',
        message:
          'It has no "exp": a console JWT, which works until it is regenerated. Give browsers short-lived ones alone.',
      }

const voicegain: Profile = {
  vendor: 'voicegain',
  title: 'Voicegain',
  signs: [
    matches('payload', 'sub', {
      expression: /^api:[^:]+:[0-9a-f-]{36}$/,
      weight: 8,
      says: 'api:…:context',
    }),
    matches('payload', 'iss', { expression: /voicegain/i, weight: 8, says: 'Voicegain' }),
  ],
  algorithms: ['HS256'],
  claims: { aud: optional(text(128)) },
  life: { max: 3600 },
  rules: [isConsole],
}

const PRODUCTS = [
  'chat',
  'data_sync',
  'player',
  'task_router',
  'video',
  'voice',
  'live',
  'messaging',
  'conversations',
  'interactions',
]

function badGrants(message: string): Finding {
  return error('grants', 'payload.grants', message)
}

const twilioGrants: Rule = ({ payload: { grants } }) => {
  if (!isObject(grants)) return undefined
  const { identity, ...products } = grants
  if (typeof identity !== 'string' || identity === '') {
    return badGrants(
      `"grants.identity" must be text, and is ${identity === '' ? 'empty' : kindOf(identity)}.`,
    )
  }
  const entries = Object.entries(products)
  if (entries.length === 0)
    return badGrants('"grants" names no product, such as "video" or "voice".')
  const wrong = entries.find(([, grant]) => !isObject(grant))
  if (wrong !== undefined) return badGrants('"grants" must have an object for each product.')
  return entries.every(([name]) => PRODUCTS.includes(name))
    ? undefined
    : {
        level: 'warning',
        rule: 'grants',
        at: 'payload.grants',
        message: `"grants" has a product that is not known here. Known are ${PRODUCTS.join(', ')}.`,
      }
}

const twilio: Profile = {
  vendor: 'twilio',
  title: 'Twilio',
  signs: [
    matches('header', 'cty', { expression: /^twilio-fpa;v=1$/, weight: 8, says: 'twilio-fpa;v=1' }),
    matches('payload', 'iss', { expression: /^SK/, weight: 2, says: 'an API key, SK…' }),
    matches('payload', 'sub', { expression: /^AC/, weight: 2, says: 'an account, AC…' }),
    has('grants', 3),
  ],
  algorithms: ['HS256'],
  header: { cty: required(oneOf('twilio-fpa;v=1')), typ: required(oneOf('JWT')) },
  claims: {
    jti: required(text()),
    iss: required(pattern(/^SK\w+$/, 'the SID of an API key, SK…')),
    sub: required(pattern(/^AC\w+$/, 'the SID of the account, AC…')),
    exp: required(),
    iat: optional(),
    grants: required(object()),
  },
  life: { max: 86_400, maxAhead: 86_400 },
  rules: [twilioGrants],
}

const TRUE_OR_FALSE = new Set([
  'roomCreate',
  'roomList',
  'roomRecord',
  'roomAdmin',
  'roomJoin',
  'canPublish',
  'canSubscribe',
  'canPublishData',
  'canUpdateOwnMetadata',
  'ingressAdmin',
  'hidden',
  'recorder',
  'agent',
])

const videoGrant: Rule = ({ payload: { video, sub } }) => {
  if (!isObject(video)) return undefined
  const wrong = Object.entries(video).find(
    ([name, value]) => TRUE_OR_FALSE.has(name) && typeof value !== 'boolean',
  )
  if (wrong !== undefined) {
    return error(
      'grants',
      'payload.video',
      `"video.${wrong[0]}" must be true or false, and is ${kindOf(wrong[1])}.`,
    )
  }
  if (video['roomJoin'] === true && (sub === undefined || sub === '')) {
    return error('identity', 'payload.sub', '"sub" is missing: who joins a room needs an identity.')
  }
  return undefined
}

const notBefore: Rule = ({ payload: { nbf }, now }) =>
  isDate(nbf) && nbf > now
    ? error(
        'not-before',
        'payload.nbf',
        '"nbf" is in the future by this machine’s clock: LiveKit refuses it until then.',
      )
    : undefined

const liveKit: Profile = {
  vendor: 'live-kit',
  title: 'LiveKit',
  signs: [
    {
      weight: 7,
      says: '"video" holds grants',
      test: ({ payload: { video } }) =>
        isObject(video) && Object.keys(video).some((name) => TRUE_OR_FALSE.has(name)),
    },
    has('sip', 1),
    matches('payload', 'iss', { expression: /^API\w+$/, weight: 2, says: 'an API key, API…' }),
    is('header', 'alg', 'HS256', 1),
  ],
  algorithms: ['HS256'],
  claims: { iss: required(text(128)), exp: required(), video: optional(object()) },
  rules: [videoGrant, notBefore],
}

/** What the tokens of Telesign, Voicegain, Twilio and LiveKit look like. */
export const SDKS: readonly Profile[] = [telesign, voicegain, twilio, liveKit]
