import { authenticate, denial, type GuardOptions, type Outcome, originBinding } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { NAMED_ORIGIN, ORIGIN_REQUEST_ATTACKS } from '../../attacks/origin-request-attacks.ts'
import { AUDIENCE, bench, GOOD_CLAIMS } from '../../support/inbound.ts'
import { bearing, received } from '../../support/requests.ts'

const API = 'https://api.example.com'
const EVIL = 'https://evil.example'

const { verifier, sign } = await bench({ origin: originBinding({ claim: 'aud' }) })
const token = await sign({ ...GOOD_CLAIMS, aud: [AUDIENCE, NAMED_ORIGIN] })

type Field = readonly [name: string, value: string]

async function ask(...fields: readonly Field[]): Promise<Outcome<unknown>> {
  return authenticate(verifier, bearing(token, ...fields))
}

describe('A guard whose verifier binds tokens to origins', () => {
  it('lets a request pass from an origin that the token names, and says what it looked at', async () => {
    expect(await ask(['origin', NAMED_ORIGIN])).toMatchObject({
      ok: true,
      headers: { vary: 'Origin' },
    })
    expect(await ask()).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
  })

  it.each(ORIGIN_REQUEST_ATTACKS)(
    'refuses $name',
    async ({ request, options, status, reason, origin }) => {
      const outcome = await authenticate(verifier, received(request(token)), options)
      if (outcome.ok) throw new Error('This request should have been refused.')
      const { headers, body, status: answered } = denial(outcome.error)
      expect(answered).toBe(status)
      const problem = JSON.parse(body) as Record<string, unknown>
      expect(problem).toMatchObject({ status, reason })
      expect(problem['origin']).toBe(origin)
      expect(headers).toMatchObject({
        vary: 'Origin',
        'cache-control': 'no-store',
        'content-type': 'application/problem+json',
      })
      // Another token would not help against a 403; a 400 is the client's to mend (RFC 6750).
      expect('www-authenticate' in headers).toBe(status === 400)
      // Nothing is repeated but the origin that was received, and no origin is given away.
      const rest = JSON.stringify({ ...problem, origin: undefined }) + JSON.stringify(headers)
      expect(rest).not.toMatch(/example|secret|access-control/i)
    },
  )

  it('does not say that it looked at the Origin where it did not get so far', async () => {
    const expired = await sign({ ...GOOD_CLAIMS, exp: 1 })
    const outcome = await authenticate(verifier, bearing(expired, ['origin', NAMED_ORIGIN]))
    expect(outcome).toMatchObject({ ok: false, error: { status: 401 } })
    expect(outcome).not.toHaveProperty('error.headers.vary')
  })

  it('lets a token from the query pass that the own site has put there', async () => {
    const request = received({ url: `/?t=${token}`, fields: [['sec-fetch-site', 'same-origin']] })
    const outcome = await authenticate(verifier, request, { tokenFrom: { query: 't' } })
    expect(outcome).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
  })
})

describe('A guard of an API with pages of its own', () => {
  const strict = bench({ origin: originBinding({ claim: 'aud', missingOrigin: 'fetch-metadata' }) })
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
