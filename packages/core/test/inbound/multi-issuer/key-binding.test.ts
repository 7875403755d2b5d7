import { Guard } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { BASE_URL, fieldsOf, proofBench } from '../../support/proofs.ts'
import { bearing, received } from '../../support/requests.ts'
import { twoIssuers } from './two-issuers.ts'

describe('A verifier of several issuers', () => {
  it('takes bound tokens of each with their proofs, known or new, and none without', async () => {
    const { dpop, prover } = proofBench()
    await using issuers = await twoIssuers()
    const guard = new Guard(issuers.verifier, { dpop, allowBearer: true })
    for (const server of [issuers.staff, issuers.partner]) {
      const token = server.mint({ claims: { cnf: { jkt: prover.thumbprint } } })
      for (let times = 0; times < 2; times++) {
        const proof = prover.prove({ url: `${BASE_URL}/orders`, accessToken: token })
        const request = received({ fields: fieldsOf(token, proof) })
        expect(await guard.authenticate(request)).toMatchObject({ ok: true })
        expect(await guard.authenticate(request)).toMatchObject({
          error: { reason: 'proof_replayed' },
        })
        expect(await guard.authenticate(bearing(token))).toMatchObject({
          error: { reason: 'key_unproven' },
        })
      }
      expect(await guard.authenticate(bearing(server.mint()))).toMatchObject({ ok: true })
    }
  })
})
