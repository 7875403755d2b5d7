import { describe, expect, it } from 'vitest'
import { type ClaimsOptions, compileClaimsPolicy } from '../../../src/inbound/claims/policy.ts'
import { AUDIENCE, GOOD_CLAIMS, ISSUER, NOW } from '../../support/inbound.ts'

function judge(
  options: Partial<ClaimsOptions>,
  claims: Record<string, unknown> = {},
  { now = NOW, typ = 'JWT' }: { now?: number; typ?: unknown } = {},
): void {
  const policy = compileClaimsPolicy({ issuer: ISSUER, audience: AUDIENCE, ...options })
  policy.check({ payload: { ...GOOD_CLAIMS, ...claims }, protectedHeader: { typ } }, now)
}

const code = (expected: string): object => expect.objectContaining({ code: expected }) as object

describe('A claims policy accepts', () => {
  it('a token until its exp and the tolerance are over, and not from then on', () => {
    judge({}, {}, { now: NOW + 304.9 })
    expect(() => judge({}, {}, { now: NOW + 305 })).toThrow(code('ERR_TOKEN_EXPIRED'))
    expect(() => judge({ clockTolerance: 0 }, {}, { now: NOW + 300 })).toThrow(
      code('ERR_TOKEN_EXPIRED'),
    )
  })

  it('a token from its nbf on, less the tolerance', () => {
    judge({}, { nbf: NOW + 5 })
    expect(() => judge({}, { nbf: NOW + 5.1 })).toThrow(code('ERR_TOKEN_NOT_YET_VALID'))
  })

  it('a token until maxTokenAge and the tolerance are over, however late its exp', () => {
    judge({ maxTokenAge: 60 }, {}, { now: NOW + 64.9 })
    expect(() => judge({ maxTokenAge: 60 }, {}, { now: NOW + 65 })).toThrow(
      code('ERR_TOKEN_TOO_OLD'),
    )
  })

  it('a token of a machine whose clock is a minute ahead, or as far as iatTolerance says', () => {
    judge({}, { iat: NOW + 60 })
    judge({ iatTolerance: 300 }, { iat: NOW + 300 })
    judge({ clockTolerance: 120 }, { iat: NOW + 120 })
    for (const [options, ahead] of [
      [{}, 60.1],
      [{ iatTolerance: 0 }, 1],
      [{ iatTolerance: 300 }, 301],
    ] as const) {
      expect(() => judge(options, { iat: NOW + ahead })).toThrow(code('ERR_TOKEN_NOT_YET_VALID'))
    }
  })

  it('an nbf of 0, and an exp in the year 9999', () => {
    judge({}, { nbf: 0, exp: 253_402_300_799 })
    expect(() => judge({}, { exp: (NOW + 300) * 1000 })).toThrow(code('ERR_CLAIM_INVALID'))
    expect(() => judge({}, { nbf: null })).toThrow(code('ERR_CLAIM_INVALID'))
    expect(() => judge({}, { exp: 0 })).toThrow(code('ERR_CLAIM_INVALID'))
  })

  it('a token without exp only when told to, and then still judges one that is there', () => {
    judge({ requireExpiry: false }, { exp: undefined })
    expect(() => judge({ requireExpiry: false }, { exp: null })).toThrow(code('ERR_CLAIM_INVALID'))
    expect(() => judge({ requireExpiry: false }, { exp: NOW - 60 })).toThrow(
      code('ERR_TOKEN_EXPIRED'),
    )
  })

  it('any one of several issuers and audiences', () => {
    judge({ issuer: ['https://other.example', ISSUER], audience: ['other', AUDIENCE] })
    judge({}, { aud: ['other', AUDIENCE] })
  })

  it('any issuer and audience, or none, when null is written', () => {
    const open = { issuer: null, audience: null }
    judge(open, { iss: 'anybody', aud: ['anything'] })
    judge(open, { iss: undefined, aud: undefined })
    expect(() => judge(open, { iss: ['anybody'] })).toThrow(code('ERR_CLAIM_INVALID'))
    expect(() => judge(open, { aud: 7 })).toThrow(code('ERR_CLAIM_INVALID'))
  })

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'])(
    'typ %s where at+jwt is asked for',
    (typ) => {
      judge({ type: 'at+jwt' }, {}, { typ })
      judge({ type: 'application/at+jwt' }, {}, { typ })
    },
  )

  it.each([undefined, 'JWT', 'jwt', 'application/jwt', 'at+jwt', 'AT+JWT', 'Application/at+jwt'])(
    'typ %s where no type is asked for',
    (typ) => judge({}, {}, { typ }),
  )

  it.each([
    'logout+jwt',
    'Logout+JWT',
    'application/logout+jwt',
    'APPLICATION/LOGOUT+JWT',
    'application/logout+jwt; charset=utf-8',
    ' logout+jwt ',
    'dpop+jwt',
    'token-introspection+jwt',
    'secevent+jwt',
    'oauth-authz-req+jwt',
    'entity-statement+jwt',
    'kb+jwt',
    'dc+sd-jwt',
    7,
    null,
  ])('no typ of another purpose where no type is asked for: %s', (typ) => {
    expect(() => judge({}, {}, { typ })).toThrow(code('ERR_TOKEN_TYPE'))
  })

  it('one of several types, a type of another purpose when it is asked for', () => {
    judge({ type: ['at+jwt', 'JWT'] }, {}, { typ: 'application/jwt' })
    judge({ type: 'logout+jwt' }, {}, { typ: 'Logout+JWT' })
    expect(() => judge({ type: ['at+jwt', 'JWT'] }, {}, { typ: 'x+jwt' })).toThrow(
      code('ERR_TOKEN_TYPE'),
    )
  })

  it.each(['azp', 'client_id', 'cid', 'appid'])('a token of a known client in %s', (claim) => {
    judge({ clientIds: ['shop', 'till'] }, { [claim]: 'till' })
    judge({ clientIds: 'till', audience: null }, { [claim]: 'till', aud: undefined })
    for (const client of ['', 'til', 'tills', 'TILL', ' till']) {
      expect(() => judge({ clientIds: 'till' }, { [claim]: client })).toThrow(code('ERR_CLIENT'))
    }
    expect(() => judge({ clientIds: 'till' }, { [claim]: ['till'] })).toThrow(
      code('ERR_CLAIM_INVALID'),
    )
    expect(() => judge({ clientIds: 'till' }, { [claim]: null })).toThrow(code('ERR_CLAIM_INVALID'))
  })

  it('no token without a client, or with a second one, where clientIds are given', () => {
    expect(() => judge({ clientIds: 'till' })).toThrow(code('ERR_CLAIM_MISSING'))
    expect(() => judge({ clientIds: 'till' }, { azp: 'till', client_id: 'evil' })).toThrow(
      code('ERR_CLIENT'),
    )
    judge({ clientIds: 'till', clientClaim: 'app' }, { app: 'till', azp: 'evil' })
    expect(() => judge({ clientIds: 'till', clientClaim: 'app' }, { azp: 'till' })).toThrow(
      code('ERR_CLAIM_MISSING'),
    )
  })

  it('a required claim that is false, 0 or empty, since it is there', () => {
    for (const tenant of [false, 0, '']) judge({ requiredClaims: ['tenant'] }, { tenant })
  })
})

describe('A claims policy judges the time first, so that', () => {
  it('an expired token from elsewhere is called expired', () => {
    const other = { iss: 'other', aud: 'other', exp: NOW - 60 }
    expect(() => judge({ type: 'x' }, other)).toThrow(code('ERR_TOKEN_EXPIRED'))
    expect(() => judge({ type: 'x' }, { ...other, exp: NOW + 1 })).toThrow(code('ERR_ISSUER'))
    expect(() => judge({ type: 'x' }, { aud: 'other' })).toThrow(code('ERR_AUDIENCE'))
  })
})

describe('A claims policy cannot be made', () => {
  it.each([
    ['issuer', { issuer: undefined }, 'ERR_OPTION_REQUIRED'],
    ['audience', { audience: undefined }, 'ERR_OPTION_REQUIRED'],
    ['issuer', { issuer: '' }, 'ERR_OPTION_INVALID'],
    ['issuer', { issuer: [] }, 'ERR_OPTION_INVALID'],
    ['issuer', { issuer: /example/ }, 'ERR_OPTION_INVALID'],
    ['audience', { audience: [/example/] }, 'ERR_OPTION_INVALID'],
    ['audience', { audience: [AUDIENCE, ''] }, 'ERR_OPTION_INVALID'],
    ['clockTolerance', { clockTolerance: Number.NaN }, 'ERR_OPTION_INVALID'],
    ['clockTolerance', { clockTolerance: Infinity }, 'ERR_OPTION_INVALID'],
    ['clockTolerance', { clockTolerance: -1 }, 'ERR_OPTION_INVALID'],
    ['clockTolerance', { clockTolerance: 5000 }, 'ERR_OPTION_INVALID'],
    ['clockTolerance', { clockTolerance: '5' }, 'ERR_OPTION_INVALID'],
    ['clockTolerance', { clockTolerance: null }, 'ERR_OPTION_INVALID'],
    ['maxTokenAge', { maxTokenAge: Infinity }, 'ERR_OPTION_INVALID'],
    ['requireExpiry', { requireExpiry: 'no' }, 'ERR_OPTION_INVALID'],
    ['requiredClaims', { requiredClaims: 'sub' }, 'ERR_OPTION_INVALID'],
    ['type', { type: '' }, 'ERR_OPTION_INVALID'],
    ['type', { type: [] }, 'ERR_OPTION_INVALID'],
    ['iatTolerance', { iatTolerance: 90_000 }, 'ERR_OPTION_INVALID'],
    ['clientIds', { clientIds: [] }, 'ERR_OPTION_INVALID'],
    ['clientClaim', { clientClaim: 'azp' }, 'ERR_OPTION_INVALID'],
    ['scopeClaims', { scopeClaims: 'roles' }, 'ERR_OPTION_INVALID'],
    ['ignoreConfirmation', { ignoreConfirmation: 'jkt' }, 'ERR_OPTION_INVALID'],
    ['largeIntegers', { largeIntegers: 'round' }, 'ERR_OPTION_INVALID'],
    ['allowNumericIds', { allowNumericIds: 1 }, 'ERR_OPTION_INVALID'],
  ])('with the wrong %s: %o', (option, options, expected) => {
    const wrong = { issuer: ISSUER, audience: AUDIENCE, ...options } as ClaimsOptions
    expect(() => compileClaimsPolicy(wrong)).toThrow(
      expect.objectContaining({ name: 'OptionError', code: expected, option }) as object,
    )
  })

  it('so that its lists change when the caller changes his', () => {
    const issuer = [ISSUER]
    const policy = compileClaimsPolicy({ issuer, audience: null })
    issuer[0] = 'https://evil.example'
    policy.check({ payload: GOOD_CLAIMS, protectedHeader: {} }, NOW)
  })
})
