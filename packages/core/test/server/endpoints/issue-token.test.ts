import { RequestError, TokenIssuer, TokenVerifier } from '@mayfly/core'
import { issueEndpoint } from '@mayfly/core/adapter'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, failure, ISSUER } from '../../support/inbound.ts'
import { received } from '../../support/requests.ts'

const POST = received({ method: 'POST', url: '/token' })

function bench(): { issuer: TokenIssuer; verifier: TokenVerifier } {
  const clock = new FakeClock()
  const issuer = new TokenIssuer({ issuer: ISSUER, clock })
  const options = { issuer: ISSUER, audience: AUDIENCE, keys: issuer.keys, clock }
  return { issuer, verifier: new TokenVerifier(options) }
}

describe('An endpoint that issues tokens', () => {
  it('answers POST with a token that says what was decided, and that no cache keeps', async () => {
    const { issuer, verifier } = bench()
    const endpoint = issueEndpoint(issuer, async (user: string) => ({
      audience: AUDIENCE,
      subject: user,
      expiresIn: 90,
    }))
    const { status, headers, body } = await endpoint(POST, 'alice')
    expect(status).toBe(200)
    expect(headers).toEqual({
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'content-type': 'application/json',
    })
    const { access_token: token, ...rest } = JSON.parse(body) as Record<string, unknown>
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 90 })
    const { claims } = await verifier.verify(String(token))
    expect(claims.sub).toBe('alice')
  })

  it('names the scope where the claims have one', async () => {
    const { issuer } = bench()
    const claims = { scope: 'orders:read' }
    const endpoint = issueEndpoint(issuer, () => ({ expiresIn: 90, claims }))
    const { body } = await endpoint(POST)
    expect(JSON.parse(body)).toHaveProperty('scope', 'orders:read')
  })

  it.each([undefined, null])('refuses with 403 where the decision is %s', async (decision) => {
    const { issuer } = bench()
    const { status, headers, body } = await issueEndpoint(issuer, () => decision)(POST)
    expect(status).toBe(403)
    expect(headers['cache-control']).toBe('no-store')
    expect(JSON.parse(body)).toHaveProperty('reason', 'issue_refused')
  })

  it('answers the RequestError that the decision throws', async () => {
    const { issuer } = bench()
    const tooMany = new RequestError('ERR_ISSUE_REFUSED', 'Ten tokens a minute are enough.', {
      reason: 'issue_refused',
      status: 429,
      headers: { 'retry-after': '60' },
    })
    const endpoint = issueEndpoint(issuer, () => Promise.reject(tooMany))
    const { status, headers } = await endpoint(POST)
    expect([status, headers['retry-after']]).toEqual([429, '60'])
  })

  it('rejects with any other error, and with that of options that cannot be', async () => {
    const { issuer } = bench()
    const bug = new Error('a bug')
    const buggy = issueEndpoint(issuer, () => {
      throw bug
    })
    expect(await failure(() => buggy(POST))).toBe(bug)
    const endless = issueEndpoint(issuer, () => ({ expiresIn: Number.POSITIVE_INFINITY }))
    expect(await failure(() => endless(POST))).toHaveProperty('option', 'expiresIn')
  })

  it.each(['GET', 'HEAD', 'PUT', 'OPTIONS', 'post'])(
    'answers 405 to %s, without a decision',
    async (method) => {
      const { issuer } = bench()
      const endpoint = issueEndpoint(issuer, () => {
        throw new Error('nobody asked')
      })
      const { status, headers, body } = await endpoint(received({ method, url: '/token' }))
      expect([status, headers['allow']]).toEqual([405, 'POST'])
      expect(JSON.parse(body)).toMatchObject({ title: 'Method Not Allowed', status: 405 })
    },
  )

  it('wants an issuer and a function', () => {
    const { issuer } = bench()
    expect(() => issueEndpoint({} as TokenIssuer, () => null)).toThrow(/TokenIssuer/)
    expect(() => issueEndpoint(issuer, {} as () => null)).toThrow(/"decide" must be a function/)
  })
})
