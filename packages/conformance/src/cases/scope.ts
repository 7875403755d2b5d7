import { deepEqual, equal } from 'node:assert/strict'
import type { Bench, Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertRefused, parseChallenge } from '../expectations.ts'
import { answerAuth, createTrap } from '../handlers.ts'

async function openScoped<Middleware>(bench: Bench<Middleware>, optional = false): Promise<Site> {
  const { adapter, verifier, open } = bench
  const guard = adapter.bearerAuth(verifier(), { optional })
  const middleware = [guard, adapter.requireScope('orders:read', 'orders:write')]
  return open({ path: '/orders', middleware, handle: answerAuth })
}

/** What a token may be used for. */
export const scopeCases: readonly CaseDefinition[] = [
  {
    name: 'requireScope lets a token pass that has every scope',
    async run(bench) {
      await using site = await openScoped(bench)
      for (const scope of ['orders:write x orders:read', 'orders:read  orders:write']) {
        const token = bench.issuer.mint({ claims: { scope } })
        equal((await site.get('/orders', token)).status, 200)
      }
      const scp = ['orders:read', 'orders:write']
      equal((await site.get('/orders', bench.issuer.mint({ claims: { scp } }))).status, 200)
    },
  },
  {
    name: 'requireScope answers 403 and names the scopes where one is missing',
    async run(bench) {
      await using site = await openScoped(bench)
      const refusal = {
        status: 403,
        reason: 'insufficient_scope',
        error: 'insufficient_scope',
      } as const
      const lacking = [
        undefined,
        '',
        'orders:read',
        'orders',
        'orders:read orders:writ',
        ['orders:read orders:write'],
        7,
      ]
      for (const scope of lacking) {
        const answer = await site.get('/orders', bench.issuer.mint({ claims: { scope } }))
        assertRefused(answer, refusal)
        const { params } = parseChallenge(answer.headers['www-authenticate'] ?? '')
        equal(params['scope'], 'orders:read orders:write')
      }
    },
  },
  {
    name: 'requireScope answers 401 where nobody has said who it is',
    async run(bench) {
      const missing = { status: 401, reason: 'token_missing', error: null } as const
      await using optional = await openScoped(bench, true)
      assertRefused(await optional.get('/orders'), missing)
    },
  },
  {
    name: 'requireScope lets nobody pass where no bearerAuth stands before it',
    async run({ adapter, issuer, open }) {
      const trap = createTrap()
      const middleware = [adapter.requireScope('a')]
      await using site = await open({ path: '/x', middleware, handle: trap.handle })
      const { status } = await site.get('/x', issuer.mint({ claims: { scope: 'a' } }))
      // Forgetting it is a mistake of the program's, so an error that says so is as good as a 401.
      if (status !== 401) deepEqual([status, site.errors.length], [500, 1])
      equal(trap.reached, 0, 'what stands behind was reached')
    },
  },
]
