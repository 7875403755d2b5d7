import type { HeaderFields, Reason } from '@mayfly/core'
import type { AttackOptions } from './attack.ts'
import type { AttackTopic } from './topics.ts'

/**
 * A token whose signature holds, and that has to be refused all the same. A verifier under test
 * expects the issuer, the audience and the time that {@link claimsAttacks} is given.
 */
export interface ClaimsAttack {
  readonly topic: AttackTopic
  readonly name: string
  /** The payload as it is signed, byte for byte. */
  readonly payload: string
  readonly header?: HeaderFields
  readonly options?: AttackOptions
  readonly reason: Reason
  /** The claim that the error has to name. */
  readonly claim?: string
}

/** What the verifier under test expects; `now` is in seconds. */
export interface ClaimsAttackTarget {
  readonly issuer: string
  readonly audience: string
  readonly now: number
}

/**
 * Seconds that a good token lives, and half of that lies between now and what is in the future: the
 * machine's clock goes on while a verifier without one of its own is tried.
 */
export const LIFETIME = 7200

/** Gives every attack on claims, made for one verifier. */
export function claimsAttacks(target: ClaimsAttackTarget): readonly ClaimsAttack[] {
  return [
    ...dateAttacks(target),
    ...issuerAttacks(target),
    ...audienceAttacks(target),
    ...shapeAttacks(target),
  ]
}

const DATE: AttackTopic = 'exp, nbf or iat 0, empty, null, string, milliseconds'
const ISSUER: AttackTopic = 'iss as array, prefix, infix, empty'
const AUDIENCE: AttackTopic = 'aud missing, number, nested'
const SHAPE: AttackTopic = 'payload [], "x", 1, null'
const NESTED: AttackTopic = 'fifty thousand opening brackets'
const TWICE: AttackTopic = 'duplicate JSON members'
const PROTOTYPE: AttackTopic = 'members of the prototype'
const TYPE: AttackTopic = 'typ of another kind'
const INVALID = 'claim_invalid' as const
const MISSING = 'claim_missing' as const

function dateAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const { now } = target
  const noDates: readonly [string, string][] = [
    ['0', '0'],
    ['an empty string', '""'],
    ['null', 'null'],
    ['a number in a string', `"${now + LIFETIME}"`],
    ['milliseconds', String((now + LIFETIME) * 1000)],
    ['Infinity', '1e999'],
    ['minus Infinity', '-1e999'],
    ['a negative number', '-1'],
    ['true', 'true'],
    ['an array', `[${now + LIFETIME}]`],
    ['an object', '{}'],
  ]
  const malformed = (['exp', 'nbf', 'iat'] as const).flatMap((claim) =>
    // An "nbf" of 0 is what some issuers mean "from ever" by.
    noDates.slice(claim === 'nbf' ? 1 : 0).map(([what, json]) => ({
      topic: DATE,
      name: `${claim} is ${what}`,
      payload: payload(target, { [claim]: json }),
      reason: INVALID,
      claim,
    })),
  )
  return [...malformed, ...timeAttacks(target)]
}

function timeAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const { now } = target
  return [
    {
      topic: DATE,
      name: 'exp is missing',
      payload: payload(target, { exp: undefined }),
      reason: MISSING,
      claim: 'exp',
    },
    {
      topic: DATE,
      name: 'exp is this very second less the tolerance',
      payload: payload(target, { exp: String(now - 5) }),
      reason: 'token_expired',
      claim: 'exp',
    },
    {
      topic: DATE,
      name: 'nbf is in the future',
      payload: payload(target, { nbf: String(now + LIFETIME / 2) }),
      reason: 'token_not_yet_valid',
      claim: 'nbf',
    },
    {
      topic: DATE,
      name: 'iat is in the future',
      payload: payload(target, { iat: String(now + LIFETIME / 2) }),
      reason: 'token_not_yet_valid',
      claim: 'iat',
    },
    {
      topic: DATE,
      name: 'maxTokenAge is asked for and iat is missing',
      payload: payload(target, { iat: undefined }),
      options: { maxTokenAge: 60 },
      reason: MISSING,
      claim: 'iat',
    },
    {
      topic: DATE,
      name: 'iat is older than maxTokenAge',
      payload: payload(target, { iat: String(now - 66) }),
      options: { maxTokenAge: 60 },
      reason: 'token_too_old',
      claim: 'iat',
    },
  ]
}

function issuerAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const { issuer } = target
  const other: readonly [string, string][] = [
    ['an empty string', ''],
    ['a prefix of the issuer', issuer.slice(0, -1)],
    ['the issuer and more', `${issuer}.evil.example`],
    ['the issuer in the middle', `https://evil.example/${issuer}/`],
    ['the issuer with a slash', `${issuer}/`],
    ['the issuer in upper case', issuer.toUpperCase()],
    ['the issuer and a space', `${issuer} `],
    ['a pattern that fits the issuer', '.*'],
  ]
  return [
    ...other.map(([what, iss]) => ({
      topic: ISSUER,
      name: `iss is ${what}`,
      payload: payload(target, { iss: JSON.stringify(iss) }),
      reason: 'issuer_mismatch' as const,
      claim: 'iss',
    })),
    ...[
      ['an array of the issuer', JSON.stringify([issuer])],
      ['null', 'null'],
      ['0', '0'],
      ['an object', '{}'],
    ].map(([what = '', iss]) => ({
      topic: ISSUER,
      name: `iss is ${what}`,
      payload: payload(target, { iss }),
      reason: INVALID,
      claim: 'iss',
    })),
    {
      topic: ISSUER,
      name: 'iss is missing',
      payload: payload(target, { iss: undefined }),
      reason: MISSING,
      claim: 'iss',
    },
  ]
}

function audienceAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const { audience } = target
  const other: readonly [string, unknown][] = [
    ['an empty string', ''],
    ['an empty array', []],
    ['a prefix of the audience', audience.slice(0, -1)],
    ['the audience and more', `${audience}/admin`],
    ['a list in a string', `other ${audience}`],
    ['an array of others', ['other', `${audience}.evil.example`]],
  ]
  const malformed: readonly [string, string][] = [
    ['a number', '7'],
    ['null', 'null'],
    ['true', 'true'],
    ['an array in an array', JSON.stringify([[audience]])],
    ['an array with a number beside the audience', JSON.stringify([audience, 7])],
    ['an object', JSON.stringify({ [audience]: audience })],
    ['an object like an array', JSON.stringify({ 0: audience, length: 1 })],
  ]
  return [
    ...other.map(([what, aud]) => ({
      topic: AUDIENCE,
      name: `aud is ${what}`,
      payload: payload(target, { aud: JSON.stringify(aud) }),
      reason: 'audience_mismatch' as const,
      claim: 'aud',
    })),
    ...malformed.map(([what, aud]) => ({
      topic: AUDIENCE,
      name: `aud is ${what}`,
      payload: payload(target, { aud }),
      reason: INVALID,
      claim: 'aud',
    })),
    {
      topic: AUDIENCE,
      name: 'aud is missing',
      payload: payload(target, { aud: undefined }),
      reason: MISSING,
      claim: 'aud',
    },
  ]
}

function shapeAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  return [
    ...['[]', '"x"', '1', 'null', '', '{', '{}{}', '\uFEFF{}'].map((text) => ({
      topic: SHAPE,
      name: `the payload is ${JSON.stringify(text)}`,
      payload: text,
      reason: 'token_malformed' as const,
    })),
    ...[
      ['fifty thousand opening brackets', '['.repeat(50_000)],
      // Sound JSON, with good claims beside it: nothing but the bound on its depth can refuse it.
      ['a claim nested forty deep', payload(target, { a: `${'['.repeat(40)}${']'.repeat(40)}` })],
      ['a claim nested 30,000 deep', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ].map(([what = '', text = '']) => ({
      topic: NESTED,
      name: `the payload is ${what}`,
      payload: text,
      options: { maxTokenLength: 100_000 },
      reason: 'token_malformed' as const,
    })),
    ...['exp', 'aud', '\\u0065xp'].map((claim) => ({
      topic: TWICE,
      name: `the payload says "${claim}" a second time`,
      payload: payload(target, {}).replace(/^{/, `{"${claim}":${target.now + LIFETIME},`),
      reason: 'token_malformed' as const,
    })),
    ...['iss', 'aud', 'exp'].map((claim) => ({
      topic: PROTOTYPE,
      name: `${claim} is said of the prototype alone`,
      payload: payload(target, {
        [claim]: undefined,
        ['__proto__']: payload(target, {}),
        constructor: `{"prototype":${payload(target, {})}}`,
      }),
      reason: MISSING,
      claim,
    })),
    ...presenceAttacks(target),
  ]
}

function presenceAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const required = { options: { requiredClaims: ['tenant'] }, reason: MISSING, claim: 'tenant' }
  const type = { options: { type: 'at+jwt' }, reason: 'type_mismatch', claim: 'typ' } as const
  return [
    {
      topic: SHAPE,
      name: 'a required claim is missing',
      payload: payload(target, {}),
      ...required,
    },
    {
      topic: SHAPE,
      name: 'a required claim is null',
      payload: payload(target, { tenant: 'null' }),
      ...required,
    },
    {
      topic: PROTOTYPE,
      name: 'a required claim is only inherited',
      payload: payload(target, {}),
      options: { requiredClaims: ['toString'] },
      reason: MISSING,
      claim: 'toString',
    },
    {
      topic: SHAPE,
      name: 'sub is a number',
      payload: payload(target, { sub: '7' }),
      reason: INVALID,
      claim: 'sub',
    },
    {
      topic: SHAPE,
      name: 'jti is an array',
      payload: payload(target, { jti: '["a"]' }),
      reason: INVALID,
      claim: 'jti',
    },
    {
      topic: TYPE,
      name: 'typ is another type',
      payload: payload(target, {}),
      ...type,
      header: { typ: 'JWT' },
    },
    { topic: TYPE, name: 'typ is missing', payload: payload(target, {}), ...type, header: {} },
    {
      topic: TYPE,
      name: 'typ is a type of another tree',
      payload: payload(target, {}),
      ...type,
      header: { typ: 'text/at+jwt' },
    },
  ]
}

/** Writes a good payload with some claims replaced by JSON text, or left out. */
function payload(
  { issuer, audience, now }: ClaimsAttackTarget,
  replaced: Readonly<Record<string, string | undefined>>,
): string {
  const good: Record<string, string | undefined> = {
    iss: JSON.stringify(issuer),
    aud: JSON.stringify(audience),
    sub: '"alice"',
    exp: String(now + LIFETIME),
    iat: String(now),
    ...replaced,
  }
  const members = Object.entries(good).flatMap(([claim, json]) =>
    json === undefined ? [] : [`${JSON.stringify(claim)}:${json}`],
  )
  return `{${members.join(',')}}`
}
