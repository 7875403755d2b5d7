import { clientCredentials } from '@mayfly/core/vendors'
import type { AccessToken } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

const NOW = 1_700_000_000

async function tokenOf(
  body: string,
  options: object = {},
  type = 'application/json',
): Promise<AccessToken> {
  return clientCredentials({
    tokenEndpoint: 'https://auth.example.com/token',
    clientId: 'orders',
    clientSecret: 'a-secret-of-orders',
    origins: ['https://api.example.com'],
    clock: new FakeClock(),
    fetch: async () => new Response(body, { headers: { 'content-type': type } }),
    ...options,
  }).getToken()
}

const given = (rest: object): string => JSON.stringify({ access_token: 'opaque', ...rest })

describe('clientCredentials reads answers as they are found:', () => {
  it.each([0, -1, null, '', 'soon', true, [], {}, 1e12, '-5', 0.5])(
    'an expires_in of %j counts as none where there is a default, and is an error elsewhere',
    async (expiresIn) => {
      const body = given({ expires_in: expiresIn })
      const { expiresAt } = await tokenOf(body, { defaultLifetime: 600 })
      expect(expiresAt).toBe(NOW + 600)
      await expect(tokenOf(body)).rejects.toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
    },
  )

  it('an expires_in that is a positive number goes before the default', async () => {
    for (const expiresIn of [300, '300', ' 300 ', 300.9]) {
      const { expiresAt } = await tokenOf(given({ expires_in: expiresIn }), {
        defaultLifetime: 600,
      })
      expect(expiresAt, JSON.stringify(expiresIn)).toBe(NOW + 300)
    }
  })

  it('a form, whatever it is called', async () => {
    const form = 'access_token=opaque%2D1&expires_in=300&token_type=bearer&scope=read+write'
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'text/html']) {
      const token = await tokenOf(form, {}, type)
      expect([token.value, token.expiresAt]).toEqual(['opaque-1', NOW + 300])
    }
  })

  it('another type of token where the caller says so', async () => {
    const body = given({ expires_in: 300, token_type: 'BearerToken' })
    await expect(tokenOf(body)).rejects.toThrow('name what the server says in "tokenType"')
    for (const tokenType of ['bearertoken', ['Bearer', 'BearerToken']]) {
      expect((await tokenOf(body, { tokenType })).value).toBe('opaque')
    }
    await expect(
      tokenOf(given({ expires_in: 300, token_type: 'mac' }), { tokenType: 'JWT' }),
    ).rejects.toMatchObject({
      code: 'ERR_TOKEN_UNUSABLE',
    })
  })

  it('and no tokenType that is none', async () => {
    for (const tokenType of ['', [], 7, 'two words', 'Bearer\n', null]) {
      await expect(tokenOf('', { tokenType })).rejects.toMatchObject({
        name: 'OptionError',
        option: 'tokenType',
      })
    }
  })
})
