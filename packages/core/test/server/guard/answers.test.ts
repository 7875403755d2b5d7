import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authenticate, denial, RequestError } from '@mayfly/core'
import { checkScope, compileScopeCheck } from '@mayfly/core/adapter'
import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileChallenge } from '../../../src/server/guard/challenge.ts'
import { bench, GOOD_CLAIMS } from '../../support/inbound.ts'
import { bearing, received } from '../../support/requests.ts'

const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource'

function expired(): RequestError {
  return new RequestError('ERR_TOKEN_EXPIRED', 'The token has expired.', {
    reason: 'token_expired',
    claim: 'exp',
  })
}

/** Reads a challenge back as RFC 9110 section 11.2 has it, or gives nothing if it is none. */
function readChallenge(header: string): Map<string, string> | undefined {
  const parameter = /^([a-z_]+)="((?:[^"\\]|\\.)*)"(?:, |$)/
  const parameters = new Map<string, string>()
  let rest = header.slice('Bearer '.length)
  if (!header.startsWith('Bearer ')) return undefined
  while (rest !== '') {
    const match = parameter.exec(rest)
    if (match?.[1] === undefined || match[2] === undefined) return undefined
    parameters.set(match[1], match[2].replaceAll(/\\(.)/g, '$1'))
    rest = rest.slice(match[0].length)
  }
  return parameters
}

describe('The answer to a refused request', () => {
  it('has a challenge, no-store, and problem details with the reason', () => {
    const { status, headers, body } = denial(expired(), { realm: 'orders' })
    expect(status).toBe(401)
    expect(headers).toEqual({
      'www-authenticate':
        'Bearer realm="orders", error="invalid_token", error_description="The token has expired."',
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
    })
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'The token has expired.',
      reason: 'token_expired',
      claim: 'exp',
    })
  })

  it('says nothing of an error where there were no credentials', async () => {
    const { verifier } = await bench()
    const outcome = await authenticate(verifier, received({}), { resourceMetadata: METADATA })
    expect(outcome).toHaveProperty(
      ['error', 'headers', 'www-authenticate'],
      `Bearer realm="api", resource_metadata="${METADATA}"`,
    )
  })

  it('keeps what the guard has decided', async () => {
    const { verifier } = await bench()
    const outcome = await authenticate(verifier, bearing('x'), { realm: 'orders' })
    if (outcome.ok) throw new Error('This token should have been refused.')
    expect(denial(outcome.error).headers).toMatchObject(outcome.error.headers)
    expect(outcome.error.headers['www-authenticate']).toContain('realm="orders"')
  })

  it.each([
    ['ERR_KEYS_UNAVAILABLE', 503, 'keys_unavailable'],
    ['ERR_ISSUE_REFUSED', 403, 'issue_refused'],
  ] as const)('has no challenge for %s, where another token would not help', (...row) => {
    const [code, status, reason] = row
    const headers = { 'retry-after': '5' }
    const error = new RequestError(code, 'No.', { status, reason, headers })
    expect(denial(error).headers).toEqual({
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'retry-after': '5',
    })
  })

  it('keeps the error that it was made from as its cause', async () => {
    const { verifier } = await bench()
    const outcome = await authenticate(verifier, bearing('x'))
    expect(outcome).toHaveProperty('error.cause.code', 'ERR_TOKEN_MALFORMED')
  })

  it('refuses an option that it does not know', () => {
    expect(() => denial(expired(), { realms: 'x' } as object)).toThrow('Did you mean "realm"?')
  })
})

describe('A challenge', () => {
  it('quotes its realm', () => {
    const challenge = compileChallenge({ realm: 'say "\\o/"' })()
    expect(challenge).toBe('Bearer realm="say \\"\\\\o/\\""')
    expect(readChallenge(challenge)?.get('realm')).toBe('say "\\o/"')
  })

  it('can be read back, and written into a header, whatever its text holds', () => {
    const text = array(
      oneof(
        string({ unit: 'binary-ascii' }),
        constantFrom('ü\u2028😀', '"', '\\', '\r\n', ', x="'),
      ),
    ).map((parts) => parts.join(''))
    assert(
      property(text, (description) => {
        const challenge = compileChallenge()({ error: 'invalid_token', description })
        expect(challenge).toMatch(/^[\x20-\x7E]*$/)
        const parameters = readChallenge(challenge)
        expect([...(parameters?.keys() ?? [])]).toEqual(['realm', 'error', 'error_description'])
        expect(parameters?.get('error_description')).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/)
      }),
    )
  })

  it('goes over the wire as it is', async () => {
    const { status, headers, body } = denial(
      new RequestError('ERR_CLAIM_MISSING', 'There is no "a\r\nb: c\u0000ü" claim.', {
        reason: 'claim_missing',
      }),
    )
    const server = createServer((_, response) => response.writeHead(status, headers).end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const response = await fetch(`http://127.0.0.1:${port}/`)
      expect(response.headers.get('b')).toBeNull()
      expect(response.headers.get('www-authenticate')).toBe(headers['www-authenticate'])
      expect(await response.json()).toMatchObject({ reason: 'claim_missing' })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('A scope check', () => {
  const auth = { scopes: ['orders:read', 'orders:write'] }

  it('wants all scopes, or any, to the letter', () => {
    expect(checkScope(auth, ['orders:read', 'orders:write'])).toBeUndefined()
    expect(checkScope(auth, ['orders:read', 'admin'], { match: 'any' })).toBeUndefined()
    expect(checkScope(auth, ['orders:read', 'admin'])).toMatchObject({ status: 403 })
    expect(checkScope(auth, ['users', 'admin'], { match: 'any' })).toMatchObject({ status: 403 })
    for (const near of ['orders', 'orders:rea', 'ORDERS:READ', 'orders:*']) {
      expect(checkScope(auth, [near])).toMatchObject({ reason: 'insufficient_scope' })
    }
  })

  it('answers with the scopes that are needed', () => {
    const error = checkScope(auth, ['orders:read', 'admin'], { realm: 'orders' })
    if (error === undefined) throw new Error('This should have been refused.')
    const { status, headers } = denial(error)
    expect(status).toBe(403)
    expect(headers['cache-control']).toBe('no-store')
    const parameters = readChallenge(headers['www-authenticate'] ?? '')
    expect(Object.fromEntries(parameters ?? [])).toMatchObject({
      realm: 'orders',
      error: 'insufficient_scope',
      scope: 'orders:read admin',
    })
  })

  it('asks for a token where there is none', () => {
    expect(checkScope(undefined, ['orders:read'])).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="api"' },
    })
  })

  it('judges by the claims that were signed', async () => {
    const { verifier, sign } = await bench()
    const token = await sign({ ...GOOD_CLAIMS, scope: 'orders:read' })
    expect(checkScope(await verifier.verify(token), ['orders:read'])).toBeUndefined()
    expect(checkScope(await verifier.verify(await sign()), ['orders:read'])).toMatchObject({
      status: 403,
    })
  })

  it.each([[[]], [['']], [['a b']], [['a"b']], [[7]], ['read']])('cannot be of %o', (scopes) => {
    expect(() => compileScopeCheck(scopes as string[])).toThrow(
      expect.objectContaining({ name: 'OptionError', option: 'scopes' }) as object,
    )
  })
})
