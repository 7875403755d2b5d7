import { deepEqual, equal } from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GuardVerifier } from '@mayfly/core/adapter'
import type { TokenVerifier } from '@mayfly/core'
import { createTestIssuer } from '@mayfly/testing'
import { AUDIENCE, bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertJson, assertNoCors, assertRefused, varyOf } from '../expectations.ts'
import { createGate } from '../gate.ts'
import { answerAuth, type Handle } from '../handlers.ts'
import { type Fields, jsonOf } from '../http-client.ts'

const NO_TOKEN = { status: 401, reason: 'token_missing', error: null } as const
const FROM_A_PAGE = ['Origin', 'https://app.example.com'] as const
const PREFLIGHT: Fields = [FROM_A_PAGE, ['Access-Control-Request-Method', 'GET']]

const answerLater: Handle = async (request, response, auth) => {
  await nextTurn()
  answerAuth(request, response, auth)
}

/** Methods, hosts, origins and other requests at the same time. */
export const httpCases: readonly CaseDefinition[] = [
  {
    name: 'bearerAuth judges HEAD as it judges GET, and sends no body',
    async run({ adapter, verifier, issuer, open }) {
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const good = await site.send('/me', { method: 'HEAD', fields: bearer(issuer.mint()) })
      deepEqual([good.status, good.text], [200, ''])
      const [get, head] = [await site.get('/me'), await site.send('/me', { method: 'HEAD' })]
      deepEqual([head.status, head.text], [401, ''])
      for (const name of ['www-authenticate', 'content-type', 'cache-control']) {
        equal(head.headers[name], get.headers[name], name)
      }
    },
  },
  {
    name: 'bearerAuth judges OPTIONS like any other method, preflights included',
    async run({ adapter, verifier, issuer, open }) {
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const method = 'OPTIONS'
      equal((await site.send('/me', { method, fields: bearer(issuer.mint()) })).status, 200)
      for (const fields of [[], [FROM_A_PAGE], PREFLIGHT]) {
        const answer = await site.send('/me', { method, fields })
        assertRefused(answer, NO_TOKEN)
        assertNoCors(answer)
      }
    },
  },
  {
    name: 'bearerAuth lets preflights pass when told to, without an identity, and nothing else',
    async run({ adapter, verifier, issuer, open }) {
      const middleware = [adapter.bearerAuth(verifier(), { preflight: 'pass' })]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const method = 'OPTIONS'
      for (const fields of [PREFLIGHT, [...PREFLIGHT, ...bearer(issuer.mint())]]) {
        const answer = await site.send('/me', { method, fields })
        assertJson(answer, { auth: null })
        deepEqual(varyOf(answer), ['origin'])
      }
      assertRefused(await site.send('/me', { method, fields: [FROM_A_PAGE] }), NO_TOKEN)
      assertRefused(await site.send('/me', { method, fields: PREFLIGHT.slice(1) }), NO_TOKEN)
      assertRefused(await site.send('/me', { method: 'GET', fields: PREFLIGHT }), NO_TOKEN)
    },
  },
  {
    name: 'bearerAuth never sends a CORS field, whatever a token names',
    async run({ adapter, verifier, issuer, open }) {
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const claims = { aud: [AUDIENCE, FROM_A_PAGE[1], '*'] }
      const forged = issuer.mint({ claims, fault: 'other-key' })
      for (const token of [undefined, forged, issuer.mint({ claims })]) {
        assertNoCors(await site.get('/me', token, [FROM_A_PAGE]))
      }
    },
  },
  {
    name: 'bearerAuth adds Origin to the Vary that is there, once, where the verifier looks at it',
    async run({ adapter, verifier, issuer, open }) {
      const inner = verifier()
      const looking = { checksOrigin: true, verify: (token: string) => inner.verify(token) }
      const guard = adapter.bearerAuth(looking)
      const plain = adapter.bearerAuth(inner)
      await using site = await open(
        { path: '/bound', middleware: [guard], handle: answerAuth },
        { path: '/twice', middleware: [guard, guard], handle: answerAuth },
        { path: '/plain', middleware: [plain], handle: answerAuth },
      )
      site.server.prependListener('request', (_, response) => {
        response.setHeader('Vary', 'Accept-Encoding')
      })
      const token = issuer.mint()
      deepEqual(varyOf(await site.get('/bound', token)), ['accept-encoding', 'origin'])
      deepEqual(varyOf(await site.get('/twice', token)), ['accept-encoding', 'origin'])
      deepEqual(varyOf(await site.get('/plain', token)), ['accept-encoding'])
    },
  },
  {
    name: 'bearerAuth believes nothing that the Host header says',
    async run({ adapter, verifier, issuer, open }) {
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const usual = await site.get('/me')
      for (const host of [
        'a.example/x',
        'a?b',
        'a#b',
        'user@b',
        'a\\b',
        '[',
        '',
        'a:99999',
        '..',
      ]) {
        const fields: Fields = [['Host', host]]
        const refused = await site.get('/me', undefined, fields)
        assertRefused(refused, NO_TOKEN)
        equal(refused.headers['www-authenticate'], usual.headers['www-authenticate'], host)
        equal((await site.get('/me', issuer.mint(), fields)).status, 200, host)
      }
    },
  },
  {
    name: 'bearerAuth keeps two tenants apart, in parallel',
    async run({ adapter, verifier, issuer, clock, open }) {
      const other = createTestIssuer({ issuer: 'https://b.example', audience: AUDIENCE, clock })
      const otherVerifier = verifier({ issuer: other.issuer, keys: other.keys })
      const handle = answerLater
      const users = Array.from({ length: 20 }, (_, index) => `user-${index}`)
      const gate = createGate()
      let waiting = 0
      // All of them are judged in one turn, however quick a verifier is.
      const together = (inner: TokenVerifier): GuardVerifier<unknown> => ({
        checksOrigin: inner.checksOrigin,
        verify: async (token, context) => {
          waiting += 1
          if (waiting === users.length) gate.open()
          await gate.pass()
          return inner.verify(token, context)
        },
      })
      await using site = await open(
        { path: '/a', middleware: [adapter.bearerAuth(together(verifier()))], handle },
        { path: '/b', middleware: [adapter.bearerAuth(together(otherVerifier))], handle },
      )
      const seen = await Promise.all(
        users.map(async (sub, index) => {
          const [path, from] =
            index % 2 === 0 ? (['/a', issuer] as const) : (['/b', other] as const)
          const answer = await site.get(path, from.mint({ claims: { sub } }))
          return (jsonOf(answer) as { auth: { sub: string } }).auth.sub
        }),
      )
      deepEqual(seen, users)
      equal((await site.get('/a', other.mint())).status, 401)
      equal((await site.get('/b', issuer.mint())).status, 401)
    },
  },
]
