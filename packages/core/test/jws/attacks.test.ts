import { inspect } from 'node:util'
import { isMayflyError, RequestError, staticKeys, verifyCompact } from '@mayfly/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAttackSetup, forge } from '../attacks/attack-setup.ts'
import { signatureAttacks } from '../attacks/signature-attacks.ts'

const setup = createAttackSetup({ sub: 'user-1', scope: 'read' })
const { algorithms } = setup
const keys = staticKeys(setup.keys, algorithms)

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the victim of the attacks', () => {
  it('accepts a good token by each of its keys, with and without the key id', async () => {
    const { claims, rsa, ec, ed, secret } = setup
    const tokens = [undefined, true].flatMap((named) => [
      forge({ alg: 'RS256', kid: named && 'rsa' }, claims, { key: rsa.privateKey }),
      forge({ alg: 'ES256', kid: named && 'ec' }, claims, { key: ec.privateKey }),
      forge({ alg: 'EdDSA', kid: named && 'ed' }, claims, { key: ed.privateKey, hash: null }),
      forge({ alg: 'HS256', kid: named && 'hmac' }, claims, { key: secret }),
    ])
    for (const token of tokens) {
      const { payload } = await verifyCompact(token, keys, { algorithms })
      expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(claims)
    }
  })
})

describe('a forged token is refused:', () => {
  it.each(signatureAttacks)('$name', async ({ token: write, reason }) => {
    const fetching = vi.spyOn(globalThis, 'fetch')
    const token = write(setup)
    const error: unknown = await verifyCompact(token, keys, { algorithms }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ name: 'RequestError', reason, status: 401 })
    expect(isMayflyError(error)).toBe(true)
    expect(fetching).not.toHaveBeenCalled()
    for (const part of token.split('.').filter(({ length }) => length > 8)) {
      expect(inspect(error, { depth: null })).not.toContain(part.slice(0, 200))
    }
  })
})
