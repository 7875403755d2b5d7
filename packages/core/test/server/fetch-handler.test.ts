import {
  RequestError,
  type TokenVerifier,
  type VerifiedToken,
  webResponse,
  withBearerAuth,
} from '@mayfly/core'
import { jwksEndpoint } from '@mayfly/core/adapter'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { HEADER_ATTACKS } from '../attacks/http-attacks.ts'
import { bench, GOOD_CLAIMS } from '../support/inbound.ts'

const { verifier, sign } = await bench()
const token = await sign()

const URL_OF_API = 'https://api.example.com/orders'

function asking(fields: Readonly<Record<string, string>> = {}, url = URL_OF_API): Request {
  return new Request(url, { headers: fields })
}

function bearing(text = token, url = URL_OF_API): Request {
  return asking({ authorization: `Bearer ${text}` }, url)
}

const whoIs = (_: Request, auth: VerifiedToken | undefined): Response =>
  Response.json({ subject: auth?.claims.sub ?? null })

describe('A handler with withBearerAuth', () => {
  it('gets what the token says, and what the framework passes beside the request', async () => {
    const handler = withBearerAuth(
      verifier,
      async (_request, { claims }, context: { params: Promise<{ id: string }> }, last: number) =>
        Response.json([claims.sub, (await context.params).id, last]),
    )
    expectTypeOf(handler).parameters.toEqualTypeOf<
      [Request, { params: Promise<{ id: string }> }, number]
    >()
    const answer = await handler(bearing(), { params: Promise.resolve({ id: '7' }) }, 1)
    expect([answer.status, await answer.json()]).toEqual([200, [GOOD_CLAIMS.sub, '7', 1]])
  })

  it('is not reached without a token: the answer is a challenge and problem details', async () => {
    const never = (): never => {
      throw new Error('reached')
    }
    const answer = await withBearerAuth(verifier, never, { realm: 'orders' })(asking())
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="orders"')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 401, reason: 'token_missing' })
  })

  it('refuses in your own words, with the challenge where you write none', async () => {
    const handler = withBearerAuth(verifier, whoIs, {
      scopes: ['admin'],
      onRefusal: ({ reason, status }) => Response.json({ error: reason }, { status }),
    })
    const none = await handler(asking())
    expect([none.status, await none.json()]).toEqual([401, { error: 'token_missing' }])
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    const lacking = await handler(bearing())
    expect([lacking.status, await lacking.json()]).toEqual([403, { error: 'insufficient_scope' }])
    expect(lacking.headers.get('www-authenticate')).toContain('scope="admin"')
    const onRefusal = (error: Error): never => {
      throw error
    }
    const thrown = withBearerAuth(verifier, whoIs, { onRefusal })
    await expect(thrown(asking())).rejects.toThrow(RequestError)
  })

  // Headers themselves take off spaces around a value, and refuse line breaks.
  const attacks = HEADER_ATTACKS.filter(({ request }) =>
    (request(token).fields ?? []).every(([, value]) => /^(?! )[^\r\n\0]*(?<! )$/.test(value)),
  )

  it.each(attacks)('refuses $name', async ({ request, options = {} }) => {
    const { method = 'GET', url = '/orders', fields = [] } = request(token)
    const headers = new Headers()
    for (const [name, value] of fields) headers.append(name, value)
    const attack = new Request(new URL(url, URL_OF_API), { method, headers })
    const answer = await withBearerAuth(verifier, whoIs, options)(attack)
    expect(attacks.length).toBeGreaterThan(10)
    expect([400, 401]).toContain(answer.status)
    expect(await answer.text()).not.toContain(token)
  })

  it('knows from the types whether there can be no token', async () => {
    withBearerAuth(verifier, (_, auth) => {
      expectTypeOf(auth).toEqualTypeOf<VerifiedToken>()
      return new Response()
    })
    withBearerAuth(verifier as unknown as TokenVerifier<{ role: 'clerk' }>, (_, { payload }) => {
      expectTypeOf(payload.role).toEqualTypeOf<'clerk'>()
      return new Response()
    })
    const optional = withBearerAuth(verifier, whoIs, { optional: true })
    expect(await (await optional(asking())).json()).toEqual({ subject: null })
    const needsOne = (_: Request, auth: VerifiedToken): Response => Response.json(auth.claims.sub)
    // @ts-expect-error -- where the token is optional the handler has to reckon with none
    withBearerAuth(verifier, needsOne, { optional: true })
  })

  it('asks for all of the scopes, with the challenge of its realm', async () => {
    const handler = withBearerAuth(verifier, whoIs, { realm: 'orders', scopes: ['a', 'b'] })
    const refused = await handler(bearing(await sign({ ...GOOD_CLAIMS, scope: 'a' })))
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="orders", error="insufficient_scope".*scope="a b"/,
    )
    expect((await handler(bearing(await sign({ ...GOOD_CLAIMS, scope: 'a b' })))).status).toBe(200)
  })

  it('may refuse by a RequestError; other errors are handed on', async () => {
    const failing = (error: Error): ReturnType<typeof withBearerAuth> =>
      withBearerAuth(verifier, () => {
        throw error
      })
    const missing = new RequestError('ERR_CLAIM_MISSING', 'No team.', { reason: 'claim_missing' })
    const answer = await failing(missing)(bearing())
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/realm="api", error="invalid_token"/)
    await expect(failing(new Error('broken'))(bearing())).rejects.toThrow('broken')
  })

  it('adds its own fields to the answer, though that be of fetch, and leaves what is there', async () => {
    const bound = { checksOrigin: true, verify: verifier.verify.bind(verifier) }
    const redirects = withBearerAuth(bound, () => Response.redirect('https://a.example'))
    const redirect = await redirects(bearing())
    expect([redirect.status, redirect.headers.get('vary')]).toEqual([302, 'Origin'])

    const url = `${URL_OF_API}?token=${token}`
    const fields = { vary: 'Accept, origin', 'cache-control': 'no-store' }
    const own = withBearerAuth(bound, () => new Response('', { headers: fields }), {
      tokenFrom: { query: 'token' },
    })
    const { headers } = await own(asking({}, url))
    expect(Object.fromEntries(headers)).toMatchObject(fields)
  })

  it('refuses what is no handler, and unknown options, when it is made', () => {
    expect(() => withBearerAuth(verifier, undefined as never)).toThrow('"handler"')
    expect(() => withBearerAuth(verifier, whoIs, { scope: 'a' } as object)).toThrow('"scope"')
    expect(() => withBearerAuth(verifier, whoIs, { scopes: [] })).toThrow('at least one scope')
  })
})

describe('An answer of the library as a Response', () => {
  it('has no body where its status takes none', async () => {
    const jwks = { keys: [] }
    const endpoint = jwksEndpoint({ jwks: async () => jwks })
    const first = webResponse(await endpoint(asking()))
    expect([first.status, await first.json()]).toEqual([200, jwks])
    const known = asking({ 'if-none-match': first.headers.get('etag') ?? '' })
    expect(webResponse(await endpoint(known))).toMatchObject({ status: 304, body: null })
  })
})
