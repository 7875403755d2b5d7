import { deepEqual, equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  MemoryOneTimeGuard,
  MemoryRevocations,
  type Reason,
  type VerifierOptions,
} from '@mayfly/core'
import type { Bench, Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertRefused } from '../expectations.ts'
import { answerAuth, createTrap } from '../handlers.ts'

async function openWith<Middleware>(
  { adapter, verifier, open }: Bench<Middleware>,
  options: Partial<VerifierOptions>,
): Promise<Site> {
  const middleware = [adapter.bearerAuth(verifier(options))]
  return open({ path: '/me', middleware, handle: answerAuth })
}

function refusal(reason: Reason) {
  return { status: 401, reason, error: 'invalid_token' } as const
}

/** Spellings that decode to the same bytes as a token, in a forgiving decoder at least. */
function spellings(token: string): readonly string[] {
  return [`${token}=`, `${token}==`, `${token.slice(0, -1)}${nextCharacter(token)}`]
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function down(): never {
  throw new Error('the store at redis://user:secret@store is down')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The last character of 64 bytes has four bits that no byte uses: this sets the lowest. */
function nextCharacter(token: string): string {
  return ALPHABET[ALPHABET.indexOf(token.slice(-1)) + 1] ?? ''
}

/** Tokens that were used or revoked, and stores that are out of reach. */
export const attackStateCases: readonly CaseDefinition[] = [
  {
    name: 'attack: the same one-time token 50 times at once',
    async run(bench) {
      const { clock, issuer } = bench
      await using site = await openWith(bench, { once: new MemoryOneTimeGuard({ clock }) })
      const token = issuer.mint()
      const answers = await Promise.all(Array.from({ length: 50 }, () => site.get('/me', token)))
      equal(answers.filter(({ status }) => status === 200).length, 1)
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        assertRefused(answer, refusal('token_replayed'))
      }
    },
  },
  {
    name: 'attack: replay after a spelling change',
    async run(bench) {
      const { clock, issuer } = bench
      await using site = await openWith(bench, { once: new MemoryOneTimeGuard({ clock }) })
      const token = issuer.mint()
      equal((await site.get('/me', token)).status, 200)
      assertRefused(await site.get('/me', token), refusal('token_replayed'))
      for (const spelling of spellings(token)) {
        assertRefused(await site.get('/me', spelling), refusal('token_malformed'))
      }
    },
  },
  {
    name: 'attack: revocation keyed on a hash of another spelling',
    async run(bench) {
      const { clock, issuer } = bench
      const revocations = new MemoryRevocations({ clock })
      const revoked = new Set<string>()
      // As people do it who key on the token: a check around the verifier, by a hash of its text.
      const inner = bench.verifier({ revocations })
      const hashing = {
        checksOrigin: false,
        verify: async (token: string) => {
          const verified = await inner.verify(token)
          if (revoked.has(hash(token))) throw new Error('This one was revoked by its hash.')
          return verified
        },
      }
      const middleware = [bench.adapter.bearerAuth(hashing)]
      await using site = await bench.open({ path: '/me', middleware, handle: answerAuth })
      const token = issuer.mint({ claims: { jti: 'stolen' } })
      equal((await site.get('/me', token)).status, 200)
      revoked.add(hash(token))
      equal((await site.get('/me', token)).status, 500)
      for (const spelling of spellings(token)) {
        assertRefused(await site.get('/me', spelling), refusal('token_malformed'))
      }
      revocations.revoke('stolen', clock.now() / 1000 + 400)
      assertRefused(await site.get('/me', token), refusal('token_revoked'))
    },
  },
  {
    name: 'attack: a store that is down lets nobody in',
    async run(bench) {
      for (const options of [
        { once: { consume: down } },
        { revocations: { isRevoked: down } },
        { generations: { current: down } },
      ]) {
        const trap = createTrap()
        const middleware = [bench.adapter.bearerAuth(bench.verifier(options))]
        await using site = await bench.open({ path: '/me', middleware, handle: trap.handle })
        const token = bench.issuer.mint({ claims: { sub: 'alice', gen: 1 } })
        const answer = await site.get('/me', token)
        assertRefused(answer, { status: 503, reason: 'store_unavailable' })
        equal(answer.headers['retry-after'], '5')
        equal(answer.text.includes('secret'), false)
        equal(trap.reached, 0, 'what stands behind was reached')
        deepEqual(site.errors, [], 'an outage elsewhere is no error of the application')
      }
    },
  },
  {
    name: 'attack: a token with exp but no iat, used from the cache after exp',
    async run(bench) {
      const { clock, issuer } = bench
      await using site = await openWith(bench, { clockTolerance: 0 })
      const token = issuer.mint({ claims: { iat: undefined }, lifetime: 60 })
      for (const _ of ['checked', 'cached']) equal((await site.get('/me', token)).status, 200)
      clock.advanceSeconds(60)
      assertRefused(await site.get('/me', token), refusal('token_expired'))
    },
  },
]
