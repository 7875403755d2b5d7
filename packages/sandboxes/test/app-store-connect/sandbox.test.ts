import { OptionError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { bench, NOW } from './tokens.ts'

describe('the App Store Connect sandbox answers', () => {
  it('a list of apps in the JSON:API shape', async () => {
    await using place = await bench({ apps: [{ id: '7', name: 'Seven', bundleId: 'a.b.seven' }] })
    const response = await place.get('/v1/apps', place.token())
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      data: [
        {
          type: 'apps',
          id: '7',
          attributes: {
            name: 'Seven',
            bundleId: 'a.b.seven',
            sku: 'a.b.seven',
            primaryLocale: 'en-US',
          },
        },
      ],
      links: { self: '/v1/apps' },
      meta: { paging: { total: 1, limit: 50 } },
    })
  })

  it.each([
    ['/v1/apps?limit=2', 2],
    ['/v1/apps?filter[bundleId]=com.example.mayfly', 1],
    ['/v1/apps?filter[bundleId]=nobody', 0],
  ])('%s with %i apps', async (path, count) => {
    await using place = await bench()
    const body = (await (await place.get(path, place.token())).json()) as { data: unknown[] }
    expect(body.data).toHaveLength(count)
  })

  it('one app', async () => {
    await using place = await bench()
    const response = await place.get('/v1/apps/1500000001', place.token())
    expect(await response.json()).toMatchObject({ data: { attributes: { name: 'Mayfly' } } })
  })

  it('a new bundle id with what was sent, and lists it afterwards', async () => {
    await using place = await bench()
    const attributes = { identifier: 'com.example.x', name: 'X', platform: 'IOS' }
    const response = await fetch(`${place.sandbox.origin}/v1/bundleIds`, {
      method: 'POST',
      headers: { authorization: `Bearer ${place.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data: { type: 'bundleIds', attributes } }),
    })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ data: { type: 'bundleIds', attributes } })
    const list = await place.get('/v1/bundleIds', place.token())
    expect(await list.json()).toMatchObject({ data: [{ attributes }] })
  })

  it.each(['', 'null', '[]', '{"data":null}', '{"data":{"type":"bundleIds","attributes":null}}'])(
    'a body that it cannot use with 409: %s',
    async (body) => {
      await using place = await bench()
      const headers = { authorization: `Bearer ${place.token()}` }
      const url = `${place.sandbox.origin}/v1/bundleIds`
      const response = await fetch(url, { method: 'POST', headers, body })
      expect(response.status).toBe(409)
    },
  )

  it.each([
    ['GET', '/v1/apps/404', 404, 'NOT_FOUND'],
    ['GET', '/v1/nothing', 404, 'PATH_ERROR'],
    ['GET', '/', 404, 'PATH_ERROR'],
    ['DELETE', '/v1/apps/1500000001', 403, 'FORBIDDEN_ERROR'],
    ['GET', '/v1/apps?limit=0', 409, 'ENTITY_ERROR'],
  ])('%s %s with %i %s', async (method, path, status, code) => {
    await using place = await bench()
    const headers = { authorization: `Bearer ${place.token()}` }
    const response = await fetch(place.sandbox.origin + path, { method, headers })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ errors: [{ status: String(status), code }] })
    expect(place.sandbox.accepted).toBe(1)
  })

  it('every bad token with the same bytes', async () => {
    await using place = await bench()
    const tokens = [
      undefined,
      'x',
      place.token({ exp: NOW - 1 }),
      place.token({ exp: NOW + 5000 }),
      place.token({ aud: 'x' }),
      place.token({}, { kid: 'x' }),
    ]
    const bodies = []
    for (const token of tokens) bodies.push(await (await place.get('/v1/apps', token)).text())
    expect(new Set(bodies).size).toBe(1)
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      errors: [
        {
          status: '401',
          code: 'NOT_AUTHORIZED',
          title: 'Authentication credentials are missing or invalid.',
        },
      ],
    })
  })

  it('with the date of its own clock', async () => {
    await using place = await bench({ clockOffsetMs: -90_000 })
    const response = await place.get('/v1/apps')
    expect(Date.parse(response.headers.get('date') ?? '')).toBe((NOW - 90) * 1000)
    place.sandbox.clockOffsetMs = 500
    const later = await place.get('/v1/apps')
    expect(Date.parse(later.headers.get('date') ?? '')).toBe(NOW * 1000)
  })
})

describe('the rate limit of the App Store Connect sandbox', () => {
  it('counts down, refuses when it is spent, and recovers an hour after the first request', async () => {
    await using place = await bench({ hourlyLimit: 2 })
    const seen = []
    for (const _ of [1, 2, 3]) {
      const response = await place.get('/v1/apps', place.token())
      seen.push([response.status, response.headers.get('x-rate-limit')])
      place.clock.advanceSeconds(10)
    }
    expect(seen).toEqual([
      [200, 'user-hour-lim:2;user-hour-rem:1;'],
      [200, 'user-hour-lim:2;user-hour-rem:0;'],
      [429, 'user-hour-lim:2;user-hour-rem:0;'],
    ])
    place.clock.advanceSeconds(3569)
    const times = { iat: NOW + 3599, exp: NOW + 3700 }
    expect((await place.get('/v1/apps', place.token(times))).status).toBe(429)
    place.clock.advanceSeconds(1)
    expect((await place.get('/v1/apps', place.token(times))).status).toBe(200)
    expect(place.sandbox.refusals).toEqual({ 'rate-limit': 2 })
  })

  it('is 3500 requests unless said otherwise', async () => {
    await using place = await bench()
    const response = await place.get('/v1/apps', place.token())
    expect(response.headers.get('x-rate-limit')).toBe('user-hour-lim:3500;user-hour-rem:3499;')
  })
})

describe('the controls of the App Store Connect sandbox', () => {
  it('revoke the team key alone, and restore it', async () => {
    await using place = await bench()
    const token = place.token()
    place.sandbox.revokeKey()
    expect((await place.get('/v1/apps', token)).status).toBe(401)
    place.sandbox.restoreKey()
    expect((await place.get('/v1/apps', token)).status).toBe(200)
    place.sandbox.revokeKey(place.sandbox.individualCredentials.keyId)
    expect((await place.get('/v1/apps', token)).status).toBe(200)
    expect(place.sandbox.refusals).toEqual({ 'key-revoked': 1 })
  })

  it('revoke one token', async () => {
    await using place = await bench()
    const [one, other] = [place.token(), place.token({ exp: NOW + 5 })]
    place.sandbox.revokeToken(one)
    expect((await place.get('/v1/apps', one)).status).toBe(401)
    expect((await place.get('/v1/apps', other)).status).toBe(200)
    expect(place.sandbox.refusals).toEqual({ revoked: 1 })
  })

  it('displace the tokens seen so far, and no later one', async () => {
    await using place = await bench()
    const [earlier, later] = [place.token(), place.token({ exp: NOW + 5 })]
    await place.get('/v1/apps', earlier)
    place.sandbox.revokeTokensSeen()
    expect((await place.get('/v1/apps', earlier)).status).toBe(401)
    expect((await place.get('/v1/apps', later)).status).toBe(200)
  })

  it('refuse the first use of the next two new tokens alone', async () => {
    await using place = await bench()
    const known = place.token()
    await place.get('/v1/apps', known)
    place.sandbox.refuseFirstUse(2)
    const statuses = [(await place.get('/v1/apps', known)).status]
    for (const exp of [NOW + 1, NOW + 2, NOW + 3]) {
      statuses.push((await place.get('/v1/apps', place.token({ exp }))).status)
    }
    expect(statuses).toEqual([200, 401, 401, 200])
    expect(place.sandbox.refusals).toEqual({ 'first-use': 2 })
  })

  it('accept a token on its second use after refusing the first', async () => {
    await using place = await bench()
    const token = place.token()
    place.sandbox.refuseFirstUse(1)
    expect((await place.get('/v1/apps', token)).status).toBe(401)
    expect((await place.get('/v1/apps', token)).status).toBe(200)
  })

  it('are not spent on tokens that are bad anyway', async () => {
    await using place = await bench()
    place.sandbox.refuseFirstUse(1)
    await place.get('/v1/apps', place.token({ aud: 'x' }))
    expect((await place.get('/v1/apps', place.token())).status).toBe(401)
    expect(place.sandbox.refusals).toEqual({ audience: 1, 'first-use': 1 })
  })
})

describe('startAppStoreConnectSandbox', () => {
  it.each([
    ['an unknown option', { clockOffset: 1 }],
    ['a latency below zero', { latencyMs: -1 }],
    ['an offset that is no number', { clockOffsetMs: Number.NaN }],
    ['a port out of range', { port: 65_536 }],
    ['half a request', { hourlyLimit: 0.5 }],
  ])('refuses %s', async (_, options: object) => {
    await expect(startAppStoreConnectSandbox(options)).rejects.toBeInstanceOf(OptionError)
  })

  it('works by the machine clock when it is given none', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    expect((await fetch(`${sandbox.origin}/v1/apps`)).status).toBe(401)
  })

  it('says so when its port is taken', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    const port = Number(new URL(sandbox.origin).port)
    await expect(startAppStoreConnectSandbox({ port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
