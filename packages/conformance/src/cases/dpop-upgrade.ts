import { equal } from 'node:assert/strict'
import { DpopNonces, DpopVerifier } from '@mayfly/core'
import { createTestProver } from '@mayfly/testing'
import { bearer } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertRefused } from '../expectations.ts'
import { BASE_URL, proven } from '../proofs.ts'
import { openUpgrades } from '../upgrades.ts'

/** Bound tokens at upgrades: a client that is no browser can send a proof in the header. */
export const dpopUpgradeCases: readonly CaseDefinition[] = [
  {
    name: 'upgradeAuth refuses a bound token without its proof, wherever it stands',
    async run(bench) {
      const { clock, issuer } = bench
      const prover = createTestProver({ clock })
      const token = issuer.mint({ claims: { sub: 'alice', cnf: { jkt: prover.thumbprint } } })
      const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock })
      await using plain = await openUpgrades(bench)
      await using bound = await openUpgrades(bench, { options: { dpop } })
      await using either = await openUpgrades(bench, { options: { dpop, allowBearer: true } })
      const listed = [['Sec-WebSocket-Protocol', `bearer.${token}, orders.v1`] as const]
      for (const upgrades of [plain, bound, either]) {
        for (const fields of [bearer(token), listed]) {
          await using client = await upgrades.connect({ fields })
          const scheme = upgrades === bound ? 'DPoP' : 'Bearer'
          const refusal = { status: 401, reason: 'key_unproven', error: 'invalid_token' } as const
          assertRefused(client.answer, { ...refusal, scheme })
        }
        equal(upgrades.accepted.length, 0)
      }
    },
  },
  {
    name: 'upgradeAuth with dpop lets a bound token with its proof pass, once',
    async run(bench) {
      const { clock, issuer } = bench
      const prover = createTestProver({ clock })
      const token = issuer.mint({ claims: { sub: 'alice', cnf: { jkt: prover.thumbprint } } })
      const nonces = new DpopNonces({ clock })
      const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock, nonces })
      await using upgrades = await openUpgrades(bench, { options: { dpop } })
      const wanted = { url: `${BASE_URL}/chat`, accessToken: token }
      const path = '/chat?room=1'
      await using asked = await upgrades.connect({
        path,
        fields: proven(token, prover.prove(wanted)),
      })
      const scheme = 'DPoP'
      const refusal = { status: 401, reason: 'proof_nonce', error: 'use_dpop_nonce' } as const
      assertRefused(asked.answer, { ...refusal, scheme })
      const nonce = String(asked.answer.headers['dpop-nonce'])
      const fields = proven(token, prover.prove({ ...wanted, nonce }))
      await using client = await upgrades.connect({ path, fields })
      equal(client.answer.status, 101, client.answer.text)
      const frame = await client.next()
      equal(frame.kind === 'text' && frame.text, 'Hello alice')
      await using replayed = await upgrades.connect({ path, fields })
      const replay = { status: 401, reason: 'proof_replayed', error: 'invalid_dpop_proof' } as const
      assertRefused(replayed.answer, { ...replay, scheme })
    },
  },
]
