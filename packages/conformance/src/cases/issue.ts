import { deepEqual, equal, match, ok } from 'node:assert/strict'
import {
  type JwkSet,
  OptionError,
  type PublicJwk,
  RequestError,
  TokenIssuer,
  TokenVerifier,
} from '@mayfly/core'
import { AUDIENCE, type Bench, type Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import type { Decide } from '../driver.ts'
import { assertProblem, assertRefused } from '../expectations.ts'
import { type Answer, jsonOf } from '../http-client.ts'

const ISSUER = 'https://tokens.example.com'

function neverReached(): void {
  throw new Error('The middleware did not answer.')
}

const decideForAlice: Decide = () => ({ subject: 'alice', expiresIn: 60 })

function down(): never {
  throw new Error('the store at redis://user:secret@store is down')
}

async function openIssuer<Middleware>(
  { adapter, open }: Bench<Middleware>,
  issuer: TokenIssuer,
  decide: Decide,
): Promise<Site> {
  const middleware = [adapter.issueToken(issuer, decide)]
  return open({ path: '/token', middleware, handle: neverReached })
}

function assertNotStored(answer: Answer): void {
  match(answer.headers['cache-control'] ?? '', /\bno-store\b/)
}

/** The endpoints that give tokens and keys away. */
export const issueCases: readonly CaseDefinition[] = [
  {
    name: 'issueToken answers with a token as decide wants it, not to be stored',
    async run(bench) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock: bench.clock })
      const grant = { audience: AUDIENCE, subject: 'user-1', expiresIn: 60 }
      const decisions: readonly Decide[] = [() => grant, () => Promise.resolve(grant)]
      for (const decide of decisions) {
        await using site = await openIssuer(bench, issuer, decide)
        const answer = await site.send('/token', { method: 'POST', body: '' })
        equal(answer.status, 200, answer.text)
        assertNotStored(answer)
        match(answer.headers['content-type'] ?? '', /^application\/json(?:;|$)/)
        const { access_token: token, ...rest } = jsonOf(answer) as { access_token: string }
        deepEqual(rest, { token_type: 'Bearer', expires_in: 60 })
        const verifier = new TokenVerifier({
          issuer: ISSUER,
          audience: AUDIENCE,
          keys: issuer.keys,
          clock: bench.clock,
        })
        equal((await verifier.verify(token)).claims.sub, 'user-1')
      }
    },
  },
  {
    name: 'issueToken names the scope that a token has',
    async run(bench) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock: bench.clock })
      const grant = { expiresIn: 60, claims: { scope: 'a b' } }
      await using site = await openIssuer(bench, issuer, () => grant)
      const answer = await site.send('/token', { method: 'POST', body: '' })
      equal((jsonOf(answer) as { scope?: string }).scope, 'a b')
    },
  },
  {
    name: 'issueToken answers 403 where decide gives nothing, and what decide throws otherwise',
    async run(bench) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock: bench.clock })
      await using refusing = await openIssuer(bench, issuer, () => undefined)
      const refused = await refusing.send('/token', { method: 'POST', body: '' })
      equal(refused.status, 403)
      assertProblem(refused, 'issue_refused')
      assertNotStored(refused)

      const busy = new RequestError('ERR_ISSUE_REFUSED', 'Too many tokens for today.', {
        reason: 'issue_refused',
        status: 429,
        headers: { 'retry-after': '60' },
      })
      await using limiting = await openIssuer(bench, issuer, () => Promise.reject(busy))
      const limited = await limiting.send('/token', { method: 'POST', body: '' })
      deepEqual([limited.status, limited.headers['retry-after']], [429, '60'])
      assertProblem(limited, 'issue_refused')
      assertNotStored(limited)
      deepEqual([...refusing.errors, ...limiting.errors], [])
    },
  },
  {
    name: "an error of decide, or in what it wants, goes to the framework's own handling",
    async run(bench) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock: bench.clock })
      const failure = new Error('the database is down')
      await using failing = await openIssuer(bench, issuer, () => {
        throw failure
      })
      equal((await failing.send('/token', { method: 'POST', body: '' })).status, 500)
      ok(failing.errors.length === 1 && failing.errors[0] === failure)

      await using greedy = await openIssuer(bench, issuer, () => ({ expiresIn: 1e9 }))
      equal((await greedy.send('/token', { method: 'POST', body: '' })).status, 500)
      ok(greedy.errors.length === 1 && greedy.errors[0] instanceof OptionError)
    },
  },
  {
    name: 'jwks publishes the public keys, and lets them be cached for a while',
    async run({ adapter, clock, open }) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock })
      const middleware = [adapter.jwks(issuer)]
      await using site = await open({ path: '/jwks', middleware, handle: neverReached })
      const answer = await site.get('/jwks')
      equal(answer.status, 200)
      match(answer.headers['content-type'] ?? '', /^application\/(?:jwk-set\+)?json(?:;|$)/)
      const [, maxAge] = /\bmax-age=(\d+)\b/.exec(answer.headers['cache-control'] ?? '') ?? []
      ok(Number(maxAge) > 0 && Number(maxAge) <= 86_400, 'max-age is between a second and a day')
      deepEqual(jsonOf(answer), structuredClone(await issuer.jwks()))
      for (const key of (jsonOf(answer) as JwkSet).keys) ok(!('d' in key) && !('k' in key))
      const head = await site.send('/jwks', { method: 'HEAD' })
      deepEqual([head.status, head.text], [200, ''])
    },
  },
  {
    name: 'issueToken answers 503 while the generations are down, and names no secret of their store',
    async run(bench) {
      const issuer = new TokenIssuer({
        issuer: ISSUER,
        generations: { current: down },
        clock: bench.clock,
      })
      await using site = await openIssuer(bench, issuer, decideForAlice)
      const answer = await site.send('/token', { method: 'POST', body: '' })
      assertRefused(answer, { status: 503, reason: 'store_unavailable' })
      equal(answer.headers['retry-after'], '5')
      equal(answer.headers['content-type']?.split(';')[0], 'application/problem+json')
      equal(answer.text.includes('secret'), false)
      deepEqual(site.errors, [], 'an outage elsewhere is no error of the application')
    },
  },
  {
    name: "jwks hands an error of the issuer to the framework's own handling",
    async run({ adapter, open }) {
      const failure = new Error('no key to be had')
      class BrokenIssuer extends TokenIssuer {
        override jwks(): Promise<{ keys: readonly PublicJwk[] }> {
          return Promise.reject(failure)
        }
      }
      const middleware = [adapter.jwks(new BrokenIssuer({ issuer: ISSUER }))]
      await using site = await open({ path: '/jwks', middleware, handle: neverReached })
      equal((await site.get('/jwks')).status, 500)
      ok(site.errors.length === 1 && site.errors[0] === failure)
    },
  },
]
