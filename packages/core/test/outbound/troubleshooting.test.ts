import { readFileSync } from 'node:fs'
import { bearerFetch, createAccessToken, TokenManager } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { startApnsSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { expect, it } from 'vitest'
import { apnsPusher } from '../support/apns-pusher.ts'
import { settle } from '../support/scripted-source.ts'
import { API, World } from './scenes/world.ts'

const PAGE = readFileSync(new URL('../../../../docs/troubleshooting.md', import.meta.url), 'utf8')
const REFUSED = new Response(null, { status: 401 })

const messageOf = async (run: () => Promise<unknown>): Promise<string> =>
  run().then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  )

/** All that an observer of a world was told, as text. */
const told = ({ events }: World): string => JSON.stringify(events)

async function wrongClock(serverMs: number): Promise<string> {
  const world = new World({ serverMs })
  await world.calls(1)
  return told(world)
}

/** Makes each symptom for real, and gives the text that its heading quotes. */
const SYMPTOMS: Readonly<Record<string, () => Promise<string>>> = {
  async '"could not be reached, or broke off"'() {
    const source = clientCredentials({
      tokenEndpoint: 'http://127.0.0.1:1/token',
      clientId: 'me',
      clientSecret: 'a-secret-that-is-long-enough',
      origins: [],
    })
    return messageOf(() => new TokenManager(source).getToken())
  },
  async '"No token could be had at the last try, and the next one is"'() {
    const world = new World({ source: { getToken: async () => Promise.reject(new Error('down')) } })
    await messageOf(() => world.manager.getToken())
    return messageOf(() => world.manager.getToken())
  },
  async '"No token came within"'() {
    const world = new World({ source: { getToken: async () => new Promise<never>(() => {}) } })
    const call = messageOf(() => world.manager.getToken())
    await settle()
    world.clock.advance(10_000)
    return call
  },
  async '"The source gave back a token that the server had refused"'() {
    const token = createAccessToken({
      value: 'same',
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_003_600,
    })
    const codes: unknown[] = []
    const world = new World({
      source: { getToken: async () => token },
      manager: { observe: (event) => void codes.push(event) },
    })
    world.manager.invalidate(await world.manager.getToken())
    expect(await world.manager.getToken()).toBe(token)
    expect(codes.at(-1)).toMatchObject({ type: 'refresh-failed', code: 'ERR_TOKEN_UNUSABLE' })
    // With a minimal lifetime that it does not reach, a call is told why.
    return messageOf(() => world.manager.getToken({ minLifetime: 3601 }))
  },
  '"the token is dated in its future"': () => wrongClock(-3_600_000),
  '"the token had already ended there"': () => wrongClock(3_600_000),
  async 'The event `refused` says `token-kept`'() {
    const world = new World({ answer: () => REFUSED.clone() })
    await world.calls(3, { every: 0.1 })
    return told(world)
  },
  async 'A 401 after a redirect, without a token'() {
    const hops = ['https://other.example/', `${API}/back`]
    const authorizations: (string | null)[] = []
    const world = new World({
      fetch: {
        fetch: async (_url, init) => {
          authorizations.push(new Headers(init?.headers).get('authorization'))
          const location = hops.shift()
          return location === undefined
            ? REFUSED.clone()
            : new Response(null, { status: 302, headers: { location } })
        },
      },
    })
    expect((await world.fetch(API)).status).toBe(401)
    expect(authorizations.slice(1)).toEqual([null, null])
    return 'A 401 after a redirect, without a token'
  },
  async "A request goes out with another token than Mayfly's"() {
    const world = new World({ answer: () => new Response() })
    await world.fetch(API, { headers: { authorization: 'Bearer other' } })
    expect(world.sent).toEqual(['other'])
    expect(told(world)).toContain('own-authorization')
    return "A request goes out with another token than Mayfly's"
  },
  '"which holds no credential"': () =>
    messageOf(() => new World().fetch(API, { headers: { authorization: 'Bearer undefined' } })),
  async 'APNs answers 403 `InvalidProviderToken` after a key was revoked'() {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock })
    const { push, replaceKey } = apnsPusher(sandbox, clock)
    await push()
    clock.advance(1_500_000)
    sandbox.revokeKey()
    const response = await push()
    const { status } = response
    const { reason } = (await response.json()) as { reason: string }
    replaceKey()
    expect((await push()).status).toBe(200)
    return `APNs answers ${status} \`${reason}\` after a key was revoked`
  },
  async "The old key's token goes on being used"() {
    const world = new World()
    const old = await world.manager.getToken()
    world.key = 'k2'
    expect(await world.manager.getToken()).toBe(old)
    expect(await world.manager.refresh()).not.toBe(old)
    return "The old key's token goes on being used"
  },
  '"This token is not for"': () => messageOf(() => new World().fetch('https://other.example')),
  '"does not show where to"': () => {
    const opaque = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
    const source = new World().source
    return messageOf(() => bearerFetch(source, { fetch: async () => opaque })(API))
  },
}

const headings = [...PAGE.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading)

it.each(headings)(
  'the page of troubleshooting has a symptom that there is: %s',
  async (heading) => {
    const make = SYMPTOMS[heading]
    if (make === undefined) throw new Error(`Nothing makes the symptom ${heading}.`)
    const [, quoted] = /^"(.*)"$/.exec(heading) ?? []
    const code = [...heading.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
    const seen = await make()
    for (const part of quoted === undefined ? code : [quoted]) expect(seen).toContain(part)
  },
)

it('every symptom that is made here is on the page, with a cause and what to do', () => {
  expect(headings).toHaveLength(Object.keys(SYMPTOMS).length)
  expect(PAGE.match(/\*\*Cause:\*\*/g)).toHaveLength(headings.length)
  expect(PAGE.match(/\*\*Do:\*\*/g)).toHaveLength(headings.length)
})
