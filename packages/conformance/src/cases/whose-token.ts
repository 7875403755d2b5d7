import { deepEqual, equal } from 'node:assert/strict'
import type { Reason, VerifierOptions } from '@mayfly/core'
import type { MintOptions } from '@mayfly/testing'
import type { CaseDefinition } from '../define.ts'
import { assertRefused } from '../expectations.ts'
import { answerAuth } from '../handlers.ts'

/** Tokens for one guard: those that it takes, and those that it refuses with a reason. */
interface Tokens {
  readonly name: string
  readonly options?: Partial<VerifierOptions>
  readonly good: readonly MintOptions[]
  readonly bad: readonly (readonly [MintOptions, Reason])[]
}

const THUMBPRINT = 'A'.repeat(43)
const typed = (typ: unknown): MintOptions => ({ header: { typ } })
const says = (claims: MintOptions['claims']): MintOptions => ({ claims: claims ?? {} })

const TABLE: readonly Tokens[] = [
  {
    name: 'bearerAuth refuses a token whose typ is that of another purpose, however it is spelt',
    good: [typed(undefined), typed('JWT'), typed('jwt'), typed('application/at+JWT')],
    bad: [
      'logout+jwt',
      'application/logout+jwt',
      'LOGOUT+JWT',
      'dpop+jwt',
      'token-introspection+jwt',
      'secevent+jwt',
    ].map((typ) => [typed(typ), 'type_mismatch']),
  },
  {
    name: 'bearerAuth refuses a token that is bound to what nobody checks',
    options: { ignoreConfirmation: ['x5t#S256'] },
    good: [says({ cnf: { 'x5t#S256': THUMBPRINT } })],
    bad: [
      [says({ cnf: { jkt: THUMBPRINT } }), 'key_unproven'],
      [says({ cnf: { jwk: {} } }), 'key_unproven'],
      [says({ cnf: { kid: 'k1', 'x5t#S256': THUMBPRINT } }), 'key_unproven'],
    ],
  },
  {
    name: 'bearerAuth goes by the client of a token without an audience',
    options: { audience: null, clientIds: ['shop'] },
    good: ['azp', 'client_id', 'cid', 'appid'].map((claim) =>
      says({ aud: undefined, [claim]: 'shop' }),
    ),
    bad: [
      [says({ aud: undefined }), 'claim_missing'],
      [says({ aud: undefined, azp: 'other' }), 'client_mismatch'],
      [says({ aud: undefined, azp: 'shop', cid: 'other' }), 'client_mismatch'],
      [says({ aud: undefined, azp: ['shop'] }), 'claim_invalid'],
    ],
  },
  {
    name: 'bearerAuth takes the dates that issuers send',
    good: [says({ nbf: 0 }), says({ exp: 253_402_300_799 })],
    bad: [
      [says({ exp: 0 }), 'claim_invalid'],
      [says({ exp: 4_000_000_000_000 }), 'claim_invalid'],
      [says({ nbf: '0' }), 'claim_invalid'],
    ],
  },
  {
    name: 'bearerAuth takes numbers as ids where it is told to',
    options: { allowNumericIds: true },
    good: [says({ sub: 7 }), says({ jti: 0 })],
    bad: [[says({ sub: 7.5 }), 'claim_invalid']],
  },
  {
    name: 'bearerAuth refuses an integer that JavaScript would change',
    good: [says({ tenant: Number.MAX_SAFE_INTEGER })],
    bad: [[says({ tenant: 2 ** 60 }), 'claim_invalid']],
  },
]

/** Whose token it is, and what for. */
export const whoseTokenCases: readonly CaseDefinition[] = [
  ...TABLE.map(
    ({ name, options, good, bad }): CaseDefinition => ({
      name,
      async run({ adapter, verifier, open, issuer }) {
        const middleware = [adapter.bearerAuth(verifier(options))]
        await using site = await open({ path: '/me', middleware, handle: answerAuth })
        for (const one of good) {
          equal((await site.get('/me', issuer.mint(one))).status, 200, JSON.stringify(one))
        }
        for (const [one, reason] of bad) {
          const answer = await site.get('/me', issuer.mint(one))
          assertRefused(answer, { status: 401, reason, error: 'invalid_token' })
        }
        deepEqual(site.errors, [])
      },
    }),
  ),
  {
    name: 'bearerAuth lets a clock be a minute ahead, and no token be older than maxTokenAge',
    async run({ adapter, verifier, open, issuer, clock }) {
      const middleware = [adapter.bearerAuth(verifier({ maxTokenAge: 60 }))]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      const now = clock.now() / 1000
      const issuedAt = (iat: number) => site.get('/me', issuer.mint({ claims: { iat } }))
      for (const iat of [now + 60, now - 64]) equal((await issuedAt(iat)).status, 200)
      const error = 'invalid_token'
      assertRefused(await issuedAt(now - 65), { status: 401, reason: 'token_too_old', error })
      assertRefused(await issuedAt(now + 61), { status: 401, reason: 'token_not_yet_valid', error })
    },
  },
]
