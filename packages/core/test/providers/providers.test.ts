import { generateKey, type Key, signCompact, TokenVerifier } from '@mayfly/core'
import * as providers from '@mayfly/core/providers'
import { describe, expect, it } from 'vitest'
import { failure } from '../support/inbound.ts'
import {
  access,
  API,
  base,
  clock,
  ec,
  msal,
  now,
  OTHER,
  type Row,
  rows,
  rsa,
  TENANT,
} from './rows.ts'

const ofOther = await generateKey('RS256', { keyId: 'of-other' })

function answers(row: Row, keys: readonly Key[]): typeof fetch {
  const set = keys.map((key) => ({ ...key.publicJwk(), ...row.members }))
  return async (input) => {
    const url = String(input instanceof Request ? input.url : input)
    if (url === row.keysAt)
      return Response.json({ keys: JSON.parse(JSON.stringify(set)) as unknown })
    const issuers = [row.options.issuer ?? []].flat()
    const issuer = issuers.find((one) => url.startsWith(one) && url.includes('.well-known'))
    if (issuer === undefined) return new Response('no such page', { status: 404 })
    return Response.json({ issuer, jwks_uri: row.keysAt, null_member: null })
  }
}

async function bench(row: Row): Promise<{
  verify: (claims: Record<string, unknown>, key?: Key) => Promise<unknown>
}> {
  const { key = rsa, header = {}, options } = row
  const keys = Object.assign({}, options.keys, { fetch: answers(row, [key]) })
  const verifier = new TokenVerifier({ ...options, keys, clock })
  await verifier.warmUp()
  return {
    verify: async (claims, by = key) => {
      const bytes = new TextEncoder().encode(JSON.stringify(claims))
      return verifier.verify(await signCompact(bytes, { typ: 'JWT', ...header }, by))
    },
  }
}

describe.each(Object.entries(rows))('%s', (_, row) => {
  it.each(Object.entries(row.good))('accepts: %s', async (__, claims) => {
    const { verify } = await bench(row)
    await expect(verify(claims)).resolves.toBeDefined()
  })

  it.each(Object.entries(row.bad))('refuses: %s', async (__, [claims, reason, says = '']) => {
    const { verify } = await bench(row)
    const error = await failure(() => verify(claims))
    expect(error).toMatchObject({ reason })
    expect(String(error)).toContain(says)
  })

  it("refuses a token that has ended, and one signed with somebody else's key", async () => {
    const { verify } = await bench(row)
    const [good = {}] = Object.values(row.good)
    expect(await failure(() => verify({ ...good, exp: now - 60 }))).toMatchObject({
      reason: 'token_expired',
    })
    const other = await generateKey((row.key ?? rsa).algorithm, {
      keyId: (row.key ?? rsa).keyId ?? '',
    })
    expect(await failure(() => verify(good, other))).toMatchObject({ reason: 'signature_invalid' })
  })
})

describe('Microsoft’s keys', () => {
  it('verify no tokens of another tenant than the one that they name', async () => {
    const options = providers.entra({ tenant: 'any', audience: API })
    const issuer = `https://login.microsoftonline.com/${OTHER}/v2.0`
    const set = { keys: [{ ...ofOther.publicJwk(), alg: undefined, issuer }] }
    const keys = {
      jwksUri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
      fetch: async () => Response.json(set),
    }
    const verifier = new TokenVerifier({ ...options, keys, clock })
    const sign = (claims: object): Promise<string> =>
      signCompact(new TextEncoder().encode(JSON.stringify(claims)), { typ: 'JWT' }, ofOther)
    await verifier.verify(await sign({ ...access, iss: issuer, tid: OTHER }))
    const error = await failure(async () =>
      verifier.verify(await sign({ ...access, iss: msal, tid: TENANT })),
    )
    expect(error).toMatchObject({
      reason: 'issuer_mismatch',
      message: expect.stringContaining('another issuer') as string,
    })
  })

  it('cannot verify tokens for Microsoft Graph, and the refusal says so', async () => {
    const row = rows['entra'] as Row
    const { verify } = await bench({ ...row, header: { nonce: 'x' } })
    const other = await generateKey('RS256', { keyId: 'rsa' })
    const error = await failure(() => verify({ ...access, iss: msal, tid: TENANT }, other))
    expect(error).toMatchObject({ reason: 'signature_invalid' })
    expect(String(error)).toContain('Microsoft Graph')
  })
})

describe('A SPIFFE bundle', () => {
  it('gives the keys of JWT-SVIDs, and no other', async () => {
    const bundle = {
      keys: [
        { ...ec.publicJwk(), use: 'jwt-svid' },
        { ...rsa.publicJwk(), use: 'x509-svid' },
      ],
    }
    const original = globalThis.fetch
    globalThis.fetch = async () => Response.json(bundle)
    try {
      const verifier = new TokenVerifier({
        ...providers.spiffe({
          trustDomain: 'example.org',
          audience: 'orders',
          bundleUrl: 'https://spire.example.org/',
        }),
        clock,
      })
      const sign = (claims: object, key: Key): Promise<string> =>
        signCompact(new TextEncoder().encode(JSON.stringify(claims)), { typ: 'JWT' }, key)
      const good = { ...base, aud: ['orders'], sub: 'spiffe://example.org/api' }
      await verifier.verify(await sign(good, ec))
      const refused = async (claims: object, key = ec): Promise<unknown> =>
        failure(async () => verifier.verify(await sign(claims, key)))
      expect(await refused({ ...good, sub: 'spiffe://example.com/api' })).toMatchObject({
        reason: 'claim_invalid',
      })
      expect(await refused({ ...good, sub: 'spiffe://example.org/' })).toMatchObject({
        reason: 'claim_invalid',
      })
      expect(await refused(good, rsa)).toMatchObject({ reason: 'key_unknown' })
    } finally {
      globalThis.fetch = original
    }
  })
})

describe('Options of providers', () => {
  it.each<[string, () => unknown]>([
    ['domain', () => providers.auth0({ domain: 'https://example.auth0.com', audience: API })],
    ['domain', () => providers.auth0({ domain: 'example.auth0.com/', audience: API })],
    ['audience', () => providers.auth0({ domain: 'example.auth0.com' } as never)],
    ['audience', () => providers.auth0({ domain: 'example.auth0.com', audience: [] })],
    ['tenant', () => providers.entra({ tenant: 'example.onmicrosoft.com', audience: API })],
    ['tenant', () => providers.entra({ tenant: 'common', audience: API })],
    ['versions', () => providers.entra({ tenant: TENANT, audience: API, versions: [3 as never] })],
    ['clientIds', () => providers.cognito({ region: 'eu-west-1', userPoolId: 'p' } as never)],
    [
      'region',
      () => providers.cognito({ region: 'eu.evil.example/', userPoolId: 'p', clientIds: 'a' }),
    ],
    [
      'realm',
      () => providers.keycloak({ url: 'https://x.example', realm: '../master', audience: 'a' }),
    ],
    ['repositoryIds', () => providers.githubActions({ audience: API })],
    ['project', () => providers.firebase({ project: 'a/b' })],
    ['authorizedParties', () => providers.clerk({ issuer: 'https://c.example' } as never)],
  ])('are refused by name: %s', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ name: 'OptionError', option }) as Error)
  })
})
