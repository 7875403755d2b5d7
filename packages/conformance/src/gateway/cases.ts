import { deepEqual, equal, ok } from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { SourceError, TokenManager, TokenPool, type TokenSource } from '@mayfly/core'
import type { Site } from '../bench.ts'
import { assertNowhere, assertRefused } from '../expectations.ts'
import type { Fields } from '../http-client.ts'
import { openUpstream, valuesOf } from '../upstream.ts'
import { barrier, everythingOf, type GatewayCase, openApple, sourceOf } from './bench.ts'

const PARALLEL = 50

/** What a caller might send to show who it is; the last one asks the proxy to drop our token. */
const CALLERS_OWN: Fields = [
  ['authorization', 'Bearer callers-own'],
  ['AUTHORIZATION', 'Basic callers-own'],
  ['Proxy-Authorization', 'Basic callers-own'],
  ['Cookie', 'session=callers-own'],
  ['cookie', 'other=callers-own'],
  ['DPoP', 'callers-own'],
  ['X-Kept', 'kept'],
  ['Connection', 'authorization'],
  ['Proxy-Connection', 'authorization, keep-alive'],
]

async function statuses(site: Site, path: string, count: number): Promise<readonly number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => site.get(path)))
  return answers.map(({ status }) => status)
}

function tenantOf({ url = '' }: IncomingMessage): string {
  return url.split('/')[1] ?? ''
}

function all(status: number, count = PARALLEL): readonly number[] {
  return Array.from({ length: count }, () => status)
}

/** How tokens go through a gateway. */
export const gatewayCases: readonly GatewayCase[] = [
  {
    name: "nothing of the caller's own goes upstream, and one token does",
    async run({ clock, open }) {
      await using upstream = await openUpstream(clock)
      const { origin } = upstream.site
      const seen: string[] = []
      const look = (request: IncomingMessage): void => void seen.push(everythingOf(request))
      await using gateway = await open(origin, sourceOf('us', origin, clock), { look })
      const path = '/a/b?x=%20+&access_token=callers-own&x=2;access_token=callers-own'
      const answer = await gateway.send(path, { fields: CALLERS_OWN })
      equal(answer.text, 'from upstream')
      const [received] = upstream.received
      equal(received?.url, '/a/b?x=%20+&x=2')
      const raw = received?.rawHeaders ?? []
      deepEqual(valuesOf(raw, 'authorization'), ['Bearer token-of-us'])
      deepEqual(valuesOf(raw, 'x-kept'), ['kept'])
      for (const name of ['connection', 'proxy-connection']) {
        ok(!valuesOf(raw, name).join().includes('authorization'))
      }
      equal(seen.length, 1)
      ok(!`${seen.join('')}${JSON.stringify(upstream.received)}`.includes('callers-own'))
    },
  },
  {
    name: 'App Store Connect takes what comes through, with a body or without',
    async run({ clock, open }) {
      await using apple = await openApple(clock)
      await using manager = new TokenManager(apple.source, { clock })
      await using gateway = await open(apple.sandbox.origin, manager)
      const list = await gateway.get('/v1/apps?limit=1', 'callers-own')
      equal(list.status, 200, list.text)
      assertNowhere(list, 'callers-own')
      const attributes = { identifier: 'com.example.mayfly', name: 'Mayfly' }
      const created = await gateway.send('/v1/bundleIds', {
        method: 'POST',
        fields: [['Content-Type', 'application/json']],
        body: JSON.stringify({ data: { type: 'bundleIds', attributes } }),
      })
      equal(created.status, 201, created.text)
      deepEqual([apple.sandbox.accepted, apple.sandbox.refused], [2, 0])
    },
  },
  {
    name: `${PARALLEL} requests at once cost one token`,
    async run({ clock, open }) {
      await using apple = await openApple(clock)
      apple.sandbox.beforeAnswer = barrier(PARALLEL)
      await using manager = new TokenManager(apple.source, { clock })
      await using gateway = await open(apple.sandbox.origin, manager)
      deepEqual(await statuses(gateway, '/v1/apps', PARALLEL), all(200))
      equal(apple.minted(), 1)
      equal(apple.sandbox.distinctTokens, 1)
    },
  },
  {
    name: 'a 401 from upstream goes to the caller, and the next request has a new token',
    async run({ clock, open }) {
      await using apple = await openApple(clock)
      await using manager = new TokenManager(apple.source, { clock })
      await using gateway = await open(apple.sandbox.origin, manager)
      deepEqual(await statuses(gateway, '/v1/apps', 1), [200])
      apple.sandbox.revokeTokensSeen()
      // A token of the same second would have the very same bytes but for its signature.
      clock.advanceSeconds(1)
      apple.sandbox.beforeAnswer = barrier(PARALLEL)
      deepEqual(await statuses(gateway, '/v1/apps', PARALLEL), all(401))
      apple.sandbox.beforeAnswer = undefined
      deepEqual(await statuses(gateway, '/v1/apps', PARALLEL), all(200))
      equal(apple.minted(), 2)
      deepEqual(apple.sandbox.refusals, { revoked: PARALLEL })
    },
  },
  {
    name: 'the Date that the proxy copies teaches the clock',
    async run({ clock, open }) {
      await using apple = await openApple(clock, { clockOffsetMs: -90_000 })
      await using manager = new TokenManager(apple.source, { clock })
      await using gateway = await open(apple.sandbox.origin, manager)
      deepEqual(await statuses(gateway, '/v1/apps', 1), [401])
      deepEqual(await statuses(gateway, '/v1/apps', 1), [200])
      deepEqual(apple.sandbox.refusals, { 'exp-too-far': 1 })
    },
  },
  {
    name: 'two tenants at once never get each other’s token',
    async run({ clock, open }) {
      await using upstream = await openUpstream(clock)
      const { origin } = upstream.site
      const create = (tenant: string): TokenSource => sourceOf(tenant, origin, clock)
      await using pool = new TokenPool(create, { max: 10, clock })
      await using gateway = await open(origin, (request) => pool.get(tenantOf(request)))
      const tenants = Array.from({ length: PARALLEL }, (_, index) => (index % 2 ? 'a' : 'b'))
      await Promise.all(tenants.map((tenant) => gateway.get(`/${tenant}/orders`)))
      const received = upstream.received.map(
        ({ url, rawHeaders }) => `${url} ${valuesOf(rawHeaders, 'authorization').join()}`,
      )
      const expected = tenants.map((tenant) => `/${tenant}/orders Bearer token-of-${tenant}`)
      deepEqual(received.sort(), expected.sort())
      equal(pool.size, 2)
    },
  },
  {
    name: 'without a token the answer is 503, and nothing goes upstream',
    async run({ clock, open }) {
      await using upstream = await openUpstream(clock)
      const { origin } = upstream.site
      const failure = new SourceError('ERR_MINT_FAILED', 'internal-detail')
      const source = { ...sourceOf('us', origin, clock), getToken: () => Promise.reject(failure) }
      await using gateway = await open(origin, source)
      const answer = await gateway.send('/', { method: 'POST', fields: CALLERS_OWN, body: 'x' })
      assertRefused(answer, { status: 503, reason: 'token_unavailable' })
      assertNowhere(answer, 'internal-detail')
      deepEqual(upstream.received, [])
    },
  },
]
