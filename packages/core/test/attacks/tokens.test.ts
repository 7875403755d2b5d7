import { inspect } from 'node:util'
import {
  authenticate,
  isMayflyError,
  RequestError,
  staticKeys,
  TokenVerifier,
  verifyCompact,
} from '@mayfly/core'
import { ATTACK_TOPICS, createAttacks, type TokenAttack } from '@mayfly/conformance'
import { FakeClock } from '@mayfly/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { failure } from '../support/inbound.ts'
import { bearing } from '../support/requests.ts'

const clock = new FakeClock()
const { issuer, audience, keys, algorithms, attacks, good } = createAttacks({ clock })
const lookup = staticKeys(keys, algorithms)
const options = { issuer, audience, keys, algorithms, clock }
const warm = new TokenVerifier(options)

afterEach(() => {
  vi.restoreAllMocks()
})

function verifierFor({ options: more }: TokenAttack): TokenVerifier {
  return more === undefined ? warm : new TokenVerifier({ ...options, ...more })
}

function expectSilence(shown: unknown, token: string): void {
  const text = inspect(shown, { depth: null })
  for (const part of token.split('.').filter(({ length }) => length > 8)) {
    expect(text).not.toContain(part.slice(0, 200))
  }
}

describe('the victim of the attacks', () => {
  it('accepts a good token by each of its keys, with and without the key id', async () => {
    for (const token of good) {
      await verifyCompact(token, lookup, { algorithms })
      await warm.verify(token)
      await warm.verify(token)
    }
    expect(good.length).toBeGreaterThan(4)
  })

  it.each(ATTACK_TOPICS)('is attacked by: %s', (topic) => {
    expect(attacks.filter((attack) => attack.topic === topic)).not.toHaveLength(0)
  })
})

describe('a run of the attacks on a slow machine, half an hour after they were made,', () => {
  const later = new FakeClock(clock.now() + 1_800_000)

  it('finds the good tokens good, and each of the others bad for its own reason', async () => {
    const verifier = new TokenVerifier({ ...options, clock: later })
    for (const token of good) await verifier.verify(token)
    for (const { name, token, reason, claim, options: more } of attacks) {
      const own =
        more === undefined ? verifier : new TokenVerifier({ ...options, ...more, clock: later })
      expect(await failure(() => own.verify(token)), name).toMatchObject({ reason, claim })
    }
  })
})

describe.each(ATTACK_TOPICS)('attack: %s:', (topic) => {
  const mine = attacks.filter((attack) => attack.topic === topic)
  const forged = mine.filter(({ signed }) => !signed)

  it.each(forged)('verifyCompact refuses $name', async (attack) => {
    const fetching = vi.spyOn(globalThis, 'fetch')
    const { token, reason } = attack
    const error = await failure(() => verifyCompact(token, lookup, { algorithms }))
    expect(error).toBeInstanceOf(RequestError)
    expect(isMayflyError(error)).toBe(true)
    expect(error).toMatchObject({ reason, status: 401 })
    expect(fetching).not.toHaveBeenCalled()
    expectSilence(error, token)
  })

  it.each(mine.filter(({ signed }) => signed))(
    'verifyCompact, which judges signatures alone, hands on the bytes: $name',
    async (attack) => {
      const { token, options: { maxTokenLength = 12_288 } = {} } = attack
      const { payload } = await verifyCompact(token, lookup, { algorithms, maxTokenLength })
      expect(Buffer.from(payload).toString('base64url')).toBe(token.split('.')[1])
    },
  )

  it.each(mine)('a verifier refuses it, however often it comes: $name', async (attack) => {
    const fetching = vi.spyOn(globalThis, 'fetch')
    const { token, reason, claim } = attack
    const verifier = verifierFor(attack)
    for (const _ of ['once', 'again']) {
      const error = await failure(() => verifier.verify(token))
      expect(error).toBeInstanceOf(RequestError)
      expect(error).toMatchObject({ reason, status: 401, claim })
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
    expectSilence(outcome, token)
  })
})
