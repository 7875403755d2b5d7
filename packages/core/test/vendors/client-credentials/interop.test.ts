import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { importKey } from '@mayfly/core'
import { clientCredentials, type ClientCredentialsOptions } from '@mayfly/core/vendors'
import { startOAuthSandbox } from '@mayfly/sandboxes'
import jwt from 'jsonwebtoken'
import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { recordingFetch, type Sent } from '../../support/recording-fetch.ts'

const AS = { issuer: 'https://auth.example', token_endpoint: 'https://auth.example/token' }
const ID = 'client:ünï 1'
const SECRET = 's€cret+%/ &=:~*!'
const PARAMETERS = { scope: 'read write', audience: 'urn:a b', resource: 'https://api.example/' }

async function theirs(authentication: oauth.ClientAuth): Promise<Sent> {
  const { fetch, last } = recordingFetch()
  const client = { client_id: ID }
  await oauth.clientCredentialsGrantRequest(AS, client, authentication, PARAMETERS, {
    [oauth.customFetch]: (url, init) => fetch(url, init),
  })
  return last()
}

async function ours(options: Partial<ClientCredentialsOptions>): Promise<Sent> {
  const { fetch, last } = recordingFetch()
  const tokenEndpoint = AS.token_endpoint
  const all = { tokenEndpoint, clientId: ID, ...PARAMETERS, fetch, ...options }
  await clientCredentials(all as ClientCredentialsOptions).getToken()
  return last()
}

function readBasic({ authorization }: Sent): (string | null)[] {
  const [, credentials = ''] = /^Basic (.*)$/.exec(authorization ?? '') ?? []
  return atob(credentials)
    .split(':')
    .map((half) => new URLSearchParams(`v=${half}`).get('v'))
}

function sorted(form: URLSearchParams): [string, string][] {
  return [...form].toSorted(([a], [b]) => a.localeCompare(b))
}

describe('clientCredentials sends what oauth4webapi sends', () => {
  it('with a secret by Basic', async () => {
    const [their, our] = [
      await theirs(oauth.ClientSecretBasic(SECRET)),
      await ours({ clientSecret: SECRET }),
    ]
    // They escape some characters that the form encoding leaves alone; both are read alike.
    expect(readBasic(our)).toEqual([ID, SECRET])
    expect(readBasic(their)).toEqual([ID, SECRET])
    expect([our.url, our.method]).toEqual([their.url, their.method])
    expect(sorted(our.form)).toEqual(sorted(their.form))
  })

  it('with a secret in the form', async () => {
    const their = await theirs(oauth.ClientSecretPost(SECRET))
    const our = await ours({ clientSecret: SECRET, authentication: 'client_secret_post' })
    expect(our.authorization).toBe(their.authorization)
    expect(sorted(our.form)).toEqual(sorted(their.form))
  })

  it('with an assertion, claim by claim', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    const der = Buffer.from(privateKey.replaceAll(/-----.*-----|\s/g, ''), 'base64')
    const params = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('pkcs8', der, params, false, ['sign'])
    const their = await theirs(oauth.PrivateKeyJwt({ key, kid: 'k1' }))
    const our = await ours({
      privateKey: await importKey(privateKey, 'RS256'),
      keyId: 'k1',
      assertion: { audience: AS.issuer, backdate: 0 },
    })
    const publicKey = createPublicKey(privateKey)
    const verify = ({ form }: Sent): jwt.JwtPayload => {
      const assertion = form.get('client_assertion') ?? ''
      return jwt.verify(assertion, publicKey, { algorithms: ['RS256'] }) as jwt.JwtPayload
    }
    const [a, b] = [verify(their), verify(our)]
    // nbf says no more than iat here, and RFC 7523 does not ask for it.
    const { nbf, ...rest } = a
    expect(nbf).toBe(a.iat)
    expect(Object.keys(b).toSorted()).toEqual(Object.keys(rest).toSorted())
    expect(b).toMatchObject({ iss: a.iss, sub: a.sub, aud: a.aud })
    expect((b.exp ?? 0) - (b.iat ?? 0)).toBe((a.exp ?? 0) - (a.iat ?? 0))
    for (const form of [their.form, our.form]) form.delete('client_assertion')
    expect(sorted(our.form)).toEqual(sorted(their.form))
  })
})

describe('oauth4webapi', () => {
  it('gets its token from the sandbox too: it judges no client of ours alone', async () => {
    await using sandbox = await startOAuthSandbox({ metadata: 'openid' })
    const insecure = { [oauth.allowInsecureRequests]: true } as const
    const issuer = new URL(sandbox.issuer)
    const found = await oauth.discoveryRequest(issuer, insecure)
    const as = await oauth.processDiscoveryResponse(issuer, found).catch(() => undefined)
    const server = as ?? { issuer: sandbox.issuer, token_endpoint: sandbox.tokenEndpoint }
    const { clientId, clientSecret } = sandbox.credentials
    const client = { client_id: clientId }
    for (const authentication of [
      oauth.ClientSecretBasic(clientSecret),
      oauth.ClientSecretPost(clientSecret),
    ]) {
      const parameters = { scope: 'read' }
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        parameters,
        insecure,
      )
      const result = await oauth.processClientCredentialsResponse(server, client, response)
      expect(result).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
    }
  })
})
