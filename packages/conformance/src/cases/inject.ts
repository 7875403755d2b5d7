import { deepEqual, equal, ok } from 'node:assert/strict'
import { SourceError, TokenManager, type TokenSource } from '@mayfly/core'
import type { CaseDefinition } from '../define.ts'
import { assertNowhere, assertRefused } from '../expectations.ts'
import { answerRequest, createTrap, proxyHeaders, proxyRawHeaders } from '../handlers.ts'
import type { Fields } from '../http-client.ts'
import { forwarded, numberedSource, tokenSeen, UPSTREAM } from '../sources.ts'
import { openUpstream, valuesOf } from '../upstream.ts'

/** What a caller might send to show who it is, some of it twice and oddly spelled. */
const CALLERS_OWN: Fields = [
  ['authorization', 'Bearer callers-own'],
  ['AUTHORIZATION', 'Basic callers-own'],
  ['Proxy-Authorization', 'Basic callers-own'],
  ['cookie', 'session=callers-own'],
  ['Cookie', 'other=callers-own'],
  ['DPoP', 'callers-own'],
  ['X-Kept', 'kept'],
]

/** What a proxy or a handler behind the middleware gets to see. */
export const injectCases: readonly CaseDefinition[] = [
  {
    name: "injectBearer replaces the caller's credentials, wherever Node keeps them",
    async run({ adapter, clock, open }) {
      const middleware = [adapter.injectBearer(numberedSource(clock, UPSTREAM), { clock })]
      await using site = await open({ path: '/x', middleware, handle: answerRequest })
      const answer = await site.send('/x', { fields: CALLERS_OWN })
      assertNowhere(answer, 'callers-own')
      const { headers, rawHeaders } = forwarded(answer)
      equal(headers['authorization'], 'Bearer token-1')
      deepEqual(valuesOf(rawHeaders, 'authorization'), ['Bearer token-1'])
      equal(headers['x-kept'], 'kept')
      deepEqual(valuesOf(rawHeaders, 'x-kept'), ['kept'])
    },
  },
  {
    name: 'injectBearer keeps the credentials that it is told to keep, and no others',
    async run({ adapter, clock, open }) {
      const options = { clock, keepHeaders: ['Cookie'] }
      const middleware = [adapter.injectBearer(numberedSource(clock, UPSTREAM), options)]
      await using site = await open({ path: '/x', middleware, handle: answerRequest })
      const { headers, rawHeaders } = forwarded(await site.send('/x', { fields: CALLERS_OWN }))
      equal(headers['cookie'], 'session=callers-own; other=callers-own')
      equal(headers['proxy-authorization'], undefined)
      equal(headers['dpop'], undefined)
      deepEqual(valuesOf(rawHeaders, 'authorization'), ['Bearer token-1'])
    },
  },
  {
    name: 'injectBearer takes a token out of the query, and leaves the rest as it was spelled',
    async run({ adapter, clock, open }) {
      const middleware = [adapter.injectBearer(numberedSource(clock, UPSTREAM), { clock })]
      await using site = await open({ path: '/x', middleware, handle: answerRequest })
      const answer = await site.get(
        '/x?a=%20b+c&access_token=callers-own&a=2&access%5Ftoken=callers-own',
      )
      equal(forwarded(answer).url, '/x?a=%20b+c&a=2')
      assertNowhere(answer, 'callers-own')
      equal(forwarded(await site.get('/x?access_token=callers-own')).url, '/x')
    },
  },
  {
    name: 'injectBearer stands before a real proxy, and the upstream sees its token alone',
    async run({ adapter, clock, open }) {
      await using upstream = await openUpstream(clock)
      const source = numberedSource(clock, upstream.site.origin)
      const middleware = [adapter.injectBearer(source, { clock })]
      for (const proxy of [proxyHeaders, proxyRawHeaders]) {
        const handle = proxy(upstream.site.origin)
        await using site = await open({ path: '/orders', middleware, handle })
        const answer = await site.send('/orders?page=2', {
          method: 'POST',
          fields: CALLERS_OWN,
          body: 'the body',
        })
        equal(answer.text, 'from upstream')
        const seen = upstream.received.at(-1)
        equal(seen?.body, 'the body')
        deepEqual([seen?.method, seen?.url], ['POST', '/orders?page=2'])
        const tokens = valuesOf(seen?.rawHeaders ?? [], 'authorization')
        deepEqual(tokens, [`Bearer token-${upstream.received.length}`])
        deepEqual(valuesOf(seen?.rawHeaders ?? [], 'x-kept'), ['kept'])
        ok(!JSON.stringify(seen).includes('callers-own'), "the caller's own went upstream")
      }
    },
  },
  {
    name: 'injectBearer asks for a token on every request, so that a manager decides which',
    async run({ adapter, clock, open }) {
      await using manager = new TokenManager(numberedSource(clock, UPSTREAM), { clock })
      const middleware = [adapter.injectBearer(manager, { clock })]
      await using site = await open({ path: '/x', middleware, handle: answerRequest })
      equal(await tokenSeen(site, '/x'), 'Bearer token-1')
      equal(await tokenSeen(site, '/x'), 'Bearer token-1')
      clock.advanceSeconds(600)
      equal(await tokenSeen(site, '/x'), 'Bearer token-2')
    },
  },
  {
    name: 'injectBearer drops a token that the upstream refused',
    async run({ adapter, clock, open }) {
      await using upstream = await openUpstream(clock)
      const { origin } = upstream.site
      await using manager = new TokenManager(numberedSource(clock, origin), { clock })
      const middleware = [adapter.injectBearer(manager, { clock })]
      await using site = await open({ path: '/x', middleware, handle: proxyHeaders(origin) })
      const statuses = []
      for (const status of [401, 200, 403, 200]) {
        upstream.answerNext(status)
        statuses.push((await site.get('/x')).status)
      }
      deepEqual(statuses, [401, 200, 403, 200])
      const tokens = upstream.received.map(({ rawHeaders }) =>
        valuesOf(rawHeaders, 'authorization'),
      )
      const [one, two] = [['Bearer token-1'], ['Bearer token-2']]
      deepEqual(tokens, [one, two, two, two])
    },
  },
  {
    name: 'injectBearer answers 503 where no token can be had, and forwards nothing',
    async run({ adapter, clock, open }) {
      const source: TokenSource = {
        ...numberedSource(clock, UPSTREAM),
        getToken: () =>
          Promise.reject(
            new SourceError('ERR_MINT_FAILED', 'internal-detail', { retryAfterMs: 1500 }),
          ),
      }
      const trap = createTrap()
      const middleware = [adapter.injectBearer(source, { clock })]
      await using site = await open({ path: '/x', middleware, handle: trap.handle })
      const answer = await site.get('/x', 'callers-own')
      assertRefused(answer, { status: 503, reason: 'token_unavailable' })
      equal(answer.headers['retry-after'], '2')
      assertNowhere(answer, 'internal-detail')
      equal(trap.reached, 0, 'what stands behind was reached')
      deepEqual(site.errors, [])
    },
  },
  {
    name: "injectBearer hands an unexpected error of the source to the framework's own handling",
    async run({ adapter, clock, open }) {
      const failure = new Error('the source is broken')
      const source = { ...numberedSource(clock, UPSTREAM), getToken: () => Promise.reject(failure) }
      const trap = createTrap()
      const middleware = [adapter.injectBearer(source, { clock })]
      await using site = await open({ path: '/x', middleware, handle: trap.handle })
      equal((await site.get('/x')).status, 500)
      ok(site.errors.length === 1 && site.errors[0] === failure)
      equal(trap.reached, 0, 'what stands behind was reached')
    },
  },
  {
    name: 'injectBearer keeps the tokens of two tenants apart, in parallel',
    async run({ adapter, clock, open }) {
      const route = (name: string) => ({
        path: `/${name}`,
        middleware: [adapter.injectBearer(numberedSource(clock, UPSTREAM, name), { clock })],
        handle: answerRequest,
      })
      await using site = await open(route('a'), route('b'))
      const names = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'a' : 'b'))
      const seen = await Promise.all(names.map((name) => tokenSeen(site, `/${name}`)))
      deepEqual(
        seen.map((token) => token?.replace(/\d+$/, '')),
        names.map((name) => `Bearer ${name}-`),
      )
      equal(new Set(seen).size, 20, 'each request got a token of its own')
    },
  },
]
