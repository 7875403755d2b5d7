import { deepEqual, equal } from 'node:assert/strict'
import { TokenIntrospection } from '@mayfly/core'
import type { CaseDefinition } from '../define.ts'
import { AUDIENCE } from '../bench.ts'
import { assertNowhere, assertRefused } from '../expectations.ts'
import { answerAuth } from '../handlers.ts'

/** Opaque tokens, whose issuer is asked (RFC 7662). */
export const introspectionCases: readonly CaseDefinition[] = [
  {
    name: 'bearerAuth asks about opaque tokens, and judges the answer as it judges a JWT',
    async run({ adapter, verifier, open, issuer, clock }) {
      const now = clock.now() / 1000
      const good = { active: true, iss: issuer.issuer, aud: AUDIENCE, sub: 'alice', exp: now + 60 }
      const answers: Readonly<Record<string, unknown>> = {
        good,
        ended: { active: false },
        elsewhere: { ...good, aud: 'other' },
        bound: { ...good, cnf: { jkt: 'A'.repeat(43) } },
        odd: { ...good, active: 'true' },
      }
      const introspection = new TokenIntrospection({
        endpoint: 'https://auth.example.com/introspect',
        clientId: 'orders',
        clientSecret: 'a secret',
        clock,
        fetch: async (input, init) => {
          const body = new URLSearchParams(await new Request(input, init).text())
          const answer = answers[body.get('token') ?? '']
          return answer === undefined ? new Response('', { status: 500 }) : Response.json(answer)
        },
      })
      const middleware = [adapter.bearerAuth(verifier({ introspection }))]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      for (const token of ['good', 'good', issuer.mint()]) {
        equal((await site.get('/me', token)).status, 200)
      }
      for (const [token, reason] of [
        ['ended', 'token_inactive'],
        ['elsewhere', 'audience_mismatch'],
        ['bound', 'key_unproven'],
      ] as const) {
        assertRefused(await site.get('/me', token), { status: 401, reason, error: 'invalid_token' })
      }
      for (const token of ['odd', 'nobody-knows-it']) {
        const answer = await site.get('/me', token)
        assertRefused(answer, { status: 503, reason: 'introspection_unavailable' })
        equal(answer.headers['retry-after'], '5')
        assertNowhere(answer, 'a secret')
      }
      deepEqual(site.errors, [], 'an outage elsewhere is no error of the application')
    },
  },
]
