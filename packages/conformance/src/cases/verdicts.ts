import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Reason } from '@mayfly/core'
import type { TokenFault } from '@mayfly/testing'
import type { CaseDefinition } from '../define.ts'
import { assertNowhere, assertRefused, parseChallenge } from '../expectations.ts'
import { answerAuth, createTrap } from '../handlers.ts'

const VERDICTS: readonly (readonly [TokenFault, Reason])[] = [
  ['expired', 'token_expired'],
  ['not-yet-valid', 'token_not_yet_valid'],
  ['no-expiry', 'claim_missing'],
  ['other-issuer', 'issuer_mismatch'],
  ['other-audience', 'audience_mismatch'],
  ['other-key', 'signature_invalid'],
  ['unknown-key', 'key_unknown'],
  ['embedded-key', 'signature_invalid'],
  ['tampered', 'signature_invalid'],
  ['unsigned', 'algorithm_not_allowed'],
  ['public-key-as-secret', 'algorithm_not_allowed'],
  ['other-spelling', 'token_malformed'],
]

/** What becomes of bad tokens, and what the refusal says. */
export const verdictCases: readonly CaseDefinition[] = [
  {
    name: 'bearerAuth refuses every kind of bad token with its reason, and never repeats it',
    async run({ adapter, verifier, issuer, open }) {
      const trap = createTrap()
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: trap.handle })
      for (const [fault, reason] of VERDICTS) {
        const token = issuer.mint({ fault })
        const answer = await site.get('/me', token)
        assertRefused(answer, { status: 401, reason, error: 'invalid_token' })
        for (const part of token.split('.').filter((text) => text !== '')) {
          assertNowhere(answer, part)
        }
      }
      equal(trap.reached, 0, 'what stands behind was reached')
      deepEqual(site.errors, [], 'a bad token is no error of the application')
    },
  },
  {
    name: 'bearerAuth judges the time of a token anew on every request',
    async run({ adapter, verifier, issuer, clock, open }) {
      const middleware = [adapter.bearerAuth(verifier({ clockTolerance: 0 }))]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const token = issuer.mint({ lifetime: 10 })
      equal((await site.get('/me', token)).status, 200)
      clock.advanceSeconds(10)
      const expired = { status: 401, reason: 'token_expired', error: 'invalid_token' } as const
      assertRefused(await site.get('/me', token), expired)
    },
  },
  {
    name: 'bearerAuth writes a challenge that no configured text and no claim can break',
    async run({ adapter, verifier, issuer, open }) {
      const realm = 'the "orders" \\ API'
      const resourceMetadata = 'https://api.example.com/.well-known/oauth-protected-resource'
      const middleware = [adapter.bearerAuth(verifier(), { realm, resourceMetadata })]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const evil = 'x"\\\r\nSet-Cookie: a=b\r\n\r\n<script>'
      const claims = { iss: evil, aud: evil, sub: evil, exp: evil }
      const answers = [await site.get('/me'), await site.get('/me', issuer.mint({ claims }))]
      for (const answer of answers) {
        const { params } = parseChallenge(answer.headers['www-authenticate'] ?? '')
        equal(params['realm'], realm)
        equal(params['resource_metadata'], resourceMetadata)
        equal(answer.headers['set-cookie'], undefined)
        ok(!answer.text.includes('<script>'), 'the body repeats a claim')
      }
    },
  },
  {
    name: 'bearerAuth refuses a request with a body without waiting for it to be read',
    async run({ adapter, verifier, open }) {
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const answer = await site.send('/me', { method: 'POST', body: 'x'.repeat(50_000) })
      assertRefused(answer, { status: 401, reason: 'token_missing', error: null })
    },
  },
]
