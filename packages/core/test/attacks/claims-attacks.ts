import type { HeaderFields, RequestErrorCode, VerifierOptions } from '@mayfly/core'

/**
 * A token whose signature holds, and that has to be refused all the same. A verifier under test
 * expects the issuer, the audience and the time that {@link claimsAttacks} is given.
 */
export interface ClaimsAttack {
  readonly name: string
  /** The payload as it is signed, byte for byte. */
  readonly payload: string
  readonly header?: HeaderFields
  readonly options?: Pick<
    VerifierOptions,
    'maxTokenAge' | 'maxTokenLength' | 'requiredClaims' | 'type'
  >
  readonly code: RequestErrorCode
  /** The claim that the error has to name. */
  readonly claim?: string
}

/** What the verifier under test expects; `now` is in seconds. */
export interface ClaimsAttackTarget {
  readonly issuer: string
  readonly audience: string
  readonly now: number
}

/** Gives every attack on claims, made for one verifier. */
export function claimsAttacks(target: ClaimsAttackTarget): readonly ClaimsAttack[] {
  return [
    ...dateAttacks(target),
    ...issuerAttacks(target),
    ...audienceAttacks(target),
    ...shapeAttacks(target),
  ]
}

const INVALID = 'ERR_CLAIM_INVALID' as const
const MISSING = 'ERR_CLAIM_MISSING' as const

function dateAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const { now } = target
  const noDates: readonly [string, string][] = [
    ['0', '0'],
    ['an empty string', '""'],
    ['null', 'null'],
    ['a number in a string', `"${now + 300}"`],
    ['milliseconds', String((now + 300) * 1000)],
    ['Infinity', '1e999'],
    ['minus Infinity', '-1e999'],
    ['a negative number', '-1'],
    ['true', 'true'],
    ['an array', `[${now + 300}]`],
    ['an object', '{}'],
  ]
  const malformed = (['exp', 'nbf', 'iat'] as const).flatMap((claim) =>
    noDates.map(([what, json]) => ({
      name: `${claim} is ${what}`,
      payload: payload(target, { [claim]: json }),
      code: INVALID,
      claim,
    })),
  )
  return [
    ...malformed,
    {
      name: 'exp is missing',
      payload: payload(target, { exp: undefined }),
      code: MISSING,
      claim: 'exp',
    },
    {
      name: 'exp is this very second less the tolerance',
      payload: payload(target, { exp: String(now - 5) }),
      code: 'ERR_TOKEN_EXPIRED',
      claim: 'exp',
    },
    {
      name: 'nbf is in the future',
      payload: payload(target, { nbf: String(now + 6) }),
      code: 'ERR_TOKEN_NOT_YET_VALID',
      claim: 'nbf',
    },
    {
      name: 'iat is in the future',
      payload: payload(target, { iat: String(now + 6) }),
      code: 'ERR_TOKEN_NOT_YET_VALID',
      claim: 'iat',
    },
    {
      name: 'maxTokenAge is asked for and iat is missing',
      payload: payload(target, { iat: undefined }),
      options: { maxTokenAge: 60 },
      code: MISSING,
      claim: 'iat',
    },
    {
      name: 'iat is older than maxTokenAge',
      payload: payload(target, { iat: String(now - 66) }),
      options: { maxTokenAge: 60 },
      code: 'ERR_TOKEN_TOO_OLD',
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
      name: `iss is ${what}`,
      payload: payload(target, { iss: JSON.stringify(iss) }),
      code: 'ERR_ISSUER' as const,
      claim: 'iss',
    })),
    ...[
      ['an array of the issuer', JSON.stringify([issuer])],
      ['null', 'null'],
      ['0', '0'],
      ['an object', '{}'],
    ].map(([what = '', iss]) => ({
      name: `iss is ${what}`,
      payload: payload(target, { iss }),
      code: INVALID,
      claim: 'iss',
    })),
    {
      name: 'iss is missing',
      payload: payload(target, { iss: undefined }),
      code: MISSING,
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
      name: `aud is ${what}`,
      payload: payload(target, { aud: JSON.stringify(aud) }),
      code: 'ERR_AUDIENCE' as const,
      claim: 'aud',
    })),
    ...malformed.map(([what, aud]) => ({
      name: `aud is ${what}`,
      payload: payload(target, { aud }),
      code: INVALID,
      claim: 'aud',
    })),
    {
      name: 'aud is missing',
      payload: payload(target, { aud: undefined }),
      code: MISSING,
      claim: 'aud',
    },
  ]
}

function shapeAttacks(target: ClaimsAttackTarget): ClaimsAttack[] {
  const required = { options: { requiredClaims: ['tenant'] }, code: MISSING, claim: 'tenant' }
  const type = { options: { type: 'at+jwt' }, code: 'ERR_TOKEN_TYPE', claim: 'typ' } as const
  return [
    ...['[]', '"x"', '1', 'null', '', '{', '{}{}', '\uFEFF{}'].map((text) => ({
      name: `the payload is ${JSON.stringify(text)}`,
      payload: text,
      code: 'ERR_TOKEN_MALFORMED' as const,
    })),
    ...[
      ['fifty thousand opening brackets', '['.repeat(50_000)],
      ['a claim nested 30,000 deep', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ].map(([what = '', text = '']) => ({
      name: `the payload is ${what}`,
      payload: text,
      options: { maxTokenLength: 100_000 },
      code: 'ERR_TOKEN_MALFORMED' as const,
    })),
    ...['exp', 'aud', '\\u0065xp'].map((claim) => ({
      name: `the payload says "${claim}" a second time`,
      payload: payload(target, {}).replace(/^{/, `{"${claim}":${target.now + 300},`),
      code: 'ERR_TOKEN_MALFORMED' as const,
    })),
    ...['iss', 'aud', 'exp'].map((claim) => ({
      name: `${claim} is said of the prototype alone`,
      payload: payload(target, {
        [claim]: undefined,
        ['__proto__']: payload(target, {}),
        constructor: `{"prototype":${payload(target, {})}}`,
      }),
      code: MISSING,
      claim,
    })),
    { name: 'a required claim is missing', payload: payload(target, {}), ...required },
    { name: 'a required claim is null', payload: payload(target, { tenant: 'null' }), ...required },
    {
      name: 'a required claim is only inherited',
      payload: payload(target, {}),
      options: { requiredClaims: ['toString'] },
      code: MISSING,
      claim: 'toString',
    },
    {
      name: 'sub is a number',
      payload: payload(target, { sub: '7' }),
      code: INVALID,
      claim: 'sub',
    },
    {
      name: 'jti is an array',
      payload: payload(target, { jti: '["a"]' }),
      code: INVALID,
      claim: 'jti',
    },
    { name: 'typ is another type', payload: payload(target, {}), ...type, header: { typ: 'JWT' } },
    { name: 'typ is missing', payload: payload(target, {}), ...type, header: {} },
    {
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
    exp: String(now + 300),
    iat: String(now),
    ...replaced,
  }
  const members = Object.entries(good).flatMap(([claim, json]) =>
    json === undefined ? [] : [`${JSON.stringify(claim)}:${json}`],
  )
  return `{${members.join(',')}}`
}
