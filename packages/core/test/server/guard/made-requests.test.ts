import { authenticate, type GuardOptions, type IncomingRequest } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { bench } from '../../support/inbound.ts'
import { received } from '../../support/requests.ts'

const { verifier, sign } = await bench()
const token = await sign()

async function judged(request: unknown, options?: GuardOptions): Promise<unknown> {
  const outcome = await authenticate(verifier, request as IncomingRequest, options)
  return outcome.ok ? outcome.auth?.claims.sub : outcome.error.reason
}

const subject = await judged({ headers: { authorization: `Bearer ${token}` } })

describe('A request that was made by hand', () => {
  it.each([
    ['with the field in any case', { headers: { AUTHORIZATION: `Bearer ${token}` } }],
    ['with a list of one', { headers: { authorization: [`Bearer ${token}`] } }],
    [
      'with raw fields that are empty',
      { headers: { Authorization: `Bearer ${token}` }, rawHeaders: [] },
    ],
    [
      'with a method header besides',
      { headers: { authorization: `Bearer ${token}` }, header: () => 'x' },
    ],
  ])('is read %s', async (_, request) => {
    expect(subject).toEqual(expect.any(String))
    expect(await judged(request)).toBe(subject)
  })

  it.each<[string, unknown, string]>([
    ['no field', { headers: {} }, 'token_missing'],
    ['a field that is nothing', { headers: { authorization: undefined } }, 'token_missing'],
    ['a field of another type', { headers: { authorization: 7 } }, 'token_missing'],
    [
      'the field twice, in two spellings',
      { headers: { authorization: `Bearer ${token}`, Authorization: `Bearer ${token}` } },
      'request_invalid',
    ],
    ['two values', { headers: { authorization: ['Bearer a', 'Bearer b'] } }, 'request_invalid'],
  ])('with %s is refused', async (_, request, reason) => {
    expect(await judged(request)).toBe(reason)
  })
})

describe('A header of another name', () => {
  const options = { tokenFrom: { header: 'X-Goog-Iap-Jwt-Assertion' } }
  const fields = (...all: [name: string, value: string][]): IncomingRequest =>
    received({ fields: all })
  const NAME = 'x-goog-iap-jwt-assertion'

  it.each([token, `Bearer ${token}`, `bearer ${token}`])('has the token, %#', async (value) => {
    expect(await judged(fields([NAME, value]), options)).toBe(subject)
  })

  it.each<[string, [name: string, value: string][], string]>([
    ['only Authorization', [['authorization', `Bearer ${token}`]], 'token_missing'],
    [
      'it twice',
      [
        [NAME, token],
        [NAME, token],
      ],
      'request_invalid',
    ],
    ['a list', [[NAME, `${token}, ${token}`]], 'request_invalid'],
    ['an empty value', [[NAME, '']], 'request_invalid'],
    ['another scheme', [[NAME, `Basic ${token}`]], 'request_invalid'],
  ])('is not there, or not well, in a request with %s', async (_, all, reason) => {
    expect(await judged(fields(...all), options)).toBe(reason)
  })

  it('blames no Authorization header that nobody reads', async () => {
    const request = fields(['authorization', `Bearer ${token}`])
    const outcome = await authenticate(verifier, request, options)
    expect(outcome).toMatchObject({ ok: false, error: { message: 'This takes a bearer token.' } })
  })

  it('counts beside other places', async () => {
    const both = { tokenFrom: { header: NAME, cookie: 'token' } }
    const request = fields([NAME, token], ['cookie', `token=${token}`])
    expect(await judged(request, both)).toBe('request_invalid')
  })

  it('keeps the rules of Authorization under that name', async () => {
    const usual = { tokenFrom: { header: 'Authorization' } }
    expect(await judged(fields(['authorization', `Bearer ${token}`]), usual)).toBe(subject)
    expect(await judged(fields(['authorization', 'Basic YTpi']), usual)).toBe('token_missing')
  })

  it.each(['', 'a b', 'cookie', 'Origin', 7])('cannot be %j', async (header) => {
    await expect(judged(fields(), { tokenFrom: { header: header as string } })).rejects.toThrow(
      /tokenFrom\.header/,
    )
  })
})
