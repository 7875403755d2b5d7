import { bearerFetch } from '@mayfly/core'
import {
  githubUser,
  google,
  GrantManager,
  type GrantPreset,
  type GrantPresetOptions,
  hubspot,
  intuit,
  MemoryGrantStore,
  microsoft,
  salesforce,
  shopify,
  shopifyShop,
  slack,
  xero,
} from '@mayfly/core/grants'
import { type GrantDialect, type GrantSandbox, startGrantSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

const PRESETS: readonly (readonly [GrantDialect, (options: GrantPresetOptions) => GrantPreset])[] =
  [
    ['shopify', shopify],
    ['slack', slack],
    ['hubspot', hubspot],
    ['salesforce', salesforce],
    ['xero', xero],
    ['intuit', intuit],
    ['google', google],
    ['microsoft', microsoft],
    ['github', githubUser],
  ]

async function connect(
  sandbox: GrantSandbox,
  preset: (options: GrantPresetOptions) => GrantPreset,
  clock: FakeClock,
) {
  const { clientId, clientSecret, tokenEndpoint: endpoint, revocationEndpoint, origin } = sandbox
  const grants = new GrantManager({
    ...preset({ clientId, clientSecret, endpoint, revocationEndpoint, origins: [origin] }),
    store: new MemoryGrantStore({ clock }),
    sealing: null,
    clock,
  })
  await grants.save('shop', sandbox.connect())
  return grants
}

describe.each(PRESETS)('the preset of %s', (dialect, preset) => {
  it('refreshes when a token has ended, and again, as the vendor has it', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ dialect, clock })
    await using grants = await connect(sandbox, preset, clock)
    const call = bearerFetch(grants.source('shop'), { clock })
    expect((await call(`${sandbox.origin}/orders`)).status).toBe(200)
    for (let round = 1; round <= 3; round++) {
      clock.advance(44_000_000)
      expect((await call(`${sandbox.origin}/orders`)).status).toBe(200)
      expect(sandbox.families).toMatchObject([{ rotations: round, ended: false }])
    }
    sandbox.endAccessTokens()
    expect((await call(`${sandbox.origin}/orders`)).status).toBe(200)
  })

  it('knows the vendor’s words for a grant that its user has ended', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ dialect, clock })
    await using grants = await connect(sandbox, preset, clock)
    sandbox.endFamily()
    clock.advance(44_000_000)
    const error = await grants
      .source('shop')
      .getToken()
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ERR_GRANT_ENDED' })
    expect(await grants.show('shop')).toMatchObject({ state: 'ended' })
  })

  it('takes a wrong secret for no word about the grant', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ dialect, clock })
    await using grants = await connect(
      sandbox,
      (options) => preset({ ...options, clientSecret: 'another' }),
      clock,
    )
    clock.advance(44_000_000)
    const error = await grants
      .source('shop')
      .getToken()
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ERR_MINT_REFUSED' })
    expect(await grants.show('shop')).toMatchObject({ state: 'active' })
    expect(sandbox.families).toMatchObject([{ ended: false }])
  })

  it('revokes at the vendor where there is an endpoint for it', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ dialect, clock })
    await using grants = await connect(
      sandbox,
      (options) => ({
        ...preset(options),
        facts: { ...preset(options).facts, revocation: undefined as never },
      }),
      clock,
    )
    await grants.revoke('shop')
    expect(sandbox.families).toMatchObject([{ ended: true }])
    expect(await grants.show('shop')).toBeUndefined()
  })
})

describe('presets', () => {
  const credentials = { clientId: 'app', clientSecret: 'secret' }

  it('call their vendors’ own endpoints', () => {
    const endpoints = PRESETS.map(([, preset]) => preset(credentials).endpoint)
    expect(endpoints).toEqual([
      undefined,
      'https://slack.com/api/oauth.v2.access',
      'https://api.hubapi.com/oauth/v1/token',
      'https://login.salesforce.com/services/oauth2/token',
      'https://identity.xero.com/connect/token',
      'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
      'https://oauth2.googleapis.com/token',
      'https://login.microsoftonline.com/common/oauth2/v2.0/token',
      'https://github.com/login/oauth/access_token',
    ])
    expect(salesforce({ ...credentials, host: 'test.salesforce.com' }).endpoint).toContain(
      '//test.',
    )
    expect(microsoft({ ...credentials, tenant: 'contoso.com' }).endpoint).toContain('/contoso.com/')
  })

  it('take a shop’s own endpoint and origin', async () => {
    expect(shopifyShop('my-shop.myshopify.com')).toEqual({
      endpoint: 'https://my-shop.myshopify.com/admin/oauth/access_token',
      origins: ['https://my-shop.myshopify.com'],
    })
    for (const shop of ['my-shop', 'evil.example/.myshopify.com', 'a.b.myshopify.com', '']) {
      expect(() => shopifyShop(shop)).toThrow(expect.objectContaining({ option: 'shop' }))
    }
  })

  it('send Salesforce’s tokens to the instance that the answer names', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ dialect: 'salesforce', clock })
    const { clientId, clientSecret, tokenEndpoint: endpoint, origin } = sandbox
    await using grants = new GrantManager({
      ...salesforce({ clientId, clientSecret, endpoint }),
      store: new MemoryGrantStore({ clock }),
      sealing: null,
      clock,
    })
    await grants.save('org', sandbox.connect())
    const call = bearerFetch(grants.source('org'), { clock })
    expect((await call(`${origin}/orders`)).status).toBe(200)
    await expect(call('https://evil.example/')).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
    })
    const token = await grants.source('org').getToken()
    expect(token.origins).toEqual([origin])
    expect(token.expiresAt - token.issuedAt).toBe(7200)
  })
})

describe('a grant with origins of its own', () => {
  it('is loaded before its first request, and goes nowhere else', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ clock })
    const { clientId, clientSecret, tokenEndpoint: endpoint, origin } = sandbox
    const store = new MemoryGrantStore({ clock })
    const client = { clientId, clientSecret }
    const open = () => new GrantManager({ store, sealing: null, client, clock })
    await open().save('shop', sandbox.connect(), { endpoint, origins: [origin] })
    const call = bearerFetch(open().source('shop'), { clock })
    expect((await call(`${origin}/orders`)).status).toBe(200)
    sandbox.endAccessTokens()
    expect((await call(`${origin}/orders`)).status).toBe(200)
    await expect(call('https://evil.example/')).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
    })
    await expect(bearerFetch(open().source('nobody'))(origin)).rejects.toMatchObject({
      code: 'ERR_GRANT_MISSING',
    })
    const grants = open()
    expect(grants.source('shop')).toBe(grants.source('shop'))
  })
})

describe('the sandbox', () => {
  it('ends a family on reuse, and forgives for a while where it is told to', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGrantSandbox({ clock, forgivesMs: 10_000 })
    const { refresh_token: first } = sandbox.connect()
    const { clientId, clientSecret } = sandbox
    const refresh = async (token: string): Promise<number> => {
      const form = { grant_type: 'refresh_token', refresh_token: token }
      const client = { client_id: clientId, client_secret: clientSecret }
      const body = new URLSearchParams({ ...form, ...client })
      return (await fetch(sandbox.tokenEndpoint, { method: 'POST', body })).status
    }
    expect(await refresh(first)).toBe(200)
    expect(await refresh(first)).toBe(200)
    clock.advance(10_001)
    expect(await refresh(first)).toBe(400)
    expect(sandbox.families).toMatchObject([{ ended: true, reused: true, rotations: 2 }])
  })
})
