import { inspect } from 'node:util'
import { SourceError } from '@mayfly/core'
import { voicegain } from '@mayfly/core/vendors'
import { startVoicegainSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { type Respond, startUpstream } from '../../support/upstream.ts'
import { against, CONSOLE_TOKEN, OPTIONS, TOKEN } from './bench.ts'

describe('voicegain says what went wrong', () => {
  it('in Voicegain’s words, and that no other try helps', async () => {
    await using sandbox = await startVoicegainSandbox()
    const endpoint = `${sandbox.origin}/v1/security/jwt`
    const wrong = await failure(() => against(sandbox, OPTIONS).getToken())
    expect(wrong).toBeInstanceOf(SourceError)
    expect(wrong).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect((wrong as Error).message).toBe(`${endpoint} answered 401: Unauthorized.`)
    sandbox.regenerate()
    const cancelled = await failure(() => against(sandbox).getToken())
    expect(cancelled).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    const consoleToken = sandbox.addConsoleToken()
    const other = { consoleToken, contextId: 'bd14fd94-0c3c-4c9a' }
    const context = await failure(() => against(sandbox, other).getToken())
    expect((context as Error).message).toMatch(/answered 400: Bad Request There is no such context/)
    expect(sandbox.refusals).toEqual({ signature: 1, cancelled: 1, context: 1 })
  })

  it('and when to come back', async () => {
    const clock = new FakeClock(1_700_000_000_000)
    await using sandbox = await startVoicegainSandbox({ clock, perMinute: 1 })
    const source = against(sandbox, { clock })
    await source.getToken()
    const limited = await failure(() => source.getToken())
    // 1 700 000 000 lies 20 seconds into its minute.
    expect(limited).toMatchObject({
      code: 'ERR_MINT_REFUSED',
      permanent: false,
      retryAfterMs: 40_000,
    })
  })

  const json = (status: number, body: unknown, headers: Record<string, string> = {}): Respond => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return (_, response) => response.writeHead(status, headers).end(text)
  }
  const answers: readonly [string, Respond, object][] = [
    [
      'RateLimit-Reset where there is no Retry-After',
      json(429, { error: { reason: 'Too Many Requests' } }, { 'ratelimit-reset': '6' }),
      { code: 'ERR_MINT_REFUSED', permanent: false, retryAfterMs: 6000 },
    ],
    [
      'Retry-After where there are both',
      json(429, {}, { 'ratelimit-reset': '6', 'retry-after': '120' }),
      { retryAfterMs: 120_000 },
    ],
    [
      'no RateLimit-Reset of an answer that is none of a busy server',
      json(401, {}, { 'ratelimit-reset': '6' }),
      { retryAfterMs: undefined, permanent: false },
    ],
    [
      'no verdict without an explanation',
      json(403, '<html>proxy</html>'),
      { code: 'ERR_MINT_REFUSED', permanent: false },
    ],
    [
      'no verdict in an error that is no object',
      json(400, { error: 'no' }),
      { code: 'ERR_MINT_REFUSED', permanent: false },
    ],
    [
      'a server that is down, whatever it explains',
      json(503, { error: { reason: 'Down', detail: 'soon' } }, { 'retry-after': '3' }),
      { code: 'ERR_MINT_FAILED', permanent: false, retryAfterMs: 3000 },
    ],
    ['a page instead of a token', json(200, '<html>'), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['nothing instead of a token', json(200, ''), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['three words that are no JWT', json(200, 'a.b.c'), { code: 'ERR_TOKEN_UNUSABLE' }],
    [
      'a token that had ended',
      json(200, jwt.sign({ iat: 10, exp: 5 }, 'x')),
      { code: 'ERR_TOKEN_UNUSABLE' },
    ],
    [
      'a redirect, which is not followed',
      json(302, '', { location: 'https://evil.example' }),
      { code: 'ERR_MINT_FAILED' },
    ],
  ]
  it.each(answers)('by %s', async (_, respond, expected) => {
    await using server = await startUpstream(respond)
    const source = voicegain({ ...OPTIONS, baseUrl: server.origin })
    const error = await failure(() => source.getToken())
    expect(error).toBeInstanceOf(SourceError)
    expect(error).toMatchObject(expected)
    expect(server.seen).toHaveLength(1)
  })

  it.each(['endless', 'cut', 'malformed'] as const)('of a body that is %s', async (spoilage) => {
    await using sandbox = await startVoicegainSandbox()
    sandbox.spoilNext(2, spoilage)
    const error = await failure(() => against(sandbox).getToken())
    expect(error).toBeInstanceOf(SourceError)
    expect(error).toMatchObject({ permanent: false })
  })

  it('never with the console token, the query or the token that it got', async () => {
    const detail = `The token ${CONSOLE_TOKEN} may not ask for /v1/security/jwt?aud=localhost`
    for (const respond of [
      json(401, { error: { reason: CONSOLE_TOKEN, detail } }),
      json(200, `${TOKEN} and more`),
      json(302, '', { location: `https://evil.example/?t=${CONSOLE_TOKEN}` }),
    ]) {
      await using server = await startUpstream(respond)
      const source = voicegain({ ...OPTIONS, baseUrl: server.origin })
      const error = await failure(() => source.getToken())
      const seen = inspect([error, source], { depth: 10, showHidden: true }) + JSON.stringify(error)
      expect(seen).toContain('/v1/security/jwt')
      for (const secret of [CONSOLE_TOKEN, 'console-signature', TOKEN, 'expInSec', 'aud=']) {
        expect(seen).not.toContain(secret)
      }
    }
  })
})
