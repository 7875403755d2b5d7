import { MILLISECONDS_FROM, utcText } from '../../text/times.ts'
import { kindOf, shown } from './checks.ts'
import { error, isDate } from './judge.ts'
import type { Finding, TokenView } from './profile.ts'

/** Claims that are NumericDates (RFC 7519, OpenID Connect, Zoom). */
const DATES = ['iat', 'nbf', 'exp', 'auth_time', 'tokenExp', 'updated_at']

const ALGORITHMS = /^(?:HS|RS|PS|ES)(?:256|384|512)$|^(?:EdDSA|Ed25519)$/

/** Members of the header that bring a key along. */
const KEY_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c']

/** Finds what is wrong with a token whoever it is for. */
export function judgeGenerally(token: TokenView): readonly Finding[] {
  return [...judgeHeader(token), ...judgeDates(token), ...judgeNames(token)]
}

function judgeHeader({ header }: TokenView): readonly Finding[] {
  const found: Finding[] = []
  const { alg, kid, typ } = header
  if (typeof alg === 'string' && alg.toLowerCase() === 'none') {
    found.push(
      error(
        'unsigned',
        'header.alg',
        '"alg" is "none": the token is not signed, and anybody can make one like it.',
      ),
    )
  } else if (typeof alg !== 'string') {
    found.push(error('no-algorithm', 'header.alg', `"alg" must be text, and is ${kindOf(alg)}.`))
  } else if (!ALGORITHMS.test(alg)) {
    found.push(
      warning(
        'unknown-algorithm',
        'header.alg',
        `"alg" is ${shown(alg)}, which is not known here.`,
      ),
    )
  }
  if (kid !== undefined && typeof kid !== 'string') {
    found.push(error('key-id', 'header.kid', `"kid" must be text, and is ${kindOf(kid)}.`))
  }
  if (typ !== undefined && typeof typ !== 'string') {
    found.push(error('type', 'header.typ', `"typ" must be text, and is ${kindOf(typ)}.`))
  }
  if (Object.hasOwn(header, 'crit')) {
    found.push(
      warning(
        'critical',
        'header.crit',
        '"crit" asks for extensions; a verifier that does not know them must refuse the token.',
      ),
    )
  }
  if (Object.hasOwn(header, 'b64')) {
    found.push(
      warning(
        'unencoded',
        'header.b64',
        '"b64" speaks of an unencoded payload, which a JWT never has.',
      ),
    )
  }
  for (const name of KEY_MEMBERS) {
    if (!Object.hasOwn(header, name)) continue
    found.push(
      warning(
        'key-in-header',
        `header.${name}`,
        `"${name}" brings a key along. A verifier must not believe it.`,
      ),
    )
  }
  return found
}

function judgeDates({ payload }: TokenView): readonly Finding[] {
  const found = DATES.filter((name) => Object.hasOwn(payload, name)).flatMap((name) => {
    const fault = dateFault(payload[name])
    return fault === undefined ? [] : [error('date', `payload.${name}`, `"${name}" ${fault}`)]
  })
  const { iat, nbf, exp } = payload
  if (isDate(exp)) {
    if (isDate(iat) && exp <= iat) {
      found.push(
        error(
          'ends-before-begin',
          'payload.exp',
          '"exp" is not after "iat": the token never lives.',
        ),
      )
    }
    if (isDate(nbf) && exp <= nbf) {
      found.push(
        error(
          'ends-before-begin',
          'payload.exp',
          '"exp" is not after "nbf": the token never lives.',
        ),
      )
    }
  }
  return found
}

function dateFault(value: unknown): string | undefined {
  if (typeof value === 'string' && /^\d+$/.test(value)) {
    return `is the text ${shown(value)}; it must be a number, without quotes.`
  }
  if (typeof value !== 'number') return `must be a number of seconds, and is ${kindOf(value)}.`
  if (value >= MILLISECONDS_FROM) {
    const meant = utcText(Math.floor(value / 1000))
    return `is ${value}, which is milliseconds${meant === undefined ? '' : ` (of ${meant})`}; tokens count in seconds.`
  }
  if (value <= 0) return `is ${value}; it must be seconds since 1970.`
  return Number.isInteger(value) ? undefined : `is ${value}; it must be a whole number of seconds.`
}

/** Claims that were meant, and are written in another way. */
const MISSPELT: ReadonlyMap<string, string> = new Map([
  ['issuer', 'iss'],
  ['audience', 'aud'],
  ['subject', 'sub'],
  ['expires', 'exp'],
  ['expiresIn', 'exp'],
  ['expires_in', 'exp'],
  ['expiry', 'exp'],
  ['issuedAt', 'iat'],
  ['issued_at', 'iat'],
  ['notBefore', 'nbf'],
])

function judgeNames({ payload }: TokenView): readonly Finding[] {
  const names = Object.keys(payload)
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]))
  const wanted = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']
  const cased = wanted.flatMap((name) => {
    const written = byLowerCase.get(name)
    return written === undefined || written === name ? [] : [[written, name] as const]
  })
  const other = [...MISSPELT].filter(
    ([written, meant]) => Object.hasOwn(payload, written) && !Object.hasOwn(payload, meant),
  )
  return [...cased, ...other].map(([written, meant]) =>
    warning(
      'claim-name',
      `payload.${written}`,
      `${shown(written)} says nothing to a verifier. Is "${meant}" meant?`,
    ),
  )
}

function warning(rule: string, at: string, message: string): Finding {
  return { level: 'warning', rule, at, message }
}
