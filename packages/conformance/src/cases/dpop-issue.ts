import { deepEqual, equal, match } from 'node:assert/strict'
import { DpopNonces, DpopVerifier, TokenIssuer } from '@mayfly/core'
import { createTestProver, type ProveOptions } from '@mayfly/testing'
import type { CaseDefinition } from '../define.ts'
import type { Decide } from '../driver.ts'
import { type Answer, type Fields, jsonOf } from '../http-client.ts'
import { createTrap } from '../handlers.ts'
import { BASE_URL, PROOF_VERDICTS } from '../proofs.ts'

const ISSUER = 'https://tokens.example.com'

/** Faults that a proof without a token cannot have. */
const ABOUT_TOKENS: ReadonlySet<string> = new Set(['no-hash', 'other-hash'])

function claimsOf(answer: Answer): Record<string, unknown> {
  const { access_token: token } = jsonOf(answer) as { access_token: string }
  const [, payload = ''] = token.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}

/** Asserts that a proof is refused as RFC 9449 section 5 has it: 400, and the error in the body. */
function assertProofRefused(answer: Answer, error: string, reason: string): void {
  equal(answer.status, 400, answer.text)
  match(answer.headers['content-type'] ?? '', /^application\/json(?:;|$)/)
  match(answer.headers['cache-control'] ?? '', /\bno-store\b/)
  const body = jsonOf(answer) as Record<string, unknown>
  deepEqual([body['error'], body['reason'], body['status']], [error, reason, 400])
  equal(typeof body['error_description'], 'string')
}

const decide: Decide = () => ({ audience: 'orders', subject: 'alice', expiresIn: 60 })

/** Tokens that are bound to a key from the start (RFC 9449 section 5). */
export const dpopIssueCases: readonly CaseDefinition[] = [
  {
    name: 'issueToken with dpop binds the token to the key of the proof, and refuses a request without',
    async run({ adapter, clock, open }) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock })
      const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock })
      const { handle } = createTrap()
      await using site = await open(
        { path: '/token', middleware: [adapter.issueToken(issuer, decide, { dpop })], handle },
        {
          path: '/either',
          middleware: [adapter.issueToken(issuer, decide, { dpop, allowBearer: true })],
          handle,
        },
      )
      const prover = createTestProver({ clock })
      const ask = (path: string, options?: Partial<ProveOptions>): Promise<Answer> => {
        const proof = prover.prove({ url: BASE_URL + path, method: 'POST', ...options })
        const fields: Fields = options === undefined ? [] : [['DPoP', proof]]
        return site.send(path, { method: 'POST', body: '', fields })
      }
      for (const path of ['/token', '/either']) {
        const answer = await ask(path, {})
        equal(answer.status, 200, answer.text)
        equal((jsonOf(answer) as { token_type: string }).token_type, 'DPoP')
        deepEqual(claimsOf(answer)['cnf'], { jkt: prover.thumbprint })
      }
      assertProofRefused(await ask('/token'), 'invalid_dpop_proof', 'proof_missing')
      const unbound = await ask('/either')
      equal((jsonOf(unbound) as { token_type: string }).token_type, 'Bearer')
      equal(claimsOf(unbound)['cnf'], undefined)
      for (const [fault, reason] of PROOF_VERDICTS) {
        if (ABOUT_TOKENS.has(fault)) continue
        assertProofRefused(await ask('/either', { fault }), 'invalid_dpop_proof', reason)
      }
      const claims = { jti: 'once' }
      equal((await ask('/token', { claims })).status, 200)
      assertProofRefused(await ask('/token', { claims }), 'invalid_dpop_proof', 'proof_replayed')
      deepEqual(site.errors, [])
    },
  },
  {
    name: 'issueToken with dpop gives nonces, as a client of OAuth expects them',
    async run({ adapter, clock, open }) {
      const issuer = new TokenIssuer({ issuer: ISSUER, clock })
      const nonces = new DpopNonces({ clock, period: 60 })
      const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock, nonces })
      const middleware = [adapter.issueToken(issuer, () => ({ expiresIn: 60 }), { dpop })]
      await using site = await open({ path: '/token', middleware, handle: createTrap().handle })
      const prover = createTestProver({ clock })
      const ask = (options: Partial<ProveOptions>): Promise<Answer> => {
        const proof = prover.prove({ url: `${BASE_URL}/token`, method: 'POST', ...options })
        return site.send('/token', { method: 'POST', body: '', fields: [['DPoP', proof]] })
      }
      const asked = await ask({})
      assertProofRefused(asked, 'use_dpop_nonce', 'proof_nonce')
      const nonce = String(asked.headers['dpop-nonce'])
      equal((await ask({ nonce })).status, 200)
      clock.advanceSeconds(60)
      const next = await ask({ nonce })
      deepEqual([next.status, next.headers['dpop-nonce']], [200, await nonces.current()])
    },
  },
]
