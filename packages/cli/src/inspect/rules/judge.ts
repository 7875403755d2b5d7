import { durationText, MILLISECONDS_FROM } from '../../text/times.ts'
import { quoted } from '../../text/visible.ts'
import { shown } from './checks.ts'
import type { Field, Finding, Life, Profile, TokenView } from './profile.ts'

/** Finds every rule of a vendor that a token breaks. */
export function judge(profile: Profile, token: TokenView): readonly Finding[] {
  const { title, algorithms, header = {}, claims, life, rules = [] } = profile
  const found = [
    ...judgeAlgorithm(algorithms, token, title),
    ...judgeFields('header', header, token.header),
    ...judgeFields('payload', claims, token.payload),
    ...judgeOthers(profile, token),
    ...judgeIssuedAt(token, title),
    ...judgeLife(typeof life === 'function' ? life(token) : (life ?? {}), token, title),
    ...rules.map((rule) => rule(token)),
  ]
  return found.filter((finding) => finding !== undefined)
}

function judgeAlgorithm(
  algorithms: readonly string[],
  { header: { alg } }: TokenView,
  title: string,
): readonly Finding[] {
  if (typeof alg === 'string' && algorithms.includes(alg)) return []
  const message = `"alg" must be ${algorithms.join(' or ')} for ${title}, and is ${shown(alg)}.`
  return [{ level: 'error', rule: 'algorithm', at: 'header.alg', message }]
}

function judgeFields(
  place: 'header' | 'payload',
  fields: Readonly<Record<string, Field>>,
  object: TokenView['payload'],
): readonly Finding[] {
  return Object.entries(fields).flatMap(([name, { required, forbidden, check }]) => {
    const at = `${place}.${name}`
    if (!Object.hasOwn(object, name)) {
      if (required !== true) return []
      return [
        error('missing', at, `"${name}" is missing${place === 'header' ? ' in the header' : ''}.`),
      ]
    }
    if (forbidden !== undefined)
      return [error('forbidden', at, `"${name}" must not be there: ${forbidden}`)]
    const fault = check?.(object[name])
    return fault === undefined ? [] : [error('value', at, `"${name}" ${fault}`)]
  })
}

function judgeOthers(
  { claims, noOtherClaims }: Profile,
  { payload }: TokenView,
): readonly Finding[] {
  if (noOtherClaims === undefined) return []
  return Object.keys(payload)
    .filter((name) => !Object.hasOwn(claims, name))
    .map((name) =>
      error(
        'other-claim',
        `payload.${name}`,
        `${quoted(name)} must not be there: ${noOtherClaims}`,
      ),
    )
}

/** Dates of the wrong kind are found by the rules for every token. */
function judgeIssuedAt({ payload: { iat }, now }: TokenView, title: string): readonly Finding[] {
  if (!isDate(iat) || iat <= now) return []
  return [
    error(
      'issued-in-future',
      'payload.iat',
      `"iat" is ${durationText(Math.ceil(iat - now))} in the future by this machine's clock: ${title} refuses it. Is the clock wrong here, or where it was made?`,
    ),
  ]
}

function judgeLife(life: Life, { payload, now }: TokenView, title: string): readonly Finding[] {
  const { from = 'iat', to = 'exp', min, max, maxAhead, maxAge } = life
  const begin = payload[from]
  const end = payload[to]
  const at = `payload.${to}`
  const found: Finding[] = []
  if (isDate(begin) && isDate(end)) {
    const lives = `It lives ${seconds(end - begin)} ("${from}" to "${to}")`
    if (max !== undefined && end - begin > max) {
      found.push(error('too-long', at, `${lives}; ${title} takes ${seconds(max)} at the most.`))
    }
    if (min !== undefined && end - begin < min) {
      found.push(error('too-short', at, `${lives}; ${title} takes ${seconds(min)} at the least.`))
    }
  }
  if (isDate(end) && maxAhead !== undefined && end > now + maxAhead) {
    const message = `"${to}" is ${seconds(Math.ceil(end - now))} ahead of this machine's clock; ${title} takes ${seconds(maxAhead)} by its own.`
    found.push(error('too-far-ahead', at, message))
  }
  if (isDate(begin) && maxAge !== undefined && now - begin >= maxAge) {
    const message = `It is ${seconds(Math.floor(now - begin))} old; for ${title} it is dead ${seconds(maxAge)} after "${from}"${Object.hasOwn(payload, to) ? `, whatever "${to}" says` : ''}.`
    found.push(error('too-old', `payload.${from}`, message))
  }
  return found
}

/** Tells whether a value is a NumericDate that can be reckoned with. */
export function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value < MILLISECONDS_FROM
}

/** Makes a finding for which tokens are refused. */
export function error(rule: string, at: string, message: string): Finding {
  return { level: 'error', rule, at, message }
}

function seconds(count: number): string {
  return count < 120 ? `${count} s` : `${durationText(count)} (${count} s)`
}
