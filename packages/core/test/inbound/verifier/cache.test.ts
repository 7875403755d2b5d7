import { generateKey, type Key, TokenVerifier, type VerifierEvent } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it, vi } from 'vitest'
import { AUDIENCE, ChangingKeys, GOOD_CLAIMS, ISSUER, NOW, sign } from '../../support/inbound.ts'

const key = await generateKey('HS256', { keyId: 'k1' })
const other = await generateKey('HS256', { keyId: 'k2' })

function verifierOf(keys: ChangingKeys, options = {}): [TokenVerifier, FakeClock, VerifierEvent[]] {
  const clock = new FakeClock()
  const events: VerifierEvent[] = []
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    keys,
    algorithms: ['HS256'],
    clock,
    observe: (event) => events.push(event),
    ...options,
  })
  return [verifier, clock, events]
}

const refusedWith = (code: string): object => expect.objectContaining({ code }) as object

describe('A verifier with a warm cache', () => {
  it('checks a signature once, and gives every request the same frozen result', async () => {
    const keys = new ChangingKeys(key)
    const [verifier, , events] = verifierOf(keys)
    const claims = { ...GOOD_CLAIMS, org: { roles: ['admin'] } }
    const token = await sign(key, claims, { typ: 'JWT', nested: { list: [1] } })
    const first = await verifier.verify(token)
    const second = await verifier.verify(token)
    expect(second).toBe(first)
    expect(keys.checks).toBe(1)
    expect(events.map((event) => event.type === 'verify' && event.cached)).toEqual([false, true])
    const { org } = first.payload as unknown as { org: { roles: string[] } }
    expect(() => org.roles.push('root')).toThrow(TypeError)
    expect(() => Object.assign(first.protectedHeader, { alg: 'none' })).toThrow(TypeError)
    const { nested } = first.protectedHeader as unknown as { nested: { list: number[] } }
    expect(() => nested.list.push(2)).toThrow(TypeError)
  })

  it('gives every request its own promise where they must not be shared', async () => {
    const token = await sign(key, GOOD_CLAIMS)
    const callTwice = async (): Promise<Promise<unknown>[]> => {
      const [verifier] = verifierOf(new ChangingKeys(key))
      await verifier.verify(token)
      return [verifier.verify(token), verifier.verify(token)]
    }
    const [first, second] = await callTwice()
    expect(second).toBe(first)
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    try {
      const [third, fourth] = await callTwice()
      expect(fourth).not.toBe(third)
      expect(await fourth).toBe(await third)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('rejects, and never throws, for a known token', async () => {
    const [verifier, clock, events] = verifierOf(new ChangingKeys(key), { maxTokenAge: 60 })
    const token = await sign(key, GOOD_CLAIMS)
    await verifier.verify(token)
    clock.advanceSeconds(66)
    const answer = verifier.verify(token)
    await expect(answer).rejects.toThrow(refusedWith('ERR_TOKEN_TOO_OLD'))
    expect(events.map(({ type }) => type)).toEqual(['verify', 'deny'])
  })

  it('checks each time with the cache off', async () => {
    const keys = new ChangingKeys(key)
    const [verifier] = verifierOf(keys, { cache: false })
    const token = await sign(key, GOOD_CLAIMS)
    await verifier.verify(token)
    await verifier.verify(token)
    expect(keys.checks).toBe(2)
  })

  it('refuses a token once it has expired, with and without an iat', async () => {
    const [verifier, clock] = verifierOf(new ChangingKeys(key))
    const tokens = [
      await sign(key, GOOD_CLAIMS),
      await sign(key, { ...GOOD_CLAIMS, iat: undefined }),
    ]
    for (const token of tokens) await verifier.verify(token)
    clock.advanceSeconds(304)
    for (const token of tokens) await verifier.verify(token)
    clock.advanceSeconds(1)
    for (const token of tokens) {
      await expect(verifier.verify(token)).rejects.toThrow(refusedWith('ERR_TOKEN_EXPIRED'))
    }
  })

  it('judges the age of a token on every use', async () => {
    const [verifier, clock] = verifierOf(new ChangingKeys(key), { maxTokenAge: 60 })
    const token = await sign(key, GOOD_CLAIMS)
    await verifier.verify(token)
    clock.advanceSeconds(66)
    await expect(verifier.verify(token)).rejects.toThrow(refusedWith('ERR_TOKEN_TOO_OLD'))
  })

  it('judges the time again when the clock is set back', async () => {
    const [verifier, clock] = verifierOf(new ChangingKeys(key))
    const token = await sign(key, { ...GOOD_CLAIMS, nbf: NOW })
    await verifier.verify(token)
    clock.set((NOW - 60) * 1000)
    await expect(verifier.verify(token)).rejects.toThrow(refusedWith('ERR_TOKEN_NOT_YET_VALID'))
  })

  it('forgets what a removed key has verified', async () => {
    const keys = new ChangingKeys(key, other)
    const [verifier] = verifierOf(keys)
    const token = await sign(key, GOOD_CLAIMS)
    const kept = await sign(other, GOOD_CLAIMS)
    await verifier.verify(token)
    keys.remove(key)
    await expect(verifier.verify(token)).rejects.toThrow(refusedWith('ERR_TOKEN_KEY'))
    await verifier.verify(kept)
  })

  it('does not keep what a key has verified that was removed meanwhile', async () => {
    const keys = new (class extends ChangingKeys {
      override find(algorithm: string, keyId: string | undefined): readonly Key[] {
        const found = super.find(algorithm, keyId)
        this.remove(key)
        return found
      }
    })(key)
    const [verifier] = verifierOf(keys)
    const token = await sign(key, GOOD_CLAIMS)
    await verifier.verify(token)
    await expect(verifier.verify(token)).rejects.toThrow(refusedWith('ERR_TOKEN_KEY'))
  })

  it('does not keep what was verified while a schema took its time and the key was removed', async () => {
    const keys = new ChangingKeys(key)
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: async (value: unknown) => {
          keys.remove(key)
          // Another request has told the cache of the new version meanwhile.
          await verifier.verify('x').catch(() => {})
          return { value }
        },
      },
    }
    const [verifier] = verifierOf(keys, { schema })
    const token = await sign(key, GOOD_CLAIMS)
    await verifier.verify(token)
    await expect(verifier.verify(token)).rejects.toThrow(refusedWith('ERR_TOKEN_KEY'))
  })

  it('does not keep failures', async () => {
    const keys = new ChangingKeys(other)
    const [verifier, clock] = verifierOf(keys)
    const unknown = await sign(key, GOOD_CLAIMS)
    await expect(verifier.verify(unknown)).rejects.toThrow(refusedWith('ERR_TOKEN_KEY'))
    keys.keys = [key, other]
    await verifier.verify(unknown)
    const early = await sign(key, { ...GOOD_CLAIMS, nbf: NOW + 60 })
    await expect(verifier.verify(early)).rejects.toThrow(refusedWith('ERR_TOKEN_NOT_YET_VALID'))
    clock.advanceSeconds(60)
    await verifier.verify(early)
  })

  it('does not take another spelling of a token for the token', async () => {
    const [verifier] = verifierOf(new ChangingKeys(key))
    const token = await sign(key, GOOD_CLAIMS)
    await verifier.verify(token)
    // 32 bytes end in a character of which two bits are unused: these decode to the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.at(-1) ?? '')
    const sibling = token.slice(0, -1) + (alphabet[last ^ 1] ?? '')
    const spellings = [sibling, `${token}=`, `${token}\n`, ` ${token}`, `${token}.`]
    for (const spelling of spellings) {
      await expect(verifier.verify(spelling)).rejects.toThrow(refusedWith('ERR_TOKEN_MALFORMED'))
    }
  })
})
