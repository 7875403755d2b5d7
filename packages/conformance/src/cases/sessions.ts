import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { TokenIssuer, TokenVerifier } from '@mayfly/core'
import {
  GrantManager,
  type GrantStore,
  MemoryGrantStore,
  sessionCookie,
  SessionTokens,
} from '@mayfly/core/grants'
import { AUDIENCE, type Bench, type Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertProblem } from '../expectations.ts'
import { type Answer, type Fields, jsonOf } from '../http-client.ts'

const ORIGIN = 'https://app.example.com'
const ISSUER = 'https://tokens.example.com'
const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const

function neverReached(): void {
  throw new Error('The middleware did not answer.')
}

interface Login extends Site {
  readonly refresh: string
  readonly cookie: string
  readonly verifier: TokenVerifier
}

/** Opens the endpoint, with a user who has just logged in. */
async function openSession<Middleware>(
  { adapter, open, clock }: Bench<Middleware>,
  options?: Parameters<typeof adapter.sessionTokens>[1],
): Promise<Login> {
  const issuer = new TokenIssuer({ issuer: ISSUER, clock })
  const store = new MemoryGrantStore({ clock })
  const sessions = new SessionTokens({ issuer, store, sealing: null, clock })
  const { refresh } = await sessions.start({ subject: 'alice', audience: AUDIENCE })
  const middleware = [adapter.sessionTokens(sessions, options)]
  const site = await open({ path: '/session', middleware, handle: neverReached })
  const [cookie = ''] = sessionCookie(refresh).split(';')
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: issuer.keys,
    clock,
  })
  return Object.assign(site, { refresh: refresh.value, cookie, verifier })
}

async function post(
  site: Site,
  form: Record<string, string>,
  fields: Fields = [],
): Promise<Answer> {
  const body = new URLSearchParams(form).toString()
  return site.send('/session', { method: 'POST', body, fields: [FORM, ...fields] })
}

async function refreshed(site: Site, token: string): Promise<Answer> {
  return post(site, { grant_type: 'refresh_token', refresh_token: token })
}

function errorOf(answer: Answer): readonly unknown[] {
  return [answer.status, (jsonOf(answer) as { error?: unknown }).error]
}

/** The endpoint that refreshes and ends sessions, and what `injectBearer` says of grants. */
export const sessionCases: readonly CaseDefinition[] = [
  {
    name: 'sessionTokens answers a refresh token with the next pair, not to be stored',
    async run(bench) {
      await using site = await openSession(bench)
      const { refresh, verifier } = site
      const answer = await refreshed(site, refresh)
      equal(answer.status, 200, answer.text)
      match(answer.headers['cache-control'] ?? '', /\bno-store\b/)
      const {
        access_token: access,
        refresh_token: next,
        ...rest
      } = jsonOf(answer) as {
        access_token: string
        refresh_token: string
      }
      deepEqual(rest, { token_type: 'Bearer', expires_in: 300 })
      equal((await verifier.verify(access)).claims.sub, 'alice')
      deepEqual(jsonOf(await refreshed(site, refresh)), jsonOf(answer))
      equal((await refreshed(site, next)).status, 200)
    },
  },
  {
    name: 'sessionTokens refuses in the words of RFC 6749 section 5.2',
    async run(bench) {
      await using site = await openSession(bench)
      const { refresh } = site
      const other = await post(site, { grant_type: 'password' })
      deepEqual(errorOf(other), [400, 'unsupported_grant_type'])
      deepEqual(errorOf(await post(site, {})), [400, 'invalid_request'])
      deepEqual(errorOf(await refreshed(site, '')), [400, 'invalid_request'])
      deepEqual(errorOf(await refreshed(site, 'nonsense')), [400, 'invalid_grant'])
      const forged = `${refresh.slice(0, -4)}AAAA`
      deepEqual(errorOf(await refreshed(site, forged)), [400, 'invalid_grant'])
      const twice = `grant_type=refresh_token&refresh_token=${refresh}&refresh_token=${refresh}`
      const doubled = await site.send('/session', { method: 'POST', body: twice, fields: [FORM] })
      deepEqual(errorOf(doubled), [400, 'invalid_request'])
      const json = await site.send('/session', { method: 'POST', body: '{}' })
      deepEqual(errorOf(json), [400, 'invalid_request'])
      equal((await site.send('/session')).status, 405)
      equal((await refreshed(site, refresh)).status, 200)
    },
  },
  {
    name: 'sessionTokens ends the session of a token, and says 200 to any other (RFC 7009)',
    async run(bench) {
      await using site = await openSession(bench)
      const { refresh } = site
      equal((await post(site, { token: 'nonsense' })).status, 200)
      equal((await post(site, { token: refresh, token_type_hint: 'refresh_token' })).status, 200)
      deepEqual(errorOf(await refreshed(site, refresh)), [400, 'invalid_grant'])
    },
  },
  {
    name: 'sessionTokens keeps the refresh token in a cookie, for pages of its origins alone',
    async run(bench) {
      await using site = await openSession(bench, { cookie: true, origins: [ORIGIN] })
      const { cookie } = site
      const form = { grant_type: 'refresh_token' }
      const own: Fields = [['Origin', ORIGIN] as const, ['Cookie', `a=b; ${cookie}`] as const]
      for (const origin of [[], [['Origin', 'https://evil.example'] as const]]) {
        const foreign = await post(site, form, [...origin, ['Cookie', cookie] as const])
        deepEqual(errorOf(foreign), [403, 'access_denied'])
      }
      const answer = await post(site, form, own)
      equal(answer.status, 200, answer.text)
      ok(!('refresh_token' in (jsonOf(answer) as object)))
      const [set = ''] = answer.headers['set-cookie'] ?? []
      match(
        set,
        /^__Host-refresh=[\w.-]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
      )
      const [next = ''] = set.split(';')
      const ended = await post(site, { token: '' }, [
        ['Origin', ORIGIN],
        ['Cookie', next],
      ])
      equal(ended.status, 200)
      match(ended.headers['set-cookie']?.[0] ?? '', /^__Host-refresh=; Max-Age=0;/)
      const after = await post(site, form, [
        ['Origin', ORIGIN],
        ['Cookie', next],
      ])
      deepEqual(errorOf(after), [400, 'invalid_grant'])
    },
  },
  {
    name: 'injectBearer says 401 to nobody, 409 where a grant is gone, and 503 without its store',
    async run({ adapter, open, clock }) {
      const store = new MemoryGrantStore({ clock })
      const down: GrantStore = {
        ...emptyStore(store),
        read: () => Promise.reject(new Error('down')),
      }
      const managers = [store, down].map(
        (each) =>
          new GrantManager({
            store: each,
            sealing: null,
            endpoint: 'https://auth.example.com/token',
            client: { clientId: 'app' },
            origins: ['https://api.example.com'],
            clock,
          }),
      )
      const [grants, broken] = managers as [GrantManager, GrantManager]
      const route = (path: string, choose: () => ReturnType<GrantManager['source']>) => ({
        path,
        middleware: [adapter.injectBearer(choose, { clock })],
        handle: neverReached,
      })
      await using site = await open(
        route('/nobody', () => grants.source(undefined)),
        route('/gone', () => grants.source('alice')),
        route('/down', () => broken.source('alice')),
      )
      const expected = [
        ['/nobody', 401, 'token_missing'],
        ['/gone', 409, 'reconnect_needed'],
        ['/down', 503, 'token_unavailable'],
      ] as const
      for (const [path, status, reason] of expected) {
        const answer = await site.send(path)
        equal(answer.status, status, answer.text)
        assertProblem(answer, reason)
      }
    },
  },
]

function emptyStore(store: GrantStore): GrantStore {
  return {
    read: (id) => store.read(id),
    write: (id, record, version) => store.write(id, record, version),
    delete: (id, version) => store.delete(id, version),
    list: (cursor) => store.list(cursor),
  }
}
