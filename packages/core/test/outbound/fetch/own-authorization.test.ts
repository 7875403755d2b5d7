import { inspect } from 'node:util'
import { type BearerEvent, bearerFetch, OptionError } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource } from '../../support/scripted-source.ts'
import { answer, startUpstream } from '../../support/upstream.ts'

type Options = NonNullable<Parameters<typeof bearerFetch>[1]>

async function setUp(options: Options = {}, status = 200) {
  const upstream = await startUpstream((_request, response) => answer(response, status))
  const clock = new FakeClock(Date.now())
  const source = new ScriptedSource({ clock, origins: [upstream.origin] })
  const events: BearerEvent[] = []
  const fetch = bearerFetch(source, {
    clock,
    observe: (event) => void events.push(event),
    ...options,
  })
  const call = (authorization: string) => fetch(upstream.origin, { headers: { authorization } })
  const own = () => events.filter(({ type }) => type === 'own-authorization')
  return { upstream, source, fetch, call, own }
}

describe('an Authorization header of the caller’s own', () => {
  it('goes out as it is, without a token or a second try, and is reported', async () => {
    const { upstream, source, call, own } = await setUp({}, 401)
    await using _ = upstream
    expect((await call('Basic b3du')).status).toBe(401)
    expect(upstream.seen.map(({ authorization }) => authorization)).toEqual(['Basic b3du'])
    expect(source.mints).toBe(0)
    expect(own()).toEqual([{ type: 'own-authorization', origin: upstream.origin, outcome: 'kept' }])
  })

  it('is replaced where the client is told to, whatever it holds', async () => {
    const { upstream, call, own } = await setUp({ ownAuthorization: 'replace' })
    await using _ = upstream
    await call('Bearer sk-unused')
    await call('Bearer undefined')
    expect(upstream.seen.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
    expect(own()).toMatchObject([{ outcome: 'replaced' }, { outcome: 'replaced' }])
  })

  it('is refused where the client is told to, in an error that does not show it', async () => {
    const { upstream, call, own } = await setUp({ ownAuthorization: 'refuse' })
    await using _ = upstream
    const error: unknown = await call('Bearer sesame-sesame').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(OptionError)
    expect(error).toMatchObject({ code: 'ERR_OPTION_INVALID', option: 'headers' })
    expect(inspect(error)).not.toContain('sesame')
    expect(upstream.seen).toEqual([])
    expect(own()).toMatchObject([{ outcome: 'refused' }])
  })

  it('is seen in a Request, too', async () => {
    const { upstream, fetch } = await setUp({ ownAuthorization: 'replace' })
    await using _ = upstream
    await fetch(new Request(upstream.origin, { headers: { authorization: 'Token abc' } }))
    expect(upstream.seen[0]?.authorization).toBe('Bearer token-1')
  })

  it.each([
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'bearer undefined',
    'Bearer null',
    'Bearer NaN',
    'Bearer false',
    'Bearer [object Object]',
    'Bearer [object Promise]',
    'Bearer <token>',
    'Bearer ${TOKEN}',
    'Bearer {{token}}',
    'Bearer %TOKEN%',
    'Basic ',
    'Basic Og==',
    `Basic ${btoa('undefined:undefined')}`,
    `Basic ${btoa('null:')}`,
    'DPoP undefined',
    'Token null',
    'undefined',
    '[object Object]',
  ])('that is the placeholder %j is refused by name, before anything is sent', async (value) => {
    const { upstream, call, source } = await setUp()
    await using _ = upstream
    const error: unknown = await call(value).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(OptionError)
    expect(String(error)).toContain(`"${value.trim()}"`)
    expect(upstream.seen).toEqual([])
    expect(source.mints).toBe(0)
  })

  it.each([
    'Bearer a',
    'Bearer undefinedX',
    'Basic b3du',
    `Basic ${btoa('user:')}`,
    `Basic ${btoa(':password')}`,
    'Basic not-base64!',
    'Token token="abc"',
    'AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host, Signature=z',
    'nullify',
  ])('that is the credential %j is kept', async (value) => {
    const { upstream, call } = await setUp()
    await using _ = upstream
    await call(value)
    expect(upstream.seen[0]?.authorization).toBe(value)
  })

  it('can be treated in three ways and no other', () => {
    const source = new ScriptedSource({ clock: new FakeClock() })
    const wrong = { ownAuthorization: 'drop' } as never
    expect(() => bearerFetch(source, wrong)).toThrow(
      '"ownAuthorization" must be "keep", "replace" or "refuse"',
    )
  })
})
