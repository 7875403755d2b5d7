import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import {
  type MusicKitSandbox,
  startMusicKitSandbox,
  startWeatherKitSandbox,
  type WeatherKitSandbox,
} from '../../src/apple-services/sandbox.ts'

const NOW = 1_700_000_000
const SIX_MONTHS = 15_777_000
const SONG = '/v1/catalog/us/songs/203709340'
const WEATHER = '/api/v1/weather/en/48.14/11.58'

const clock = new FakeClock(NOW * 1000)

type Sandbox = MusicKitSandbox | WeatherKitSandbox

function sign({ credentials }: Sandbox, claims: object, header: object = {}, key?: string): string {
  const { teamId, keyId, privateKey } = credentials
  return jwt.sign(
    JSON.stringify({ iss: teamId, iat: NOW, exp: NOW + 60, ...claims }),
    key ?? privateKey,
    { algorithm: 'ES256', header: { alg: 'ES256', kid: keyId, ...header } },
  )
}

async function get(
  { origin }: Sandbox,
  path: string,
  token?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return fetch(origin + path, { headers: { ...authorization, ...headers } })
}

describe('the MusicKit sandbox', () => {
  it.each<readonly [string, object, string | undefined]>([
    ['what Apple documents', {}, undefined],
    ['six months', { exp: NOW + SIX_MONTHS }, undefined],
    ['six months and a second', { exp: NOW + SIX_MONTHS + 1 }, 'too-long'],
    ['another team', { iss: 'OTHER' }, 'issuer'],
    ['an iat of the next second', { iat: NOW + 1 }, 'iat-in-future'],
    ['its end now', { iat: NOW - 60, exp: NOW }, 'expired'],
    ['no end', { exp: undefined }, 'claims'],
    ['an end before its beginning', { exp: NOW - 1 }, 'claims'],
    ['dates that are text', { iat: String(NOW) }, 'claims'],
    ['further claims', { aud: 'x' }, 'claims'],
    ['web sites', { origin: ['https://a.example'] }, undefined],
    ['a web site that is no list', { origin: 'https://a.example' }, 'claims'],
  ])('judges a token with %s', async (_what, claims, fault) => {
    await using sandbox = await startMusicKitSandbox({ clock })
    const response = await get(sandbox, SONG, sign(sandbox, claims))
    expect(response.status).toBe(fault === undefined ? 200 : 401)
    expect(sandbox.refusals).toEqual(fault === undefined ? {} : { [fault]: 1 })
  })

  it('holds the sites of a token against the Origin of a browser', async () => {
    await using sandbox = await startMusicKitSandbox({ clock })
    const token = sign(sandbox, { origin: ['https://a.example'] })
    const from = async (origin: string) => (await get(sandbox, SONG, token, { origin })).status
    expect([await from('https://a.example'), await from('https://b.example')]).toEqual([200, 401])
    expect(sandbox.refusals).toEqual({ origin: 1 })
  })

  it('refuses unknown keys, revoked ones, and what they did not sign, all with an empty 401', async () => {
    await using sandbox = await startMusicKitSandbox({ clock, keyId: 'ABC123DEFG', teamId: 'T' })
    const other = sandbox.createKey()
    expect(sandbox.credentials).toMatchObject({ keyId: 'ABC123DEFG', teamId: 'T' })
    expect((await get(sandbox, SONG, sign(sandbox, {}))).status).toBe(200)
    for (const token of [
      undefined,
      'x',
      sign(sandbox, {}, { kid: 'AAAAAAAAAA' }),
      sign(sandbox, {}, {}, other.privateKey),
    ]) {
      const response = await get(sandbox, SONG, token)
      expect([response.status, await response.text()]).toEqual([401, ''])
    }
    sandbox.revokeKey()
    expect((await get(sandbox, SONG, sign(sandbox, {}))).status).toBe(401)
    const good = sign(sandbox, {}, { kid: other.keyId }, other.privateKey)
    expect((await get(sandbox, SONG, good)).status).toBe(200)
    sandbox.revokeToken(good)
    expect((await get(sandbox, SONG, good)).status).toBe(401)
    expect(sandbox.refusals).toEqual({
      missing: 1,
      malformed: 1,
      kid: 1,
      signature: 1,
      'key-revoked': 1,
      revoked: 1,
    })
  })

  it('answers 404 elsewhere, and fails as it is told', async () => {
    await using sandbox = await startMusicKitSandbox({ clock })
    const token = sign(sandbox, {})
    expect((await get(sandbox, '/v1/nothing', token)).status).toBe(404)
    sandbox.failNext(1, 503)
    expect((await get(sandbox, SONG, token)).status).toBe(503)
    expect(await (await get(sandbox, SONG, token)).json()).toMatchObject({
      data: [{ type: 'songs' }],
    })
  })

  it('refuses options that it does not know', async () => {
    const options = { serviceId: 'a' } as object
    await expect(startMusicKitSandbox(options)).rejects.toMatchObject({ option: 'serviceId' })
  })
})

describe('the WeatherKit sandbox', () => {
  it.each<readonly [string, object, object, string | undefined]>([
    ['what Apple documents', {}, {}, undefined],
    ['a year', { exp: NOW + 31_536_000 }, {}, undefined],
    ['another service', { sub: 'com.example.other' }, {}, 'service'],
    ['no id in its header', {}, { id: undefined }, 'service'],
    ['an id without the team', {}, { id: 'com.example.weather' }, 'service'],
    ['a further claim', { jti: '1' }, {}, 'claims'],
    ['no service', { sub: undefined }, {}, 'claims'],
    ['an iat of the next second', { iat: NOW + 1 }, {}, 'iat-in-future'],
  ])('judges a token with %s', async (_what, claims, header, fault) => {
    await using sandbox = await startWeatherKitSandbox({ clock })
    const { teamId, serviceId } = sandbox.credentials
    const own = { id: `${teamId}.${serviceId}`, ...header }
    const token = sign(sandbox, { sub: serviceId, ...claims }, own)
    expect((await get(sandbox, WEATHER, token)).status).toBe(fault === undefined ? 200 : 401)
    expect(sandbox.refusals).toEqual(fault === undefined ? {} : { [fault]: 1 })
  })

  it('is for another team and service, if it is told so', async () => {
    const names = { teamId: 'TEAM', serviceId: 'a.b', keyId: 'KEY' }
    await using sandbox = await startWeatherKitSandbox({ clock, ...names })
    expect(sandbox.credentials).toMatchObject(names)
    const token = sign(sandbox, { sub: 'a.b' }, { id: 'TEAM.a.b' })
    expect((await get(sandbox, WEATHER, token)).status).toBe(200)
    expect((await get(sandbox, '/api/v1/weather/en', token)).status).toBe(404)
  })
})
