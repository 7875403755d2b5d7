import { authenticate, denial, type GuardOptions, type Outcome } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, bench, GOOD_CLAIMS } from '../support/inbound.ts'
import { bearing, received } from '../support/requests.ts'

const APP = 'https://app.example.com'
const API = 'https://api.example.com'
const EVIL = 'https://evil.example'

const { verifier, sign } = await bench({ origin: { claim: 'aud' } })
const token = await sign({ ...GOOD_CLAIMS, aud: [AUDIENCE, APP] })

type Field = readonly [name: string, value: string]

async function ask(...fields: readonly Field[]): Promise<Outcome<unknown>> {
  return authenticate(verifier, bearing(token, ...fields))
}

describe('A guard whose verifier binds tokens to origins', () => {
  it('lets a request pass from an origin that the token names, and says what it looked at', async () => {
    expect(await ask(['origin', APP])).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
    expect(await ask()).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
  })

  it('answers 403 from another, with the origin received and never those allowed', async () => {
    const outcome = await ask(['origin', EVIL])
    if (outcome.ok) throw new Error('This request should have been refused.')
    const { status, headers, body } = denial(outcome.error)
    expect(status).toBe(403)
    expect(headers).toEqual({
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      vary: 'Origin',
    })
    expect(JSON.parse(body)).toMatchObject({
      title: 'Forbidden',
      reason: 'origin_mismatch',
      origin: EVIL,
    })
    expect(body).not.toContain('app.example.com')
  })

  it.each([
    ['empty', ''],
    ['a list', `${APP}, ${EVIL}`],
    ['a URL with a path', `${APP}/path?secret=1`],
    ['in quotes', `"${APP}"`],
  ])('answers 400 to an Origin that is %s, and does not repeat it', async (_, origin) => {
    const outcome = await ask(['origin', origin])
    if (outcome.ok) throw new Error('This request should have been refused.')
    const { status, headers, body } = denial(outcome.error)
    expect(status).toBe(400)
    expect(headers).toMatchObject({ vary: 'Origin' })
    expect(headers['www-authenticate']).toContain('error="invalid_request"')
    expect(JSON.parse(body)).not.toHaveProperty('origin')
    expect(body).not.toContain('secret')
  })

  it('answers 400 to two Origin headers, even if each alone would do', async () => {
    expect(await ask(['origin', APP], ['Origin', APP])).toMatchObject({
      ok: false,
      error: { status: 400, reason: 'origin_malformed' },
    })
  })

  it('does not say that it looked at the Origin where it did not get so far', async () => {
    const expired = await sign({ ...GOOD_CLAIMS, exp: 1 })
    const outcome = await authenticate(verifier, bearing(expired, ['origin', APP]))
    expect(outcome).toMatchObject({ ok: false, error: { status: 401 } })
    expect(outcome).not.toHaveProperty('error.headers.vary')
  })

  it('takes null for null, not for missing', async () => {
    expect(await ask(['origin', 'null'])).toMatchObject({ error: { reason: 'origin_null' } })
  })

  it('refuses a token from the query that another site may have put into an <img>', async () => {
    const options: GuardOptions = { tokenFrom: { query: 't' } }
    const request = (site: string): ReturnType<typeof received> =>
      received({ url: `/?t=${token}`, fields: [['sec-fetch-site', site]] })
    expect(await authenticate(verifier, request('cross-site'), options)).toMatchObject({
      error: { status: 403, reason: 'origin_unprovable' },
    })
    expect(await authenticate(verifier, request('same-origin'), options)).toMatchObject({
      ok: true,
    })
  })

  it('gives CORS headers to nobody', async () => {
    const outcomes = [await ask(['origin', APP]), await ask(['origin', EVIL])]
    expect(JSON.stringify(outcomes)).not.toMatch(/access-control/i)
  })
})

describe('A guard of an API with pages of its own', () => {
  const strict = bench({ origin: { claim: 'aud', missingOrigin: 'fetch-metadata' } })
  const sameOrigin: Field = ['sec-fetch-site', 'same-origin']

  async function judge(options: GuardOptions, ...fields: readonly Field[]): Promise<object> {
    const { verifier: own, sign: make } = await strict
    const named = await make({ ...GOOD_CLAIMS, aud: [AUDIENCE, 'api.example.com'] })
    return authenticate(
      { checksOrigin: true, verify: (t, c) => own.verify(t, c) },
      bearing(named, ...fields),
      options,
    )
  }

  it('judges a same-origin request by the origin that it was configured with', async () => {
    expect(await judge({ publicOrigin: API }, sameOrigin)).toMatchObject({ ok: true })
    expect(await judge({ publicOrigin: EVIL }, sameOrigin)).toMatchObject({
      error: { reason: 'origin_mismatch' },
    })
  })

  it.each([
    'api.example.com',
    'api.example.com/',
    'api.example.com?',
    'evil.example#api.example.com',
    'evil.example@api.example.com',
    'evil.example\\.api.example.com',
  ])('builds nothing from the Host header %s', async (host) => {
    const forwarded: Field[] = [
      ['host', host],
      ['x-forwarded-host', 'api.example.com'],
      ['forwarded', 'host=api.example.com;proto=https'],
    ]
    expect(await judge({}, sameOrigin, ...forwarded)).toMatchObject({
      error: { status: 403, reason: 'origin_unprovable' },
    })
  })

  it.each(['api.example.com', `${API}/`, 'null', ''])(
    'cannot be made with the publicOrigin "%s"',
    async (publicOrigin) => {
      await expect(judge({ publicOrigin })).rejects.toMatchObject({ option: 'publicOrigin' })
    },
  )
})
