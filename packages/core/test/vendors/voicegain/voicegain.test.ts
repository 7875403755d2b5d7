import { TokenManager } from '@mayfly/core'
import { voicegain } from '@mayfly/core/vendors'
import { startVoicegainSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { failure, NOW } from '../../support/inbound.ts'
import { type RecordingFetch, recordingFetch } from '../../support/recording-fetch.ts'
import { against, CONSOLE_TOKEN, OPTIONS, TOKEN } from './bench.ts'

/** A `fetch` that gives a token, and keeps what it was asked. */
function recording(text: string = TOKEN): RecordingFetch {
  return recordingFetch(() => new Response(text, { headers: { 'content-type': 'text/plain' } }))
}

describe('voicegain', () => {
  it('asks by GET, with the console token as bearer, for a site and a time', async () => {
    const { fetch, sent } = recording()
    await voicegain({ ...OPTIONS, fetch }).getToken()
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({
      url: 'https://api.voicegain.ai/v1/security/jwt?aud=localhost%3A8088&expInSec=300',
      method: 'GET',
      authorization: `Bearer ${CONSOLE_TOKEN}`,
      body: '',
    })
    expect(sent[0]?.headers.get('accept')).toBe('text/plain')
  })

  it('asks for all that it is told', async () => {
    const { fetch, last } = recording()
    const contextId = 'bd14fd94-0c3c-4c9a-82ee-ccf0dbef6729'
    const more = { audience: '*.example.com', expiresIn: 60, api: '/data-prep', contextId }
    await voicegain({ ...OPTIONS, ...more, fetch }).getToken()
    expect(Object.fromEntries(new URL(last().url).searchParams)).toEqual({
      aud: '*.example.com',
      expInSec: '60',
      api: '/data-prep',
      contextId,
    })
  })

  it.each([
    ['https://sapi.voicegain.ai', 'https://sapi.voicegain.ai/v1/security/jwt'],
    ['https://sapi.voicegain.ai/v1', 'https://sapi.voicegain.ai/v1/security/jwt'],
    ['https://edge.example.com/api//', 'https://edge.example.com/api/v1/security/jwt'],
    ['https://edge.example.com/api/v1/', 'https://edge.example.com/api/v1/security/jwt'],
    [new URL('http://localhost:31680'), 'http://localhost:31680/v1/security/jwt'],
  ])('asks at %s, with or without the version', async (baseUrl, expected) => {
    const { fetch, last } = recording()
    const source = voicegain({ ...OPTIONS, baseUrl, fetch })
    await source.getToken()
    expect(last().url.split('?')[0]).toBe(expected)
    expect(source.origins).toEqual([new URL(expected).origin])
  })

  it('sends its tokens to Voicegain’s hosts, unless told', () => {
    const both = ['https://api.voicegain.ai', 'https://sapi.voicegain.ai']
    expect(voicegain(OPTIONS).origins).toEqual(both)
    const origins = ['https://edge.example.com']
    const elsewhere = { baseUrl: 'https://sapi.voicegain.ai', origins }
    expect(voicegain({ ...OPTIONS, ...elsewhere }).origins).toEqual(origins)
  })

  it('gives the token without the line end, living from before the request was sent', async () => {
    const clock = new FakeClock()
    const { fetch } = recording(` ${TOKEN}\n`)
    const slow: typeof globalThis.fetch = async (...call) => {
      clock.advance(5000)
      return fetch(...call)
    }
    const source = voicegain({ ...OPTIONS, clock, fetch: slow })
    expect(await source.getToken()).toMatchObject({
      value: TOKEN,
      issuedAt: NOW,
      expiresAt: NOW + 300,
    })
    expect(source.lifetime).toBe(300)
  })

  it('believes a token that says it lives for less than was asked, and not for more', async () => {
    const clock = new FakeClock()
    for (const [seconds, expected] of [
      [60, 60],
      [7200, 300],
    ] as const) {
      const token = jwt.sign({ iat: 5, exp: 5 + seconds }, 'x')
      const { fetch } = recording(token)
      const { expiresAt } = await voicegain({ ...OPTIONS, clock, fetch }).getToken()
      expect(expiresAt).toBe(NOW + expected)
    }
  })

  it('takes a token that does not say when it ends for what was asked', async () => {
    const clock = new FakeClock()
    const { fetch } = recording(jwt.sign({ aud: 'a' }, 'x', { noTimestamp: true }))
    const { expiresAt } = await voicegain({ ...OPTIONS, clock, fetch }).getToken()
    expect(expiresAt).toBe(NOW + 300)
  })

  it('takes the console token that is in force from a function', async () => {
    await using sandbox = await startVoicegainSandbox()
    let { consoleToken } = sandbox.credentials
    const source = against(sandbox, { consoleToken: () => consoleToken })
    await source.getToken()
    consoleToken = sandbox.regenerate()
    await expect(source.getToken()).resolves.toBeDefined()
    const broken = against(sandbox, { consoleToken: async () => 'with a space' })
    expect(await failure(() => broken.getToken())).toMatchObject({ option: 'consoleToken' })
  })

  it.each([
    ['expiresIn', 1, 0],
    ['expiresIn', 3600, 3601],
    ['audience', 'a'.repeat(128), 'a'.repeat(129)],
    ['api', 'a'.repeat(128), 'a'.repeat(129)],
    ['contextId', 'a'.repeat(16), 'a'.repeat(15)],
    ['contextId', 'a'.repeat(48), 'a'.repeat(49)],
  ])('takes a %s of %s, and not of %s', (option, good, bad) => {
    expect(() => voicegain({ ...OPTIONS, [option]: good })).not.toThrow()
    expect(() => voicegain({ ...OPTIONS, [option]: bad })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  const bad: readonly [string, object, string][] = [
    ['no console token', { consoleToken: undefined }, 'consoleToken'],
    ['a console token with a line end', { consoleToken: `${CONSOLE_TOKEN}\n` }, 'consoleToken'],
    ['a console token with its scheme', { consoleToken: 'Bearer a.b.c' }, 'consoleToken'],
    ['an empty audience', { audience: '' }, 'audience'],
    ['an audience with a space', { audience: 'a b' }, 'audience'],
    ['part of a second', { expiresIn: 1.5 }, 'expiresIn'],
    ['milliseconds', { expiresIn: 300_000_000_000 }, 'expiresIn'],
    ['an empty API', { api: '' }, 'api'],
    ['a base that is no URL', { baseUrl: 'voicegain' }, 'baseUrl'],
    ['a base with a query', { baseUrl: 'https://api.voicegain.ai/?a=1' }, 'baseUrl'],
    ['a base in the clear', { baseUrl: 'http://edge.example.com' }, 'baseUrl'],
    ['a fetch that is none', { fetch: 1 }, 'fetch'],
    ['the parameter’s own name', { expInSec: 60 }, 'expInSec'],
  ]
  it.each(bad)('refuses %s when the source is made', (_, options, option) => {
    expect(() => voicegain({ ...OPTIONS, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('has an id that follows everything that changes the token, and shows none of it', () => {
    const { id } = voicegain(OPTIONS)
    expect(voicegain({ ...OPTIONS }).id).toBe(id)
    const others = [
      { consoleToken: `${CONSOLE_TOKEN}2` },
      { consoleToken: () => CONSOLE_TOKEN },
      { audience: 'other' },
      { expiresIn: 60 },
      { api: '/sa' },
      { contextId: 'bd14fd94-0c3c-4c9a' },
      { baseUrl: 'https://sapi.voicegain.ai' },
      { origins: ['https://edge.example.com'] },
    ].map((options) => voicegain({ ...OPTIONS, ...options }).id)
    expect(new Set([id, ...others]).size).toBe(others.length + 1)
    expect([id, ...others].join()).not.toContain('console-signature')
  })
})

describe('voicegain with a manager', () => {
  it('hands out one token for as long as enough of it is left', async () => {
    const clock = new FakeClock()
    await using sandbox = await startVoicegainSandbox({ clock })
    const manager = new TokenManager(against(sandbox, { clock }), { clock })
    const next = async () => (await manager.getToken({ minLifetime: 120 })).value
    const first = await next()
    clock.advanceSeconds(100)
    expect(await next()).toBe(first)
    clock.advanceSeconds(90)
    expect(await next()).not.toBe(first)
    expect(sandbox.requests).toBe(2)
  })
})
