import { inspect } from 'node:util'
import { authenticate, RequestError, TokenVerifier } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAttackSetup, forge } from '../attacks/attack-setup.ts'
import { signatureAttacks } from '../attacks/signature-attacks.ts'
import { AUDIENCE, failure, GOOD_CLAIMS, ISSUER } from '../support/inbound.ts'
import { bearing } from '../support/requests.ts'

const setup = createAttackSetup(GOOD_CLAIMS)
const verifier = new TokenVerifier({
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: setup.keys,
  algorithms: setup.algorithms,
  clock: new FakeClock(),
})

afterEach(() => {
  vi.restoreAllMocks()
})

describe('A verifier that the attacks are made for', () => {
  it('accepts a good token by each of its keys', async () => {
    const { rsa, ec, ed, secret } = setup
    for (const token of [
      forge({ alg: 'RS256', kid: 'rsa' }, GOOD_CLAIMS, { key: rsa.privateKey }),
      forge({ alg: 'ES256', kid: 'ec' }, GOOD_CLAIMS, { key: ec.privateKey }),
      forge({ alg: 'EdDSA', kid: 'ed' }, GOOD_CLAIMS, { key: ed.privateKey, hash: null }),
      forge({ alg: 'HS256', kid: 'hmac' }, GOOD_CLAIMS, { key: secret }),
    ]) {
      await verifier.verify(token)
      await verifier.verify(token)
    }
  })
})

describe('A verifier with a warm cache refuses', () => {
  it.each(signatureAttacks)('$name, however often it comes', async ({ token: write, reason }) => {
    const fetching = vi.spyOn(globalThis, 'fetch')
    const token = write(setup)
    for (const _ of ['once', 'again']) {
      const error = await failure(() => verifier.verify(token))
      expect(error).toBeInstanceOf(RequestError)
      expect(error).toMatchObject({ reason, status: 401 })
    }
    const outcome = await authenticate(verifier, bearing(token))
    // Text that is no bearer token at all is the guard's to refuse, as a request that is malformed.
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        status: /^[\w.~+/-]+=*$/.test(token) ? 401 : 400,
        headers: { 'www-authenticate': expect.stringContaining('error="invalid_') as string },
      },
    })
    expect(fetching).not.toHaveBeenCalled()
    for (const part of token.split('.').filter(({ length }) => length > 8)) {
      expect(inspect(outcome, { depth: null })).not.toContain(part.slice(0, 200))
    }
  })
})
