import { generateKey, RequestError, TokenVerifier } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { claimsAttacks } from '../attacks/claims-attacks.ts'
import { AUDIENCE, failure, ISSUER, NOW, sign } from '../support/inbound.ts'

const attacks = claimsAttacks({ issuer: ISSUER, audience: AUDIENCE, now: NOW })
const key = await generateKey('HS256')

describe('A verifier refuses a well-signed token when', () => {
  it.each(attacks)('$name', async ({ payload, header = { typ: 'JWT' }, options, code, claim }) => {
    const verifier = new TokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: [{ algorithm: 'HS256', key }],
      clock: new FakeClock(),
      ...options,
    })
    const token = await sign(key, payload, header)
    const error = await failure(() => verifier.verify(token))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code, status: 401, claim })
    expect(String(error)).not.toContain(token)
  })
})
