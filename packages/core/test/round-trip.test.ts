import { authenticate, type RequestLike, TokenIssuer, TokenVerifier } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

const ISSUER = 'https://auth.example.com'

describe('an issuer, a verifier and a guard', () => {
  it('agree about a token, and the guard refuses a request without one', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: 'orders', keys: issuer.keys })
    const token = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 300 })

    const accepted = await authenticate(verifier, request(`Bearer ${token.value}`))
    expect(accepted).toMatchObject({ ok: true, auth: { claims: { sub: 'alice' } } })

    const refused = await authenticate(verifier, request())
    expect(refused).toMatchObject({
      ok: false,
      error: { status: 401, headers: { 'www-authenticate': 'Bearer realm="api"' } },
    })
  })
})

function request(authorization?: string): RequestLike {
  return {
    method: 'GET',
    url: '/',
    header: (name) =>
      name === 'authorization' && authorization !== undefined ? [authorization] : [],
  }
}
