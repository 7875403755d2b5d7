import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import {
  type ApnsSandbox,
  type ApnsSandboxOptions,
  startApnsSandbox,
} from '../../src/apns/sandbox.ts'
import { type Claims, NOW, sign } from '../app-store-connect/tokens.ts'
import { connectHttp2, request } from '../support/http2.ts'

const DEVICE = 'a1'.repeat(32)
const PATH = `/3/device/${DEVICE}`
const TOPIC = 'com.example.mayfly'

interface Bench extends AsyncDisposable {
  readonly clock: FakeClock
  readonly sandbox: ApnsSandbox
  token(claims?: Claims, header?: Claims): string
  push(token: string | undefined, options?: PushOptions): Promise<[number, unknown]>
}

interface PushOptions {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function start(options: ApnsSandboxOptions = {}): Promise<Bench> {
  const clock = new FakeClock(NOW * 1000)
  const sandbox = await startApnsSandbox({ clock, ...options })
  const { teamId: iss, keyId: kid, privateKey } = sandbox.credentials
  return {
    clock,
    sandbox,
    token: (claims = {}, header = {}) =>
      sign({ iss, iat: NOW, ...claims }, { kid, ...header }, privateKey),
    push: async (token, { path = PATH, method = 'POST', headers, body = '{"aps":{}}' } = {}) => {
      const response = await fetch(sandbox.origin + path, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `bearer ${token}` }),
          ...(headers ?? { 'apns-topic': TOPIC }),
        },
        ...(method === 'POST' && { body }),
      })
      const text = await response.text()
      const { reason } = (text === '' ? {} : JSON.parse(text)) as { reason?: unknown }
      return [response.status, reason]
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

describe('the APNs sandbox judges', () => {
  it.each<[string, Claims, [number, unknown], string | undefined]>([
    ['a good token', {}, [200, undefined], undefined],
    ['an iat of an hour ago', { iat: NOW - 3600 }, [403, 'ExpiredProviderToken'], 'expired'],
    ['an iat of nearly an hour ago', { iat: NOW - 3599 }, [200, undefined], undefined],
    ['an iat that is ahead', { iat: NOW + 1 }, [403, 'ExpiredProviderToken'], 'iat-in-future'],
    ['another team', { iss: 'X' }, [403, 'InvalidProviderToken'], 'issuer'],
    ['no iat', { iat: undefined }, [403, 'InvalidProviderToken'], 'claims'],
    ['an exp, which it does not want', { exp: NOW + 60 }, [403, 'InvalidProviderToken'], 'claims'],
  ])('%s', async (_what, claims, answer, reason) => {
    await using place = await start()
    expect(await place.push(place.token(claims))).toEqual(answer)
    expect(Object.keys(place.sandbox.refusals)).toEqual(reason === undefined ? [] : [reason])
  })

  it('keys and signatures', async () => {
    await using place = await start()
    const { sandbox } = place
    const other = sandbox.createKey()
    const invalid = [403, 'InvalidProviderToken']
    expect(await place.push(undefined)).toEqual([403, 'MissingProviderToken'])
    expect(await place.push('x')).toEqual(invalid)
    expect(await place.push(place.token({}, { kid: 'AAAAAAAAAA' }))).toEqual(invalid)
    expect(await place.push(place.token({}, { kid: other.keyId }))).toEqual(invalid)
    sandbox.revokeKey()
    expect(await place.push(place.token())).toEqual(invalid)
    sandbox.restoreKey()
    expect(await place.push(place.token())).toEqual([200, undefined])
    expect(sandbox.refusals).toMatchObject({ kid: 1, signature: 1, 'key-revoked': 1 })
  })

  it('the age of a token by its own clock', async () => {
    await using place = await start()
    const token = place.token()
    place.sandbox.clockOffsetMs = -1000
    expect(await place.push(token)).toEqual([403, 'ExpiredProviderToken'])
    place.sandbox.clockOffsetMs = 3_599_000
    expect(await place.push(token)).toEqual([200, undefined])
    place.sandbox.clockOffsetMs = 3_600_000
    expect(await place.push(token)).toEqual([403, 'ExpiredProviderToken'])
  })
})

describe('the APNs sandbox allows a team', () => {
  it('one new token in 20 minutes, and the ones that it knows all the time', async () => {
    await using place = await start()
    const [first, second] = [place.token(), place.token({ iat: NOW - 1 })]
    const tooMany = [429, 'TooManyProviderTokenUpdates']
    expect(await place.push(first)).toEqual([200, undefined])
    place.clock.advance(1_199_999)
    expect(await place.push(second)).toEqual(tooMany)
    expect(await place.push(first)).toEqual([200, undefined])
    place.clock.advance(1)
    expect(await place.push(second)).toEqual([200, undefined])
    expect(await place.push(first)).toEqual([200, undefined])
    expect(place.sandbox.refusals).toEqual({ 'updated-too-often': 1 })
  })

  it('no new token sooner for another of its keys', async () => {
    await using place = await start()
    const { teamId, keyId, privateKey } = place.sandbox.createKey()
    await place.push(place.token())
    const token = sign({ iss: teamId, iat: NOW }, { kid: keyId }, privateKey)
    expect(await place.push(token)).toEqual([429, 'TooManyProviderTokenUpdates'])
  })

  it('no more of the tokens so far, once a test has ended them', async () => {
    await using place = await start()
    const [first, second] = [place.token(), place.token({ iat: NOW - 1 })]
    await place.push(first)
    place.sandbox.expireTokensSeen()
    expect(await place.push(first)).toEqual([403, 'ExpiredProviderToken'])
    place.clock.advanceSeconds(1200)
    expect(await place.push(second)).toEqual([200, undefined])
  })
})

describe('the APNs sandbox answers', () => {
  it.each<[string, PushOptions, [number, string]]>([
    ['another path', { path: '/3/devices' }, [404, 'BadPath']],
    ['another method', { method: 'GET' }, [405, 'MethodNotAllowed']],
    ['no topic', { headers: {} }, [400, 'MissingTopic']],
    ['another topic', { headers: { 'apns-topic': 'x' } }, [400, 'TopicDisallowed']],
    ['a bad device token', { path: '/3/device/xyz' }, [400, 'BadDeviceToken']],
    ['a bad id', { headers: { 'apns-topic': TOPIC, 'apns-id': '1' } }, [400, 'BadMessageId']],
    ['no payload', { body: '' }, [400, 'PayloadEmpty']],
    ['more than 4096 bytes', { body: 'x'.repeat(4097) }, [413, 'PayloadTooLarge']],
  ])('%s', async (_what, options, answer) => {
    await using place = await start()
    expect(await place.push(place.token(), options)).toEqual(answer)
    expect(place.sandbox.refused).toBe(0)
    expect(place.sandbox.delivered).toEqual([])
  })

  it('a notification, and keeps it', async () => {
    await using place = await start({ topics: ['a.b'] })
    const id = '123e4567-e89b-12d3-a456-4266554400a0'
    const token = place.token()
    const headers = { 'apns-topic': 'a.b', 'apns-id': id }
    expect(await place.push(token, { headers, body: 'x'.repeat(4096) })).toEqual([200, undefined])
    await place.push(token, { headers, body: '{"aps":{"alert":"hi"}}' })
    expect(place.sandbox.delivered).toEqual([
      { id, deviceToken: DEVICE, topic: 'a.b', payload: undefined },
      { id, deviceToken: DEVICE, topic: 'a.b', payload: { aps: { alert: 'hi' } } },
    ])
  })

  it('410 for a device that has left', async () => {
    await using place = await start()
    place.sandbox.unregister(DEVICE)
    place.clock.advanceSeconds(5)
    const response = await fetch(place.sandbox.origin + PATH, {
      method: 'POST',
      body: '{}',
      headers: { authorization: `bearer ${place.token()}`, 'apns-topic': TOPIC },
    })
    expect(response.status).toBe(410)
    expect(await response.json()).toEqual({ reason: 'Unregistered', timestamp: NOW * 1000 })
    expect(response.headers.get('apns-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([
    [429, 'TooManyRequests'],
    [503, 'ServiceUnavailable'],
    [500, 'InternalServerError'],
    [403, 'Forbidden'],
  ])('%i %s when a test asks for it', async (status, reason) => {
    await using place = await start()
    place.sandbox.failNext(1, status)
    expect(await place.push(place.token())).toEqual([status, reason])
  })

  it('by HTTP/2, and by nothing else if it is told so', async () => {
    await using place = await start({ http1: false })
    await expect(place.push(place.token())).rejects.toThrow()
    const session = connectHttp2(place.sandbox.origin)
    const headers = {
      ':method': 'POST',
      ':path': PATH,
      'apns-topic': TOPIC,
      authorization: `bearer ${place.token()}`,
    }
    expect(await request(session, headers, '{"aps":{}}')).toMatchObject({ status: 200, text: '' })
    expect(place.sandbox.accepted).toBe(1)
    session.close()
  })

  it('without the time, as APNs does', async () => {
    await using place = await start()
    expect((await fetch(place.sandbox.origin)).headers.has('date')).toBe(false)
  })
})
