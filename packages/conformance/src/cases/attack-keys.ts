import { deepEqual, equal, ok } from 'node:assert/strict'
import { type Key, type KeyLookup, MultiIssuerVerifier, type Reason } from '@mayfly/core'
import { createTestIssuer } from '@mayfly/testing'
import { type JwksServer, startJwksServer } from '@mayfly/sandboxes'
import { AUDIENCE, type Bench, type Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertRefused } from '../expectations.ts'
import { createGate } from '../gate.ts'
import { answerAuth, createTrap } from '../handlers.ts'

function refusal(reason: Reason) {
  return { status: 401, reason, error: 'invalid_token' } as const
}

const OUTAGE = { status: 503, reason: 'keys_unavailable' } as const

interface RemoteSite extends AsyncDisposable {
  readonly site: Site
  readonly server: JwksServer
}

async function openRemote<Middleware>(bench: Bench<Middleware>): Promise<RemoteSite> {
  const { adapter, clock, verifier, open } = bench
  const server = await startJwksServer({ clock, audience: AUDIENCE })
  const { issuer, jwksUri } = server
  const middleware = [adapter.bearerAuth(verifier({ issuer, keys: { jwksUri } }))]
  const site = await open({ path: '/me', middleware, handle: answerAuth })
  return {
    site,
    server,
    [Symbol.asyncDispose]: async () => {
      await site[Symbol.asyncDispose]()
      await server.close()
    },
  }
}

/** What is done to the answer of a key server. */
type Spoil = (server: JwksServer) => void

const BAD_ANSWERS: readonly (readonly [string, Spoil])[] = [
  ['204', (server) => server.answerKeysWith('no-content')],
  ['HTML', (server) => server.answerKeysWith('html')],
  ['huge', (server) => server.answerKeysWith('huge')],
  ['truncated', (server) => server.spoilNext(1, 'cut')],
  ['redirecting', (server) => void server.redirect('/keys.json', `${server.origin}/keys.json?2`)],
]

/** Keys that are looked up, fetched and mistaken. */
export const attackKeysCases: readonly CaseDefinition[] = [
  {
    name: 'attack: a resolver that returns undefined, an empty string or null',
    async run({ adapter, verifier, issuer, open }) {
      for (const answer of [undefined, '', null, [], [undefined], [''], [null]]) {
        const find = (): readonly Key[] => answer as unknown as readonly Key[]
        const keys: KeyLookup = { version: 0, find }
        const trap = createTrap()
        const algorithms = ['ES256', 'HS256'] as const
        const middleware = [adapter.bearerAuth(verifier({ keys, algorithms }))]
        await using site = await open({ path: '/me', middleware, handle: trap.handle })
        for (const header of [{}, { kid: undefined }, { alg: 'HS256' }]) {
          const { status } = await site.get('/me', issuer.mint({ header }))
          equal(status, 401, JSON.stringify(answer))
        }
        assertRefused(await site.get('/me', issuer.mint()), refusal('key_unknown'))
        equal(trap.reached, 0, 'what stands behind was reached')
      }
    },
  },
  {
    name: 'attack: 50 bogus key ids at once cost three fetches at the most, and a good one nothing',
    async run(bench) {
      await using remote = await openRemote(bench)
      const { site, server } = remote
      equal((await site.get('/me', server.mint())).status, 200)
      const bogus = Array.from({ length: 50 }, (_, n) =>
        server.mint({ header: { kid: `no-${n}` } }),
      )
      const [good, ...refused] = await Promise.all(
        [server.mint(), ...bogus].map((token) => site.get('/me', token)),
      )
      equal(good?.status, 200)
      for (const answer of refused) assertRefused(answer, refusal('key_unknown'))
      ok(server.keyRequests <= 1 + 3, String(server.keyRequests))
    },
  },
  {
    name: 'attack: delimiter characters in a key id across two issuers',
    async run({ adapter, clock, open }) {
      const names = ['https://a.example', 'https://a.example/b']
      for (const delimiter of ['/b', ':', '|', '#', '\0', '"]["']) {
        const issuers = names.map((issuer) =>
          createTestIssuer({ issuer, audience: AUDIENCE, clock }),
        )
        // Joined to the issuer's name, both ids come to the same text.
        const ids = [`/b${delimiter}k`, `${delimiter}k`]
        const verifier = new MultiIssuerVerifier({
          audience: AUDIENCE,
          clock,
          issuers: issuers.map(({ issuer, jwks }, index) => ({
            issuer,
            keys: {
              jwksUri: `${issuer}/keys`,
              fetch: () =>
                Promise.resolve(
                  Response.json({ keys: jwks.keys.map((jwk) => ({ ...jwk, kid: ids[index] })) }),
                ),
            },
          })),
        })
        const middleware = [adapter.bearerAuth(verifier)]
        await using site = await open({ path: '/me', middleware, handle: answerAuth })
        for (const [index, one] of issuers.entries()) {
          equal((await site.get('/me', one.mint({ header: { kid: ids[index] } }))).status, 200)
          const claims = { iss: names[1 - index] }
          for (const kid of ids) {
            equal((await site.get('/me', one.mint({ header: { kid }, claims }))).status, 401)
          }
        }
      }
    },
  },
  {
    name: "attack: one issuer's key for another's token",
    async run({ adapter, clock, open }) {
      const issuers = ['https://a.example', 'https://b.example'].map((issuer) =>
        createTestIssuer({ issuer, audience: AUDIENCE, clock }),
      )
      const verifier = new MultiIssuerVerifier({
        audience: AUDIENCE,
        clock,
        issuers: issuers.map(({ issuer, keys }) => ({ issuer, keys })),
      })
      const middleware = [adapter.bearerAuth(verifier)]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const [a, b] = issuers
      if (a === undefined || b === undefined) throw new Error('Two names, two issuers.')
      equal((await site.get('/me', a.mint())).status, 200)
      const claims = { iss: a.issuer }
      const forged = b.mint({ claims, header: { kid: a.keyId } })
      assertRefused(await site.get('/me', b.mint({ claims })), refusal('key_unknown'))
      assertRefused(await site.get('/me', forged), refusal('signature_invalid'))
    },
  },
  ...BAD_ANSWERS.map(
    ([what, spoil]): CaseDefinition => ({
      name: `attack: a key server whose answer is ${what}`,
      async run(bench) {
        await using remote = await openRemote(bench)
        const { site, server } = remote
        spoil(server)
        assertRefused(await site.get('/me', server.mint()), OUTAGE)
        deepEqual(site.errors, [], 'an outage elsewhere is no error of the application')
        equal(server.keyRequests, 1)
      },
    }),
  ),
  {
    name: 'attack: a key server whose answer never comes',
    async run(bench) {
      await using remote = await openRemote(bench)
      const { site, server } = remote
      const gate = createGate()
      server.beforeAnswer = () => gate.pass()
      const waiting = site.get('/me', server.mint())
      await Promise.race([gate.reached, waiting])
      bench.clock.advance(5000)
      const answer = await waiting
      assertRefused(answer, OUTAGE)
      ok(Number(answer.headers['retry-after']) >= 1)
    },
  },
]
