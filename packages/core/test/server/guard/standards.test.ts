import {
  authenticate,
  denial,
  type GuardOptions,
  type RequestError,
  type RequestLike,
  resourceMetadataUrl,
} from '@mayfly/core'
import { checkScope, resourceMetadataEndpoint } from '@mayfly/core/adapter'
import { describe, expect, it } from 'vitest'
import { bench, GOOD_CLAIMS } from '../../support/inbound.ts'
import { bearing, received } from '../../support/requests.ts'

const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource'
const { verifier, sign } = await bench()
const good = await sign()
const expired = await sign({ ...GOOD_CLAIMS, exp: GOOD_CLAIMS.iat - 60 })

async function refusal(request: RequestLike, options: GuardOptions = {}): Promise<RequestError> {
  const outcome = await authenticate(verifier, request, options)
  if (outcome.ok) throw new Error('This request should have been refused.')
  return outcome.error
}

async function challengeOf(request: RequestLike, options?: GuardOptions): Promise<string> {
  return (await refusal(request, options)).headers['www-authenticate'] ?? ''
}

/** One request for each of the errors, and one without credentials. */
const REQUESTS: readonly (readonly [name: string, request: RequestLike])[] = [
  ['no credentials', received({})],
  ['a malformed request', received({ fields: [['authorization', 'Bearer']] })],
  ['an expired token', bearing(expired)],
]

function count(text: string, attribute: string): number {
  return text.split(new RegExp(`[ ,]${attribute}=`)).length - 1
}

describe('RFC 6750 section 2: one method to transmit the token', () => {
  it('a request that uses two of them is refused, though both tokens are good', async () => {
    const request = received({
      url: `/?access_token=${good}`,
      fields: [['authorization', `Bearer ${good}`]],
    })
    const tokenFrom = { query: 'access_token' }
    expect(await refusal(request, { tokenFrom })).toMatchObject({ status: 400 })
    expect(await challengeOf(request, { tokenFrom })).toContain('error="invalid_request"')
  })

  it('an answer to a token in the query has Cache-Control: private (2.3)', async () => {
    const request = received({ url: `/?access_token=${good}` })
    const outcome = await authenticate(verifier, request, { tokenFrom: { query: 'access_token' } })
    expect(outcome).toMatchObject({ ok: true, headers: { 'cache-control': 'private' } })
  })
})

describe('RFC 6750 section 3: the WWW-Authenticate header', () => {
  it.each(REQUESTS)('is there for %s, its scheme followed by an attribute', async (_, request) => {
    expect(await challengeOf(request)).toMatch(/^Bearer [a-z]+="/)
  })

  it.each(REQUESTS)('has each attribute once for %s', async (_, request) => {
    const challenge = await challengeOf(request, { resourceMetadata: METADATA })
    const names = ['realm', 'scope', 'error', 'error_description', 'error_uri', 'resource_metadata']
    for (const name of names) expect(count(challenge, name)).toBeLessThanOrEqual(1)
    expect(count(challenge, 'realm')).toBe(1)
  })

  it.each(REQUESTS)('keeps to the letters of error and description for %s', async (_, request) => {
    const challenge = await challengeOf(request)
    for (const name of ['error', 'error_description']) {
      const [, value] = new RegExp(` ${name}="([^"]*)"`).exec(challenge) ?? []
      if (value !== undefined) expect(value).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    }
  })

  it('keeps to the letters of scope, with single spaces between', () => {
    const error = checkScope({ scopes: [] }, ['orders:read', 'orders:write'])
    const [, scope = ''] = /scope="([^"]*)"/.exec(error?.headers['www-authenticate'] ?? '') ?? []
    expect(scope).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/)
  })
})

describe('RFC 6750 section 3.1: error codes', () => {
  it('a request without authentication gets none, nor any other error information', async () => {
    const challenge = await challengeOf(received({}))
    expect(challenge).not.toMatch(/error|scope/)
    expect(await refusal(received({}))).toMatchObject({ status: 401 })
  })

  it('a request in another scheme gets none either: it has not tried this one', async () => {
    const basic = received({ fields: [['authorization', 'Basic YTpi']] })
    expect(await challengeOf(basic)).not.toContain('error')
  })

  it('invalid_request goes with 400, invalid_token with 401', async () => {
    const [, malformed] = REQUESTS[1] ?? []
    if (malformed === undefined) throw new Error('no request')
    expect(await refusal(malformed)).toMatchObject({ status: 400 })
    expect(await challengeOf(malformed)).toContain('error="invalid_request"')
    for (const token of [expired, 'a.b.c', `${good}x`]) {
      expect(await refusal(bearing(token))).toMatchObject({ status: 401 })
      expect(await challengeOf(bearing(token))).toContain('error="invalid_token"')
    }
  })

  it('insufficient_scope goes with 403 and the scope that is necessary', () => {
    const error = checkScope({ scopes: ['orders:read'] }, ['orders:write'])
    expect(error).toMatchObject({ status: 403 })
    expect(error?.headers['www-authenticate']).toMatch(
      /error="insufficient_scope".*scope="orders:write"/,
    )
  })
})

describe('RFC 9457: the body', () => {
  it.each(REQUESTS)('is problem details for %s', async (_, request) => {
    const { status, headers, body } = denial(await refusal(request))
    expect(headers['content-type']).toBe('application/problem+json')
    const problem = JSON.parse(body) as Record<string, unknown>
    // Section 3.1: strings, and a status that is that of the answer.
    expect(problem['status']).toBe(status)
    for (const member of ['type', 'title', 'detail']) expect(typeof problem[member]).toBe('string')
    // Section 3.1.4: the detail helps the client, and is no debugging information.
    expect(problem['detail']).not.toMatch(/ at |node:|\.ts:|Error:/)
    // Section 3.2: names of extensions begin with a letter, and have three characters or more.
    for (const name of Object.keys(problem)) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{2,}$/)
  })

  it('has the phrase of the status for its title, as its type is about:blank (4.2.1)', async () => {
    for (const [request, title] of [
      [bearing(expired), 'Unauthorized'],
      [received({ fields: [['authorization', 'Bearer']] }), 'Bad Request'],
    ] as const) {
      expect((await refusal(request)).toProblem()).toMatchObject({ type: 'about:blank', title })
    }
  })
})

describe('RFC 9728: where to get a token', () => {
  it.each(REQUESTS)('the challenge for %s names the metadata (5.1)', async (_, request) => {
    expect(await challengeOf(request, { resourceMetadata: METADATA })).toContain(
      `resource_metadata="${METADATA}"`,
    )
  })

  it.each([
    ['https://example.com', 'https://example.com/.well-known/oauth-protected-resource'],
    ['https://example.com/', 'https://example.com/.well-known/oauth-protected-resource'],
    ['https://example.com/a/b', 'https://example.com/.well-known/oauth-protected-resource/a/b'],
    ['https://example.com/a?b=c', 'https://example.com/.well-known/oauth-protected-resource/a?b=c'],
  ])('the well-known path of %s goes between host and path (3.1)', (resource, url) => {
    expect(resourceMetadataUrl(resource)).toBe(url)
  })

  it('the document names the very resource, as JSON, without empty members (3.2, 3.3)', async () => {
    const resource = 'https://example.com/a'
    const endpoint = resourceMetadataEndpoint({ resource, scopesSupported: [] })
    const { status, headers, body } = await endpoint(received({}))
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    expect(JSON.parse(body)).toEqual({ resource, bearer_methods_supported: ['header'] })
  })
})
