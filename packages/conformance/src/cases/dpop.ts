import { deepEqual, equal, ok } from 'node:assert/strict'
import { DpopNonces, DpopVerifier, MemoryOneTimeGuard } from '@mayfly/core'
import { createTestProver } from '@mayfly/testing'
import { bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertNowhere, assertRefused, parseChallenge } from '../expectations.ts'
import { answerAuth, createTrap } from '../handlers.ts'
import { type Answer, type Fields, jsonOf } from '../http-client.ts'
import { BASE_URL, openProven, PROOF_VERDICTS, proven } from '../proofs.ts'

const INVALID_TOKEN = { status: 401, error: 'invalid_token', scheme: 'DPoP' } as const
const INVALID_PROOF = { status: 401, error: 'invalid_dpop_proof', scheme: 'DPoP' } as const
const BAD_REQUEST = {
  status: 400,
  reason: 'request_invalid',
  error: 'invalid_request',
  scheme: 'DPoP',
} as const

function assertIsAlice(answer: Answer): void {
  equal(answer.status, 200, answer.text)
  equal((jsonOf(answer) as { auth: { sub?: string } }).auth.sub, 'alice')
}

/** Tokens that are bound to a key (RFC 9449). */
export const dpopCases: readonly CaseDefinition[] = [
  {
    name: 'bearerAuth with dpop lets a bound token with a proof for the request pass',
    async run(bench) {
      await using opened = await openProven(bench)
      const { site, fields, prover, token } = opened
      for (const path of ['/me', '/me?page=1', '/me?a=%2F&a=b']) {
        for (const url of [BASE_URL + path, `${BASE_URL}/me`, `${BASE_URL}/me#top`]) {
          assertIsAlice(await site.send(path, { fields: fields({ url }) }))
        }
      }
      const url = 'HTTPS://API.example.com:443/%6d%65'
      assertIsAlice(await site.send('/me', { fields: fields({ url }) }))
      const proof = prover.prove({ url: `${BASE_URL}/me`, method: 'POST', accessToken: token })
      const posted = { method: 'POST', body: 'x', fields: proven(token, proof) }
      assertIsAlice(await site.send('/me', posted))
      deepEqual(site.errors, [])
    },
  },
  {
    name: 'bearerAuth with dpop refuses every kind of bad proof with its reason, and never repeats it',
    async run(bench) {
      const trap = createTrap()
      await using opened = await openProven(bench, { handle: trap.handle })
      const { site, fields, token } = opened
      for (const [fault, reason] of PROOF_VERDICTS) {
        const sent = fields({ fault })
        const answer = await site.send('/me', { fields: sent })
        assertRefused(answer, { ...INVALID_PROOF, reason })
        assertNowhere(answer, token)
        for (const part of (sent[1]?.[1] ?? '').split('.').filter((text) => text.length > 1)) {
          assertNowhere(answer, part)
        }
      }
      equal(trap.reached, 0, 'what stands behind was reached')
      deepEqual(site.errors, [], 'a bad proof is no error of the application')
    },
  },
  {
    name: 'bearerAuth with dpop refuses a request without exactly one proof',
    async run(bench) {
      await using opened = await openProven(bench)
      const { site, fields } = opened
      const [authorization, proof] = fields()
      if (authorization === undefined || proof === undefined) throw new Error('no fields')
      const none = await site.send('/me', { fields: [authorization] })
      assertRefused(none, { ...INVALID_PROOF, reason: 'proof_missing' })
      const twice = [authorization, proof, ['dpop', proof[1]] as const]
      const two = await site.send('/me', { fields: twice })
      assertRefused(two, { ...INVALID_PROOF, reason: 'proof_invalid' })
      assertIsAlice(await site.send('/me', { fields: [authorization, proof] }))
    },
  },
  {
    name: 'bearerAuth with dpop refuses a bound token as a bearer, and both schemes in one request',
    async run(bench) {
      await using opened = await openProven(bench)
      const { site, fields, token } = opened
      const [, proof = ['DPoP', '']] = fields()
      for (const sent of [bearer(token), [...bearer(token), proof], bearer(bench.issuer.mint())]) {
        const answer = await site.send('/me', { fields: sent })
        assertRefused(answer, { ...INVALID_TOKEN, reason: 'key_unproven' })
      }
      const both: readonly Fields[] = [
        [...fields(), ...bearer(token)],
        [...bearer(token), ...fields()],
        [['Authorization', `DPoP ${token}, Bearer ${token}`], proof],
        [['Authorization', `DPoP  ${token}`], proof],
      ]
      for (const sent of both) assertRefused(await site.send('/me', { fields: sent }), BAD_REQUEST)
    },
  },
  {
    name: 'bearerAuth with dpop refuses a stolen token with the proof of another key, and an unbound one',
    async run(bench) {
      await using opened = await openProven(bench)
      const { site, token, prover } = opened
      const url = `${BASE_URL}/me`
      const thief = createTestProver({ clock: bench.clock })
      const stolen = proven(token, thief.prove({ url, accessToken: token }))
      const refused = await site.send('/me', { fields: stolen })
      assertRefused(refused, { ...INVALID_TOKEN, reason: 'key_mismatch' })
      const unbound = bench.issuer.mint()
      const free = proven(unbound, prover.prove({ url, accessToken: unbound }))
      const answer = await site.send('/me', { fields: free })
      assertRefused(answer, { ...INVALID_TOKEN, reason: 'key_unbound' })
    },
  },
  {
    name: 'bearerAuth with dpop lets one of 50 requests at once with one proof pass',
    async run(bench) {
      const trap = createTrap()
      await using opened = await openProven(bench, { handle: trap.handle })
      const { site, fields } = opened
      const sent = { fields: fields() }
      const answers = await Promise.all(Array.from({ length: 50 }, () => site.send('/me', sent)))
      const refused = answers.filter(({ status }) => status !== 200)
      deepEqual([refused.length, trap.reached], [49, 1])
      for (const answer of refused) {
        assertRefused(answer, { ...INVALID_PROOF, reason: 'proof_replayed' })
      }
    },
  },
  {
    name: 'bearerAuth with dpop gives nonces, with challenges and with good answers',
    async run(bench) {
      const { clock } = bench
      const nonces = new DpopNonces({ clock, period: 60 })
      await using opened = await openProven(bench, { dpop: { nonces } })
      const { site, fields } = opened
      const asked = await site.send('/me', { fields: fields() })
      const refusal = { status: 401, reason: 'proof_nonce', scheme: 'DPoP' } as const
      assertRefused(asked, { ...refusal, error: 'use_dpop_nonce' })
      const nonce = String(asked.headers['dpop-nonce'])
      equal(nonce, await nonces.current())
      const claims = { iat: 1 }
      const good = await site.send('/me', { fields: fields({ nonce, claims }) })
      assertIsAlice(good)
      equal(good.headers['dpop-nonce'], undefined)
      clock.advanceSeconds(60)
      const next = await site.send('/me', { fields: fields({ nonce }) })
      assertIsAlice(next)
      equal(next.headers['dpop-nonce'], await nonces.current())
      ok(next.headers['dpop-nonce'] !== nonce)
      equal(next.headers['cache-control'], 'no-store')
    },
  },
  {
    name: 'bearerAuth with dpop believes nothing that the Host header says',
    async run(bench) {
      await using opened = await openProven(bench)
      const { site, fields } = opened
      for (const host of ['evil.example', 'api.example.com', 'a.example/x', '']) {
        const own = await site.send('/me', { fields: [...fields(), ['Host', host]] })
        equal(own.status, 200, host)
        const url = 'https://evil.example/me'
        const evil = await site.send('/me', { fields: [...fields({ url }), ['Host', host]] })
        assertRefused(evil, { ...INVALID_PROOF, reason: 'proof_invalid' })
      }
    },
  },
  {
    name: 'bearerAuth with dpop answers 503 while the store of proofs is down, and 200 after that',
    async run(bench) {
      const store = new MemoryOneTimeGuard({ clock: bench.clock })
      let isDown = true
      const consume = (id: string, expiresAt: number): boolean => {
        if (isDown) throw new Error('down')
        return store.consume(id, expiresAt)
      }
      await using opened = await openProven(bench, { dpop: { once: { consume } } })
      const { site, fields } = opened
      const sent = { fields: fields() }
      const answer = await site.send('/me', sent)
      assertRefused(answer, { status: 503, reason: 'store_unavailable' })
      equal(answer.headers['retry-after'], '5')
      isDown = false
      assertIsAlice(await site.send('/me', sent))
    },
  },
  {
    name: 'bearerAuth with dpop takes bearers beside bound tokens when told to, and challenges for both',
    async run(bench) {
      await using opened = await openProven(bench, { options: { allowBearer: true } })
      const { site, fields, token } = opened
      assertIsAlice(await site.send('/me', { fields: fields() }))
      equal((await site.get('/me', bench.issuer.mint())).status, 200)
      const refusal = { status: 401, error: 'invalid_token', reason: 'key_unproven' } as const
      assertRefused(await site.get('/me', token), refusal)
      const challenges = String((await site.get('/me')).headers['www-authenticate'])
      const [first = '', second = ''] = challenges.split(/, (?=DPoP )/)
      deepEqual(
        [first, second].map((one) => parseChallenge(one).scheme),
        ['Bearer', 'DPoP'],
      )
    },
  },
  {
    name: 'bearerAuth without dpop refuses a bound token, with a proof and without',
    async run(bench) {
      const { adapter, verifier, open } = bench
      await using opened = await openProven(bench)
      const { fields, token } = opened
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const refusal = { status: 401, error: 'invalid_token', reason: 'key_unproven' } as const
      assertRefused(await site.get('/me', token), refusal)
      const missing = { status: 401, error: null, reason: 'token_missing' } as const
      assertRefused(await site.send('/me', { fields: fields() }), missing)
    },
  },
  {
    name: 'requireScope behind bearerAuth with dpop challenges for DPoP',
    async run(bench) {
      const { adapter, verifier, open } = bench
      await using opened = await openProven(bench)
      const { fields } = opened
      const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock: bench.clock })
      const middleware = [adapter.bearerAuth(verifier(), { dpop }), adapter.requireScope('a')]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const answer = await site.send('/me', { fields: fields() })
      const { scheme, params } = parseChallenge(answer.headers['www-authenticate'] ?? '')
      deepEqual([answer.status, scheme, params['error']], [403, 'DPoP', 'insufficient_scope'])
    },
  },
]
