import { isObject, oneOf, pattern, text } from './checks.ts'
import { error, isDate } from './judge.ts'
import {
  type Finding,
  forbidden,
  has,
  is,
  optional,
  type Profile,
  required,
  type Rule,
} from './profile.ts'

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const DAY = 86_400

const PATH = /^\/\S*$/

function badAcl(message: string): Finding {
  return error('acl', 'payload.acl', message)
}

/** Judges an `acl`: `{ paths: { "/path": {} } }`. */
const aclShape: Rule = ({ payload }) => {
  if (!Object.hasOwn(payload, 'acl')) return undefined
  const { acl } = payload
  if (!isObject(acl)) return badAcl('"acl" must be an object, { "paths": { "/*/users/**": {} } }.')
  const { paths } = acl
  if (!isObject(paths))
    return badAcl('"acl" must have "paths", an object with a member for each path.')
  const names = Object.keys(paths)
  if (names.length === 0) return badAcl('"acl" names no path, so the token may do nothing.')
  const wrong = names.find((name) => !PATH.test(name) || !isObject(paths[name]))
  return wrong === undefined
    ? undefined
    : badAcl(
        `"acl" is wrong at one path: each begins with "/" and stands for an object, as in "/*/users/**": {}.`,
      )
}

/** `nbf` may lie ahead, but not past the day that Vonage gives a token. */
const startsInTime: Rule = ({ payload: { iat, nbf } }) =>
  isDate(iat) && isDate(nbf) && nbf >= iat + DAY
    ? error(
        'not-before',
        'payload.nbf',
        '"nbf" is a day or more after "iat": Vonage never takes it.',
      )
    : undefined

const application: Profile = {
  vendor: 'vonage',
  title: 'Vonage',
  signs: [has('application_id', 8), has('acl', 2), is('header', 'alg', 'RS256', 1)],
  algorithms: ['RS256'],
  claims: {
    application_id: required(pattern(UUID, 'a UUID, as the dashboard shows it')),
    iat: required(),
    exp: required(),
    jti: required(pattern(UUID, 'a UUID, new for each token')),
    sub: optional(text(1024)),
    iss: forbidden('Vonage knows the application by "application_id".'),
  },
  life: { min: 30, max: DAY, maxAge: DAY },
  rules: [aclShape, startsInTime],
}

const webhook: Profile = {
  vendor: 'vonage-webhook',
  title: 'Vonage (signed webhook)',
  signs: [is('payload', 'iss', 'Vonage', 6), has('payload_hash', 4), has('api_key', 2)],
  algorithms: ['HS256'],
  claims: {
    iss: required(oneOf('Vonage')),
    iat: required(),
    jti: required(text()),
    api_key: required(text(64)),
    payload_hash: required(pattern(/^[0-9a-f]{64}$/i, 'a SHA-256 in hex')),
    application_id: optional(text(128)),
  },
  life: { maxAge: 300 },
}

/** What Vonage's tokens look like. */
export const VONAGE: readonly Profile[] = [application, webhook]
