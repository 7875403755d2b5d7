import { TokenIssuer } from '@mayfly/core'
import { sessionEndpoint, type SessionContext } from '@mayfly/core/adapter'
import { MemoryGrantStore, type SessionEvent, SessionTokens } from '@mayfly/core/grants'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenOf, World } from './world.ts'

describe('GrantManager against SessionTokens', () => {
  it('rotates through many processes on either side, and no session is taken for stolen', async () => {
    const world = new World()
    const events: SessionEvent[] = []
    const issuer = new TokenIssuer({ issuer: 'https://auth.example.com', clock: world.clock })
    const sessionStore = new MemoryGrantStore({ clock: world.clock })
    const servers = Array.from({ length: 4 }, () => {
      const observe = (event: SessionEvent): void => void events.push(event)
      const options = { issuer, store: sessionStore, sealing: null, clock: world.clock, observe }
      return new SessionTokens(options)
    })
    const endpoints = servers.map((server) =>
      sessionEndpoint(server, {
        clock: world.clock,
        rateLimit: { perSession: 1e6, perAddress: 1e6 },
      }),
    )
    let turn = 0
    const fetch: typeof globalThis.fetch = async (_input, init) => {
      const type = 'application/x-www-form-urlencoded'
      const request = {
        method: 'POST',
        url: '/',
        header: (name: string) => (name === 'content-type' ? [type] : []),
        body: init?.body instanceof URLSearchParams ? init.body.toString() : '',
      }
      const context = { incoming: {} as SessionContext['incoming'], address: '::1' }
      const answer = await endpoints[turn++ % 4]?.(request, context)
      return new Response(answer?.body, { status: answer?.status ?? 500 })
    }
    const clients = [0, 600_000, -600_000, 0].map((ahead) => world.process(ahead, { fetch }))
    const { access, refresh } = await (servers[0] as SessionTokens).start({
      subject: 'alice',
      audience: 'orders',
    })
    const response = { access_token: access.value, refresh_token: refresh.value, expires_in: 300 }
    for (const { grants } of clients.slice(0, 1)) await world.run(grants.save('shop', response))
    for (let round = 0; round < 25; round++) {
      world.pass(300_000)
      const tokens = await world.run(
        Promise.all(clients.flatMap((each) => [tokenOf(each), tokenOf(each)])),
      )
      expect(new Set(tokens).size).toBe(1)
    }
    expect(events.filter(({ type }) => type === 'session-refreshed')).toHaveLength(25)
    expect(events.filter(({ type }) => type === 'session-ended')).toEqual([])
    expect(world.events('reconnect-needed')).toEqual([])
  })
})

describe('tenants', () => {
  it('never get each other’s tokens, whatever their ids are', async () => {
    const id = fc.oneof(
      fc.string({ minLength: 1, maxLength: 12 }),
      fc.constantFrom('__proto__', 'a', 'a:', 'A', 'constructor', 'a\u0000'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(id, { minLength: 2, maxLength: 6 }),
        fc.boolean(),
        async (ids, small) => {
          const world = new World()
          const options = small ? { maxInMemory: 1 } : {}
          const [a, b] = [world.process(0, options), world.process(600_000, options)]
          for (const each of ids) await world.run(a.grants.save(each, world.server.connect()))
          for (let round = 0; round < 2; round++) {
            const calls = [a, b].flatMap((process) =>
              ids.map(async (each) => tokenOf(process, each)),
            )
            const tokens = await world.run(Promise.all(calls))
            for (const [index, token] of tokens.entries()) {
              expect(token).toBe(world.server.families[index % ids.length]?.access)
            }
            world.pass(3_700_000)
          }
        },
      ),
      { numRuns: 30 },
    )
  })
})
