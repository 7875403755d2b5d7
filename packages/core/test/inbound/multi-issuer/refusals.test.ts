import { MemoryOneTimeGuard, type MultiIssuerOptions, MultiIssuerVerifier } from '@mayfly/core'
import { startJwksServer } from '@mayfly/sandboxes'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { b64 } from '../../support/forge.ts'
import { AUDIENCE, failure } from '../../support/inbound.ts'
import { twoIssuers } from './two-issuers.ts'

describe('A verifier of several issuers refuses', () => {
  it('a token that one issuer’s key signed in another’s name', async () => {
    await using bench = await twoIssuers()
    const { staff, clock } = bench
    const other = await startJwksServer({ clock, audience: AUDIENCE })
    const verifier = new MultiIssuerVerifier({
      audience: AUDIENCE,
      clock,
      issuers: [staff, other].map(({ issuer, jwksUri }) => ({ issuer, keys: { jwksUri } })),
    })
    const [staffKey] = staff.keyIds
    const forgeries = [
      other.mint({ claims: { iss: staff.issuer } }),
      other.mint({ claims: { iss: staff.issuer }, header: { kid: staffKey } }),
      other.mint({ claims: { iss: staff.issuer }, header: { kid: undefined } }),
    ]
    for (const warm of [false, true]) {
      if (warm) await Promise.all([staff, other].map((one) => verifier.verify(one.mint())))
      for (const token of forgeries) {
        const error = await failure(() => verifier.verify(token))
        expect(error).toMatchObject({ status: 401, reason: /^(?:key_unknown|signature_invalid)$/ })
      }
    }
    await other.close()
  })

  it('a key id with delimiters in it that means a key of another issuer', async () => {
    const clock = new FakeClock()
    const audience = AUDIENCE
    const names = ['https://a.example', 'https://a.example/b']
    const delimiters = ['/b', ':', '|', '#', ',', '\0', '"]["', '/b:', '%2Fb']
    const [short, long] = names.map((issuer) => createTestIssuer({ issuer, audience, clock }))
    if (short === undefined || long === undefined) throw new Error('Two names, two issuers.')
    for (const delimiter of delimiters) {
      // Joined to the issuer's name, both ids come to the same text.
      const ids = new Map([
        [short, `/b${delimiter}k`],
        [long, `${delimiter}k`],
      ])
      const setOf = (one: typeof short): typeof one.jwks => ({
        keys: one.jwks.keys.map((jwk) => ({ ...jwk, kid: ids.get(one) })),
      })
      const verifier = new MultiIssuerVerifier({
        audience,
        clock,
        issuers: [short, long].map((one) => ({
          issuer: one.issuer,
          keys: {
            jwksUri: `${one.issuer}/keys`,
            fetch: () => Promise.resolve(Response.json(setOf(one))),
          },
        })),
      })
      for (const [one, other] of [
        [short, long],
        [long, short],
      ] as const) {
        await verifier.verify(one.mint({ header: { kid: ids.get(one) } }))
        for (const kid of ids.values()) {
          const token = one.mint({ header: { kid }, claims: { iss: other.issuer } })
          expect(await failure(() => verifier.verify(token))).toMatchObject({ status: 401 })
        }
      }
    }
  })

  it.each([
    ['a stranger', 'https://evil.example', 'issuer_mismatch'],
    ['nobody', undefined, 'claim_missing'],
    ['a list', ['ISSUER'], 'claim_invalid'],
    ['nothing', '', 'issuer_mismatch'],
    ['null', null, 'claim_invalid'],
    ['a number', 7, 'claim_invalid'],
    ['a prototype', '__proto__', 'issuer_mismatch'],
    ['an issuer and more', 'ISSUER/', 'issuer_mismatch'],
    ['an issuer in capitals', 'HTTP://127.0.0.1', 'issuer_mismatch'],
  ])('a token of %s, and asks nobody for keys', async (_, name, reason) => {
    await using bench = await twoIssuers()
    const { staff, partner, verifier, events } = bench
    const iss: unknown =
      name === undefined
        ? undefined
        : (JSON.parse(JSON.stringify(name).replace('ISSUER', staff.issuer)) as unknown)
    const error = await failure(() => verifier.verify(staff.mint({ claims: { iss } })))
    expect(error).toMatchObject({ status: 401, reason, claim: 'iss' })
    expect(staff.requests + partner.requests).toBe(0)
    expect(events).toEqual([{ type: 'deny', reason, durationMs: 0 }])
  })

  it('what is no token, before anybody looks at its issuer', async () => {
    await using bench = await twoIssuers()
    const { staff, verifier } = bench
    const good = staff.mint()
    const [header = '', , signature = ''] = good.split('.')
    const payload = (text: string): string => `${header}.${b64(text)}.${signature}`
    const nonsense: readonly unknown[] = [
      undefined,
      null,
      {},
      '',
      '.',
      '..',
      'a.b',
      `${good}.a.b`,
      `${good}${'x'.repeat(12_288)}`,
      '.'.repeat(8000),
      payload('[]'),
      payload('null'),
      payload('"x"'),
      payload(`{"iss":"${staff.issuer}","iss":"${staff.issuer}"}`),
      payload('['.repeat(5000)),
      `${header}.${b64(`{"iss":"${staff.issuer}"}`)}=.${signature}`,
    ]
    for (const token of nonsense) {
      const error = await failure(() => verifier.verify(token as string))
      expect(error).toMatchObject({ status: 401, reason: 'token_malformed' })
    }
    expect(staff.requests).toBe(0)
  })

  it('a token that is too long, before anybody reads it', async () => {
    await using bench = await twoIssuers({ maxTokenLength: 600 })
    const claims = { iss: 'https://evil.example', more: 'x'.repeat(600) }
    const error = await failure(() => bench.verifier.verify(bench.staff.mint({ claims })))
    expect(error).toMatchObject({ reason: 'token_malformed' })
  })

  it('a token with one issuer to choose by and another that was signed', async () => {
    await using bench = await twoIssuers()
    const { staff, verifier } = bench
    const [header = '', payload = '', signature = ''] = staff.mint().split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    const other = b64(JSON.stringify({ ...claims, iss: bench.partner.issuer }))
    const token = `${header}.${other}.${signature}`
    expect(await failure(() => verifier.verify(token))).toMatchObject({ status: 401 })
  })
})

describe('A verifier of several issuers cannot be made', () => {
  const { keys } = createTestIssuer()
  const entry = { issuer: 'https://a.example', audience: null, keys }
  it.each([
    ['options', undefined, 'ERR_OPTION_REQUIRED'],
    ['issuers', {}, 'ERR_OPTION_REQUIRED'],
    ['issuers', { issuers: [] }, 'ERR_OPTION_REQUIRED'],
    ['issuers', { issuers: entry }, 'ERR_OPTION_REQUIRED'],
    ['issuer', { issuer: 'https://a.example', issuers: [entry] }, 'ERR_OPTION_INVALID'],
    ['keys', { keys, issuers: [entry] }, 'ERR_OPTION_INVALID'],
    ['once', { once: new MemoryOneTimeGuard(), issuers: [entry] }, 'ERR_OPTION_INVALID'],
    ['audiance', { audiance: 'x', issuers: [entry] }, 'ERR_OPTION_UNKNOWN'],
    ['issuers[0].options', { issuers: [null] }, 'ERR_OPTION_REQUIRED'],
    ['issuers[1].issuer', { issuers: [entry, entry] }, 'ERR_OPTION_INVALID'],
    ['issuers[0].issuer', { issuers: [{ ...entry, issuer: null }] }, 'ERR_OPTION_INVALID'],
    ['issuers[0].issuer', { issuers: [{ ...entry, issuer: [] }] }, 'ERR_OPTION_INVALID'],
    ['issuers[0].issuer', { issuers: [{ audience: null, keys }] }, 'ERR_OPTION_REQUIRED'],
    [
      'issuers[0].audience',
      { issuers: [{ ...entry, audience: undefined }] },
      'ERR_OPTION_REQUIRED',
    ],
    ['issuers[0].keys', { issuers: [{ ...entry, keys: undefined }] }, 'ERR_OPTION_REQUIRED'],
    ['issuers[0].kyes', { issuers: [{ ...entry, kyes: [] }] }, 'ERR_OPTION_UNKNOWN'],
  ])('with the wrong %s', (option, options, code) => {
    expect(() => new MultiIssuerVerifier(options as unknown as MultiIssuerOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', code, option }) as object,
    )
  })
})
