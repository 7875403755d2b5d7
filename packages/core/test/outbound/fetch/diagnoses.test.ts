import { type BearerEvent, bearerFetch, TokenManager } from '@mayfly/core'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { appStoreConnect } from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import { ScriptedSource } from '../../support/scripted-source.ts'
import { answer, type Respond, startUpstream } from '../../support/upstream.ts'

type Refused = Extract<BearerEvent, { type: 'refused' }>

async function setUp(respond: Respond) {
  const upstream = await startUpstream(respond)
  const clock = new FakeClock(Date.now())
  const source = new ScriptedSource({ clock, origins: [upstream.origin] })
  const manager = new TokenManager(source, { clock, random: () => 0 })
  const refused: Refused[] = []
  const observe = (event: BearerEvent): void =>
    void (event.type === 'refused' && refused.push(event))
  const fetch = bearerFetch(manager, { clock, observe })
  return { upstream, clock, source, manager, refused, fetch }
}

const APPLES_403 = JSON.stringify({
  errors: [{ status: '403', code: 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED' }],
})

describe('a refusal that no other token would mend', () => {
  it.each([
    [403, APPLES_403, 'agreement', 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED'],
    [403, '{"errors":[{"code":"FORBIDDEN_ERROR"}]}', 'permission', 'FORBIDDEN_ERROR'],
    [403, 'no JSON', 'permission', undefined],
    [403, '{"message":"API rate limit exceeded"}', 'rate-limit', undefined],
    [403, '{"reason":"InvalidProviderToken"}', 'key-never-worked', 'InvalidProviderToken'],
    [429, '{"reason":"TooManyProviderTokenUpdates"}', 'rate-limit', 'TooManyProviderTokenUpdates'],
  ])('is explained: %i %s is %s', async (status, body, cause, vendorCode) => {
    const { upstream, source, refused, fetch } = await setUp((_request, response) =>
      answer(response, status, body),
    )
    await using _ = upstream
    const response = await fetch(upstream.origin)
    expect(refused).toMatchObject([
      {
        origin: upstream.origin,
        outcome: 'token-kept',
        diagnosis: { status, cause, vendorCode },
      },
    ])
    expect([response.status, response.bodyUsed]).toEqual([status, false])
    expect(await response.text()).toBe(body)
    expect(upstream.seen).toHaveLength(1)
    expect([source.mints, source.invalidated]).toEqual([1, []])
  })

  it('is told after the 401 that came before it', async () => {
    const { upstream, refused, fetch } = await setUp(({ authorization }, response) =>
      answer(response, authorization === 'Bearer token-1' ? 401 : 403),
    )
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(403)
    expect(refused.map(({ outcome, diagnosis }) => [diagnosis.status, outcome])).toEqual([
      [401, 'resent'],
      [403, 'token-kept'],
    ])
  })

  it.each([200, 302, 400, 404, 409, 500, 503])('is none with %i', async (status) => {
    const { upstream, refused, fetch } = await setUp((_request, response) =>
      answer(response, status),
    )
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(status)
    expect(refused).toEqual([])
  })

  it('is none with 400 either where the source is asked about it, and says no', async () => {
    const { upstream, clock, source } = await setUp((_request, response) => answer(response, 400))
    await using _ = upstream
    const events: BearerEvent[] = []
    const judging = Object.assign(source, { isRefusal: () => false })
    const observe = (event: BearerEvent): void => void events.push(event)
    await bearerFetch(judging, { clock, observe })(upstream.origin)
    expect(events.map(({ type }) => type)).toEqual(['response'])
  })

  it('is none where the token was not sent', async () => {
    const { upstream, refused, fetch } = await setUp((_request, response) => answer(response, 403))
    await using _ = upstream
    await fetch(upstream.origin, { headers: { authorization: 'Basic eDp5' } })
    expect(refused).toEqual([])
  })

  it('holds nobody up whom no observer listens to: its body is not looked at', async () => {
    const { upstream, clock, source } = await setUp((_request, response) => {
      response.writeHead(403).write('a body without an end')
    })
    await using _ = upstream
    const response = await bearerFetch(source, { clock })(upstream.origin)
    expect(response.status).toBe(403)
    await response.body?.cancel()
  })

  it('by App Store Connect names the key’s role', async () => {
    const clock = new FakeClock()
    await using sandbox = await startAppStoreConnectSandbox({ clock })
    const { credentials, origin } = sandbox
    const source = appStoreConnect({ ...credentials, origins: [origin], clock })
    const refused: Refused[] = []
    const fetch = bearerFetch(source, {
      clock,
      observe: (event) => void (event.type === 'refused' && refused.push(event)),
    })
    await fetch(`${origin}/v1/apps`)
    sandbox.failNext(1, 403)
    expect((await fetch(`${origin}/v1/apps`)).status).toBe(403)
    expect(refused).toMatchObject([
      {
        outcome: 'token-kept',
        diagnosis: { cause: 'permission', vendorCode: 'FORBIDDEN_ERROR', keyWorked: true },
      },
    ])
    expect(sandbox.requests).toBe(2)
  })
})
