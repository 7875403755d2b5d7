import { createPublicKey } from 'node:crypto'
import { googleServiceAccount } from '@mayfly/core/vendors'
import { startGoogleSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { GoogleToken, JWTAccess, OAuth2Client } from 'google-auth-library'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { recordingFetch } from '../../support/recording-fetch.ts'
import { CREDENTIALS, PRIVATE_KEY } from './credentials.ts'

const SCOPE = ['https://www.googleapis.com/auth/pubsub', 'openid']

function payloadOf(token: string | null | undefined): jwt.JwtPayload {
  return jwt.verify(token ?? '', createPublicKey(PRIVATE_KEY)) as jwt.JwtPayload
}

/** A clock that stands where their token was made. */
function clockOf({ iat = 0 }: jwt.JwtPayload): FakeClock {
  return new FakeClock(iat * 1000)
}

describe('googleServiceAccount makes what google-auth-library makes', () => {
  it('for an exchange, claim by claim', async () => {
    let form = new URLSearchParams()
    const theirs = new GoogleToken({
      key: PRIVATE_KEY,
      email: CREDENTIALS.client_email,
      scope: SCOPE,
      sub: 'admin@example.com',
      additionalClaims: { note: 'a' },
      transporter: {
        request: async (options: { data?: unknown }) => {
          form = options.data as URLSearchParams
          return { data: { access_token: 'a', expires_in: 60 } } as never
        },
      },
    })
    await theirs.getToken()
    const their = payloadOf(form.get('assertion'))

    const { fetch, last } = recordingFetch()
    await googleServiceAccount({
      credentials: CREDENTIALS,
      scope: SCOPE,
      subject: 'admin@example.com',
      claims: { note: 'a' },
      backdate: 0,
      clock: clockOf(their),
      fetch,
    }).getToken()
    expect(payloadOf(last().form.get('assertion'))).toEqual(their)
    expect([...last().form.keys()]).toEqual([...form.keys()])
    expect(last().form.get('grant_type')).toBe(form.get('grant_type'))
  })

  for (const wanted of [
    { audience: 'https://pubsub.googleapis.com/' },
    { scope: SCOPE, selfSigned: true },
  ]) {
    it(`for a self-signed token with ${Object.keys(wanted)[0]}, header and claims`, async () => {
      const { client_email, private_key_id } = CREDENTIALS
      const access = new JWTAccess(client_email, PRIVATE_KEY, private_key_id)
      const { audience, scope } = { audience: undefined, scope: undefined, ...wanted }
      const headers = access.getRequestHeaders(audience, undefined, scope)
      const their = headers.get('authorization')?.slice('Bearer '.length) ?? ''
      const clock = clockOf(payloadOf(their))
      const source = googleServiceAccount({
        credentials: CREDENTIALS,
        ...wanted,
        backdate: 0,
        clock,
      })
      const { value } = await source.getToken()
      expect(payloadOf(value)).toEqual(payloadOf(their))
      expect(jwt.decode(value, { complete: true })?.header).toEqual(
        jwt.decode(their, { complete: true })?.header,
      )
    })
  }
})

describe('google-auth-library', () => {
  it('verifies a self-signed token of ours', async () => {
    const audience = 'https://pubsub.googleapis.com/'
    const { value } = await googleServiceAccount({ credentials: CREDENTIALS, audience }).getToken()
    const publicKey = createPublicKey(PRIVATE_KEY).export({ type: 'spki', format: 'pem' })
    const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(
      value,
      { [CREDENTIALS.private_key_id]: String(publicKey) },
      audience,
      [CREDENTIALS.client_email],
    )
    expect(ticket.getPayload()).toMatchObject({ iss: CREDENTIALS.client_email, aud: audience })
  })

  it('gets its token from the sandbox too, by the audience that is its own', async () => {
    await using sandbox = await startGoogleSandbox()
    const { client_email, private_key, private_key_id } = sandbox.credentials
    const access = new JWTAccess(client_email, private_key, private_key_id)
    const headers = access.getRequestHeaders(`${sandbox.origin}/`)
    expect((await fetch(`${sandbox.origin}/v1/topics`, { headers })).status).toBe(200)
  })
})
