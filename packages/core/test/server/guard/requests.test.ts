import { authenticate, denial, Guard, type GuardOptions, type RequestError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { HEADER_ATTACKS, PLACE_ATTACKS } from '../../attacks/http-attacks.ts'
import { AUDIENCE, bench, GOOD_CLAIMS } from '../../support/inbound.ts'
import { bearing, received, type SentRequest } from '../../support/requests.ts'

const { verifier, sign } = await bench()
const token = await sign()

async function refusal(sent: SentRequest, options?: GuardOptions): Promise<RequestError> {
  const outcome = await authenticate(verifier, received(sent), options)
  if (outcome.ok) throw new Error('This request should have been refused.')
  return outcome.error
}

describe('A guard refuses a request with', () => {
  it.each([...HEADER_ATTACKS, ...PLACE_ATTACKS])(
    '$name',
    async ({ request, options, status, reason, error }) => {
      const refused = await refusal(request(token), options)
      expect(refused).toMatchObject({ status, reason })
      const challenge = refused.headers['www-authenticate'] ?? ''
      expect(challenge).toMatch(/^Bearer realm="api"/)
      if (error === undefined) expect(challenge).toBe('Bearer realm="api"')
      else expect(challenge).toContain(`error="${error}", error_description="`)
      expect(refused.headers['cache-control']).toBe('no-store')
      expect(JSON.stringify([refused.message, denial(refused)])).not.toContain(token)
    },
  )

  it.each(HEADER_ATTACKS.filter(({ reason }) => reason !== 'token_missing'))(
    '$name, though a token is optional',
    async ({ request, status, reason }) => {
      const refused = await refusal(request(token), { optional: true })
      expect(refused).toMatchObject({ status, reason })
    },
  )
})

describe('A guard whose token is optional', () => {
  const optional = { optional: true }

  it('lets a request without a token pass, as nobody', async () => {
    const outcome = await authenticate(verifier, received({}), optional)
    expect(outcome).toEqual({ ok: true, auth: undefined, headers: {} })
  })

  it('lets a request with credentials of another scheme pass, as nobody', async () => {
    const basic = received({ fields: [['authorization', 'Basic YTpi']] })
    expect(await authenticate(verifier, basic, optional)).toMatchObject({ auth: undefined })
  })

  it.each([
    ['of a foreign issuer', { iss: 'https://evil.example' }, 'issuer_mismatch'],
    ['for another API', { aud: `${AUDIENCE}.evil.example` }, 'audience_mismatch'],
    ['that has expired', { exp: 1 }, 'token_expired'],
  ])('refuses a token %s', async (_, claims, reason) => {
    const bad = await sign({ ...GOOD_CLAIMS, ...claims })
    const outcome = await authenticate(verifier, bearing(bad), optional)
    expect(outcome).toMatchObject({ ok: false, error: { status: 401, reason } })
  })
})

describe('A guard finds a token', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('after the scheme %s', async (scheme) => {
    const request = received({ fields: [['authorization', `${scheme} ${token}`]] })
    expect(await authenticate(verifier, request)).toMatchObject({ ok: true })
  })

  const places: readonly [string, SentRequest, GuardOptions][] = [
    [
      'in a cookie among others',
      { fields: [['cookie', `a=session; my_session=x; session=${token}; b=`]] },
      { tokenFrom: { cookie: 'session' } },
    ],
    [
      'in a quoted cookie',
      { fields: [['cookie', `session="${token}"`]] },
      { tokenFrom: { cookie: 'session' } },
    ],
    [
      'in the query',
      { url: `/a?b=c&access_token=${token}#access_token=x` },
      { tokenFrom: { query: 'access_token' } },
    ],
    [
      'in the body',
      { method: 'POST', body: { access_token: token } },
      { tokenFrom: { body: 'access_token' } },
    ],
    [
      'in the header, beside another place that is empty',
      { fields: [['authorization', `Bearer ${token}`]] },
      { tokenFrom: { cookie: 'session', query: 'access_token', body: 'access_token' } },
    ],
  ]
  it.each(places)('%s', async (_, sent, options) => {
    const outcome = await authenticate(verifier, received(sent), options)
    expect(outcome).toMatchObject({ ok: true, auth: { claims: { sub: 'alice' } } })
  })

  it('in no place that was switched off', async () => {
    const options = { tokenFrom: { header: false, cookie: 'session' } }
    const outcome = await authenticate(verifier, bearing(token), options)
    expect(outcome).toMatchObject({ ok: false, error: { reason: 'token_missing' } })
  })

  it('in no body of a GET request, and in none that only inherits it', async () => {
    const options = { tokenFrom: { body: 'access_token' } }
    const inherited: unknown = Object.create({ access_token: token })
    for (const sent of [
      { method: 'GET', body: { access_token: token } },
      { method: 'POST', body: inherited },
      { method: 'POST', body: token },
      { method: 'POST', body: null },
    ]) {
      expect(await refusal(sent, options)).toMatchObject({ reason: 'token_missing' })
    }
  })

  it('in the query, and marks the answer as private', async () => {
    const options = { tokenFrom: { query: 't' } }
    const outcome = await authenticate(verifier, received({ url: `/?t=${token}` }), options)
    expect(outcome).toMatchObject({ ok: true, headers: { 'cache-control': 'private' } })
    const inHeader = await authenticate(verifier, bearing(token), options)
    expect(inHeader).toMatchObject({ ok: true, headers: {} })
  })
})

describe('A guard and a CORS preflight', () => {
  const preflight = received({
    method: 'OPTIONS',
    fields: [
      ['origin', 'https://app.example.com'],
      ['access-control-request-method', 'PUT'],
    ],
  })

  it('refuses it by default, and says what to do', async () => {
    const outcome = await authenticate(verifier, preflight)
    expect(outcome).toMatchObject({ ok: false, error: { status: 401, reason: 'token_missing' } })
    expect(outcome).toHaveProperty('error.message', expect.stringContaining('preflight'))
  })

  it('passes it on as nobody when told to', async () => {
    const outcome = await authenticate(verifier, preflight, { preflight: 'pass' })
    expect(outcome).toEqual({ ok: true, auth: undefined, headers: { vary: 'Origin' } })
  })
})

describe('A guard', () => {
  it('tells its observer only of what the verifier has not seen', async () => {
    const events: unknown[] = []
    const guard = new Guard(verifier, { observe: (event) => events.push(event) })
    await guard.authenticate(received({}))
    await guard.authenticate(received({ fields: [['authorization', 'Bearer']] }))
    await guard.authenticate(bearing('not.a.token'))
    await guard.authenticate(bearing(token))
    expect(events).toEqual([
      { type: 'deny', reason: 'token_missing' },
      { type: 'deny', reason: 'request_invalid' },
    ])
  })

  it('hands on what is not the fault of the request', async () => {
    const bug = new Error('the key store is down')
    const broken = { checksOrigin: false, verify: () => Promise.reject(bug) }
    await expect(authenticate(broken, bearing(token))).rejects.toBe(bug)
  })

  it('keeps two tenants apart that ask at the same time', async () => {
    const tenants = await Promise.all(
      ['one', 'two'].map(async (audience) => {
        const own = await bench({ audience })
        const tokens = Array.from({ length: 20 }, (_, index) =>
          own.sign({ ...GOOD_CLAIMS, aud: audience, sub: `${audience}-${index}` }),
        )
        return { guard: new Guard(own.verifier), tokens: await Promise.all(tokens) }
      }),
    )
    const [one, two] = tenants
    if (one === undefined || two === undefined) throw new Error('Two tenants were made.')
    const outcomes = await Promise.all(
      one.tokens.flatMap((mine, index) => [
        one.guard.authenticate(bearing(mine)),
        two.guard.authenticate(bearing(two.tokens[index] ?? '')),
        two.guard.authenticate(bearing(mine)),
      ]),
    )
    for (const [index, outcome] of outcomes.entries()) {
      const [turn, who] = [index % 3, Math.floor(index / 3)]
      const subject = outcome.ok ? outcome.auth?.claims.sub : outcome.error.reason
      expect(subject).toBe([`one-${who}`, `two-${who}`, 'signature_invalid'][turn])
    }
  })

  it.each([
    ['verifier', undefined, {}],
    ['tokenFrom', verifier, { tokenFrom: 'cookie' }],
    ['tokenFrom', verifier, { tokenFrom: { header: false } }],
    ['cookies', verifier, { tokenFrom: { cookies: 'a' } }],
    ['tokenFrom.query', verifier, { tokenFrom: { query: true } }],
    ['preflight', verifier, { preflight: 'allow' }],
    ['optional', verifier, { optional: 'yes' }],
    ['realm', verifier, { realm: 'a\r\nSet-Cookie: x' }],
    ['realm', verifier, { realm: 'größe' }],
    ['resourceMetadata', verifier, { resourceMetadata: '/relative' }],
    ['resourceMetadata', verifier, { resourceMetadata: 'javascript:alert(1)' }],
    ['realms', verifier, { realms: 'api' }],
  ])('cannot be made with the wrong %s', (option, guarded, options) => {
    expect(() => new Guard(guarded as typeof verifier, options as GuardOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as object,
    )
  })
})
