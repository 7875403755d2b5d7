import { SourceError } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { startOAuthSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../support/scripted-source.ts'
import { type Place, placeOf, PLACES } from './sandbox-places.ts'

async function mint({ source }: Place): Promise<string> {
  return (await source.getToken()).value
}

const GIVERS = Object.entries(PLACES).filter(([name]) =>
  ['Voicegain', 'Zoom', 'GitHub', 'Google', 'OAuth'].includes(name),
)

describe.each(Object.entries(PLACES))('the sandbox of %s', (_name, start) => {
  const clock = new FakeClock()
  let place: Place
  beforeAll(async () => {
    place = await start(clock)
  })
  afterAll(() => place[Symbol.asyncDispose]())
  // APNs takes a new token every 20 minutes.
  beforeEach(() => clock.advanceSeconds(1200))

  it('takes a good token, and answers as late as it is told', async () => {
    const token = await mint(place)
    expect((await place.send(token)).status).toBe(200)
    place.sandbox.latencyMs = 700
    let answered = false
    const judged = new Promise<void>((resolve) => place.sandbox.onEvent(() => resolve()))
    const answer = place.send(token).then((response) => {
      answered = true
      return response
    })
    await judged
    clock.advance(699)
    await settle()
    expect(answered).toBe(false)
    clock.advance(1)
    expect((await answer).status).toBe(200)
    place.sandbox.latencyMs = 0
  })

  it.each([500, 502, 503])('fails with %s as it is told, and no longer', async (status) => {
    const token = await mint(place)
    place.sandbox.failNext(1, status)
    expect((await place.send(token)).status).toBe(status)
    expect((await place.send(token)).status).toBe(200)
  })

  it('says when to come back', async () => {
    const token = await mint(place)
    place.sandbox.failNext(1, 429, { retryAfter: 7 })
    const answer = await place.send(token)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
  })

  it('sends JSON that stops halfway, bodies without an end, and half a body', async () => {
    const token = await mint(place)
    place.sandbox.spoilNext(1, 'malformed')
    const malformed = await (await place.send(token)).text()
    expect(() => JSON.parse(malformed) as unknown).toThrow(SyntaxError)
    place.sandbox.spoilNext(1, 'endless')
    let size = 0
    for await (const chunk of (await place.send(token)).body ?? []) {
      size += chunk.length
      if (size > 1_000_000) break
    }
    expect(size).toBeGreaterThan(1_000_000)
    place.sandbox.spoilNext(1, 'cut')
    await expect(place.send(token).then((answer) => answer.text())).rejects.toThrow(TypeError)
  })

  it('lets nobody in while it is down', async () => {
    const token = await mint(place)
    place.sandbox.down()
    await expect(place.send(token)).rejects.toThrow(TypeError)
    place.sandbox.up()
    expect((await place.send(token)).status).toBe(200)
  })

  it('refuses the first use of a new token, and no other', async () => {
    const { refusal = 401 } = place
    const before = place.sandbox.refusals['first-use'] ?? 0
    place.sandbox.refuseFirstUse(1)
    const token = await mint(place)
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await place.send(token)).status)
    expect(statuses).toEqual([refusal, 200, 200])
    expect(place.sandbox.refusals).toMatchObject({ 'first-use': before + 1 })
  })

  it('refuses a token that another one displaced, and not that other one', async () => {
    const { refusal = 401 } = place
    const displaced = await mint(place)
    expect((await place.send(displaced)).status).toBe(200)
    place.sandbox.displaceToken()
    expect((await place.send(displaced)).status).toBe(refusal)
    expect((await place.send(displaced)).status).toBe(refusal)
    expect(place.sandbox.refusals).toMatchObject({ 'token-displaced': 2 })
    clock.advanceSeconds(1200)
    const next = await mint(place)
    expect((await place.send(next)).status).toBe(200)
    expect((await place.send(displaced)).status).not.toBe(200)
  })

  it('knows of no token to displace before one was used', async () => {
    await using fresh = await start(clock)
    expect(() => fresh.sandbox.displaceToken()).toThrow('No token')
  })

  it('refuses what comes of a key that was revoked', async () => {
    await mint(place)
    const before = place.sandbox.refused
    place.revoke()
    clock.advanceSeconds(1)
    if (place.tokenPath === undefined) {
      expect([400, 401, 403]).toContain((await place.send(await mint(place))).status)
    } else {
      await expect(mint(place)).rejects.toMatchObject({ code: 'ERR_MINT_REFUSED' })
    }
    expect(place.sandbox.refused - before).toBe(1)
  })
})

describe.each(GIVERS)('the source of %s', (_name, start) => {
  const clock = new FakeClock()
  let place: Place
  beforeAll(async () => {
    place = await start(clock)
  })
  afterAll(() => place[Symbol.asyncDispose]())

  async function failing(prepare: (place: Place) => void): Promise<SourceError> {
    prepare(place)
    const error: unknown = await mint(place).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(SourceError)
    // It is the answer that was bad: the next one is good.
    place.sandbox.up()
    expect(await mint(place)).not.toBe('')
    return error as SourceError
  }

  it.each([500, 502, 503])('says that the server failed: %s', async (status) => {
    const error = await failing(({ sandbox, tokenPath: path = '' }) =>
      sandbox.failNext(1, status, { path, retryAfter: 9 }),
    )
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false, retryAfterMs: 9000 })
    expect(error.message).toContain(`answered ${status}`)
  })

  it('says how long to wait where it asks too often', async () => {
    const error = await failing(({ sandbox, tokenPath: path = '' }) =>
      sandbox.failNext(1, 429, { path, retryAfter: 30 }),
    )
    expect(error).toMatchObject({
      code: 'ERR_MINT_REFUSED',
      permanent: false,
      retryAfterMs: 30_000,
    })
  })

  it.each(['malformed', 'endless', 'cut'] as const)(
    'takes no body that is %s',
    async (spoilage) => {
      const error = await failing(({ sandbox, tokenPath: path = '' }) =>
        sandbox.spoilNext(spoilage === 'cut' ? 2 : 1, spoilage, { path }),
      )
      expect(['ERR_MINT_FAILED', 'ERR_TOKEN_UNUSABLE']).toContain(error.code)
      expect(error.permanent).toBe(false)
    },
  )

  it('says that nobody answers', async () => {
    const error = await failing(({ sandbox }) => sandbox.down())
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false })
  })

  it('gives up on an answer that takes too long', async () => {
    place.sandbox.latencyMs = 60_000
    const judged = new Promise<void>((resolve) => place.sandbox.onEvent(() => resolve()))
    const token = mint(place).catch((caught: unknown) => caught)
    await judged
    clock.advance(10_000)
    expect(await token).toMatchObject({ code: 'ERR_MINT_TIMEOUT' })
    place.sandbox.latencyMs = 0
  })

  it('gives up on a body that never goes on', async () => {
    place.sandbox.spoilNext(1, 'stalled', { path: place.tokenPath ?? '' })
    const judged = new Promise<void>((resolve) => place.sandbox.onEvent(() => resolve()))
    const token = mint(place).catch((caught: unknown) => caught)
    await judged
    await settle()
    clock.advance(10_000)
    expect(await token).toMatchObject({ code: 'ERR_MINT_TIMEOUT' })
  })
})

it('a token that another one displaced is refused by Zoom’s sandbox, and by OAuth’s if it is told to', async () => {
  const clock = new FakeClock()
  await using zoom = await PLACES['Zoom']?.(clock)
  await using sandbox = await startOAuthSandbox({ clock, oneTokenPerClient: true })
  const { credentials, tokenEndpoint } = sandbox
  const source = clientCredentials({ ...credentials, tokenEndpoint, clock })
  const oauth = placeOf(sandbox, source, { path: '/orders', revoke: () => {} })
  for (const place of [zoom, oauth]) {
    if (place === undefined) throw new Error('There is no such place.')
    const [first, second] = [await mint(place), await mint(place)]
    expect((await place.send(first)).status).toBe(401)
    expect((await place.send(second)).status).toBe(200)
    expect(place.sandbox.refusals).toEqual({ 'token-displaced': 1 })
  }
})
