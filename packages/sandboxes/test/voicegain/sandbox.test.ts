import { generateKeyPairSync } from 'node:crypto'
import { OptionError } from '@mayfly/core'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import {
  startVoicegainSandbox,
  type VoicegainSandbox,
  type VoicegainSandboxOptions,
} from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'

const NOW = 1_700_000_000
const MINT = '/v1/security/jwt?aud=app.example.com'

interface Bench extends AsyncDisposable {
  readonly clock: FakeClock
  readonly sandbox: VoicegainSandbox
  /** Status and, where it was refused, the true reason. */
  outcome(path: string, token?: string, init?: RequestInit): Promise<string>
  /** A new short-lived token. */
  mint(query?: string): Promise<string>
}

async function bench(options: VoicegainSandboxOptions = {}): Promise<Bench> {
  const clock = new FakeClock(NOW * 1000)
  const sandbox = await startVoicegainSandbox({ clock, ...options })
  const { consoleToken } = sandbox.credentials
  function send(path: string, token?: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    return fetch(sandbox.origin + path, { ...init, headers })
  }
  return {
    clock,
    sandbox,
    outcome: async (path, token, init) => {
      sandbox.resetCounts()
      const { status } = await send(path, token, init)
      const [reason] = Object.keys(sandbox.refusals)
      return reason === undefined ? String(status) : `${status} ${reason}`
    },
    mint: async (query = 'aud=app.example.com') => {
      const answer = await send(`/v1/security/jwt?${query}`, consoleToken)
      return (await answer.text()).trim()
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

describe('the Voicegain sandbox gives tokens', () => {
  it('as plain text with a line end, which jsonwebtoken can read', async () => {
    await using place = await bench()
    const { consoleToken } = place.sandbox.credentials
    const query = 'aud=localhost:8088&expInSec=60&api=/data-prep'
    const answer = await fetch(`${place.sandbox.origin}/v1/security/jwt?${query}`, {
      headers: { authorization: `Bearer ${consoleToken}` },
    })
    expect(answer.headers.get('content-type')).toBe('text/plain')
    const text = await answer.text()
    expect(text.endsWith('\n')).toBe(true)
    expect(jwt.decode(text.trim())).toEqual({
      aud: 'localhost:8088',
      iat: NOW,
      exp: NOW + 60,
      sub: `api:/data-prep:${place.sandbox.contextId}`,
      jti: expect.any(String) as string,
    })
  })

  it.each([
    ['a context of its own', 'aud=a', '200'],
    ['an hour', 'aud=a&expInSec=3600', '200'],
    ['more than an hour', 'aud=a&expInSec=3601', '400 exp-in-sec'],
    ['a second', 'aud=a&expInSec=1', '200'],
    ['no time', 'aud=a&expInSec=0', '400 exp-in-sec'],
    ['part of a second', 'aud=a&expInSec=1.5', '400 exp-in-sec'],
    ['an audience of 128 characters', `aud=${'a'.repeat(128)}`, '200'],
    ['an audience of 129 characters', `aud=${'a'.repeat(129)}`, '400 aud'],
    ['no audience', 'expInSec=60', '400 aud'],
    ['an API of 129 characters', `aud=a&api=${'a'.repeat(129)}`, '400 api'],
    ['another context', 'aud=a&contextId=bd14fd94-0c3c-4c9a', '400 context'],
  ])('for %s, or says what is wrong', async (_, query, expected) => {
    await using place = await bench()
    const { consoleToken } = place.sandbox.credentials
    expect(await place.outcome(`/v1/security/jwt?${query}`, consoleToken)).toBe(expected)
  })

  it('to the console’s JWT alone', async () => {
    await using place = await bench()
    const { consoleToken } = place.sandbox.credentials
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const other = jwt.sign({ sub: 'x' }, privateKey, { algorithm: 'RS256' })
    expect(await place.outcome(MINT)).toBe('401 missing')
    expect(await place.outcome(MINT, 'x.y.z')).toBe('401 malformed')
    expect(await place.outcome(MINT, other)).toBe('401 algorithm')
    expect(await place.outcome(MINT, jwt.sign({ sub: 'x' }, 'secret'))).toBe('401 signature')
    expect(await place.outcome(MINT, await place.mint())).toBe('401 not-console')
    expect(await place.outcome(MINT, consoleToken, { method: 'POST' })).toBe('405 not-get')
  })

  it('to every JWT of the context, and regenerating ends that one alone', async () => {
    await using place = await bench()
    const { sandbox } = place
    const first = sandbox.credentials.consoleToken
    const second = sandbox.addConsoleToken()
    const third = sandbox.regenerate()
    const outcomes = []
    for (const token of [first, second, third]) outcomes.push(await place.outcome(MINT, token))
    expect(outcomes).toEqual(['401 cancelled', '200', '200'])
    const fourth = sandbox.regenerate(second)
    expect(await place.outcome(MINT, second)).toBe('401 cancelled')
    expect(await place.outcome('/v1/sa/config', second)).toBe('401 cancelled')
    expect(await place.outcome('/v1/sa/config', fourth)).toBe('200')
  })
})

describe('the Voicegain sandbox takes tokens', () => {
  it('until they end', async () => {
    await using place = await bench()
    const token = await place.mint('aud=a&expInSec=10')
    place.clock.advanceSeconds(9)
    expect(await place.outcome('/v1/sa/config', token)).toBe('200')
    place.clock.advanceSeconds(1)
    expect(await place.outcome('/v1/sa/config', token)).toBe('401 expired')
  })

  it.each([
    ['app.example.com', 'https://app.example.com', '200'],
    ['app.example.com', 'https://example.com', '403 origin'],
    ['app.example.com', 'https://app.example.com:8443', '403 origin'],
    ['localhost:8088', 'http://localhost:8088', '200'],
    ['localhost:8088', 'http://localhost', '403 origin'],
    ['*.example.com', 'https://a.b.example.com', '200'],
    ['*.example.com', 'https://example.com', '403 origin'],
    ['*.example.com', 'https://badexample.com', '403 origin'],
    ['https://app.example.com/', 'https://app.example.com', '200'],
    ['*', 'https://anything.example', '200'],
    ['app.example.com', 'null', '403 origin'],
  ])('of %s from %s', async (aud, origin, expected) => {
    await using place = await bench()
    const token = await place.mint(new URLSearchParams({ aud }).toString())
    const init = { headers: { origin } }
    expect(await place.outcome('/v1/sa/config', token, init)).toBe(expected)
    expect(await place.outcome('/v1/sa/config', token)).toBe('200')
  })

  it('for the API that they are for', async () => {
    await using place = await bench()
    const token = await place.mint('aud=a&api=/data-prep')
    expect(await place.outcome('/v1/data-prep/x', token)).toBe('200')
    expect(await place.outcome('/v1/sa/config', token)).toBe('403 other-api')
    expect(await place.outcome('/nothing', await place.mint())).toBe('404')
  })

  it('unless a test ends them', async () => {
    await using place = await bench()
    const { sandbox } = place
    const [one, other] = [await place.mint(), await place.mint()]
    sandbox.revokeToken(one)
    expect(await place.outcome('/v1/sa/config', one)).toBe('401 revoked')
    expect(await place.outcome('/v1/sa/config', other)).toBe('200')
    sandbox.revokeTokensSeen()
    expect(await place.outcome('/v1/sa/config', other)).toBe('401 revoked')
    sandbox.refuseFirstUse(1)
    const fresh = await place.mint()
    expect(await place.outcome('/v1/sa/config', fresh)).toBe('401 first-use')
    expect(await place.outcome('/v1/sa/config', fresh)).toBe('200')
  })
})

describe('the limits of the Voicegain sandbox', () => {
  async function limits(place: Bench): Promise<readonly (number | string | null)[]> {
    const { consoleToken } = place.sandbox.credentials
    const headers = { authorization: `Bearer ${consoleToken}` }
    const answer = await fetch(place.sandbox.origin + MINT, { headers })
    const names = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after']
    return [answer.status, ...names.map((name) => answer.headers.get(name))]
  }

  it('count down, refuse, and are as new when their minute is over', async () => {
    await using place = await bench({ perMinute: 2, perHour: 100 })
    const limit = '2, 2;window=60, 100;window=3600'
    // NOW lies 20 seconds into its minute.
    expect(await limits(place)).toEqual([200, limit, '1', '40', null])
    expect(await limits(place)).toEqual([200, limit, '0', '40', null])
    expect(await limits(place)).toEqual([429, limit, '0', '40', '40'])
    expect(place.sandbox.refusals).toEqual({ 'rate-limit': 1 })
    place.clock.advance(39_001)
    expect(await limits(place)).toEqual([429, limit, '0', '1', '1'])
    place.clock.advance(999)
    expect(await limits(place)).toEqual([200, limit, '1', '60', null])
  })

  it('tell of the hour when that is what is used up', async () => {
    await using place = await bench({ perMinute: 75, perHour: 1 })
    const limit = '1, 75;window=60, 1;window=3600'
    expect(await limits(place)).toEqual([200, limit, '0', '2800', null])
    place.clock.advanceSeconds(60)
    expect(await limits(place)).toEqual([429, limit, '0', '2740', '2740'])
  })

  it('are 75 a minute and 2000 an hour', async () => {
    await using place = await bench()
    expect((await limits(place))[1]).toBe('75, 75;window=60, 2000;window=3600')
  })
})

describe('a failure of the Voicegain sandbox', () => {
  it.each([401, 429, 503])('has Voicegain’s form: %i', async (status) => {
    await using place = await bench()
    place.sandbox.failNext(1, status, { retryAfter: 7 })
    const answer = await fetch(place.sandbox.origin + MINT)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(await answer.json()).toEqual({ error: { reason: expect.any(String) as string } })
  })

  it('is an option that is none, or no number', async () => {
    for (const options of [{ nonsense: 1 }, { perMinute: 1.5 }, { perHour: -1 }]) {
      await expect(startVoicegainSandbox(options as object)).rejects.toBeInstanceOf(OptionError)
    }
  })
})
