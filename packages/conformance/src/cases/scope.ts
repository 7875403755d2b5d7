import { deepEqual, equal } from 'node:assert/strict'
import type { ClaimsRequirement } from '@mayfly/core/adapter'
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
      const written = ['orders:write x orders:read', 'orders:read  orders:write']
      for (const scope of [...written, ['orders:write', 'orders:read']]) {
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
        [],
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
    name: 'bearerAuth refuses rights of a wrong type, and never takes them for none',
    async run(bench) {
      await using site = await openScoped(bench)
      const refusal = { status: 401, reason: 'claim_invalid', error: 'invalid_token' } as const
      for (const scope of [7, null, { 'orders:read': true }, ['orders:read', 7]]) {
        const answer = await site.get('/orders', bench.issuer.mint({ claims: { scope } }))
        assertRefused(answer, refusal)
      }
    },
  },
  {
    name: 'requireScope goes by the claims that the verifier is told',
    async run(bench) {
      const { adapter, verifier, open, issuer } = bench
      const scopeClaims = ['permissions', 'realm_access.roles']
      const guard = adapter.bearerAuth(verifier({ scopeClaims }))
      const middleware = [guard, adapter.requireScope('orders:read', 'auditor')]
      await using site = await open({ path: '/orders', middleware, handle: answerAuth })
      const permissions = ['orders:read']
      const realm_access = { roles: ['auditor'] }
      const good = issuer.mint({ claims: { permissions, realm_access } })
      equal((await site.get('/orders', good)).status, 200)
      const other = issuer.mint({ claims: { permissions, scope: 'auditor' } })
      assertRefused(await site.get('/orders', other), {
        status: 403,
        reason: 'insufficient_scope',
        error: 'insufficient_scope',
      })
    },
  },
  {
    name: 'requireClaims lets a token pass that says what is asked for, and answers 403 to others',
    async run(bench) {
      const { adapter, verifier, open, issuer } = bench
      const wanted: readonly ClaimsRequirement[] = [
        { permissions: 'orders:read' },
        { permissions: ['orders:read', 'orders:write'], plan: 'gold' },
        { 'realm_access.roles': 'auditor' },
        ({ plan }) => plan === 'gold',
        async ({ plan }) => Promise.resolve(plan === 'gold'),
      ]
      const routes = wanted.map((claims, index) => ({
        path: `/${index}`,
        middleware: [adapter.bearerAuth(verifier()), adapter.requireClaims(claims)],
        handle: answerAuth,
      }))
      await using site = await open(...routes)
      const good = issuer.mint({
        claims: {
          permissions: ['orders:write', 'orders:read'],
          plan: 'gold',
          realm_access: { roles: ['auditor'] },
        },
      })
      const bad = issuer.mint({
        claims: {
          permissions: 'orders:readx orders:read',
          plan: ['golden'],
          realm_access: { roles: 'audit' },
        },
      })
      for (const { path } of routes) {
        equal((await site.get(path, good)).status, 200, path)
        for (const token of [bad, issuer.mint()]) {
          assertRefused(await site.get(path, token), {
            status: 403,
            reason: 'claims_insufficient',
            error: 'insufficient_scope',
          })
        }
      }
      deepEqual(site.errors, [], 'a token without rights is no error of the application')
    },
  },
  {
    name: 'requireClaims takes nothing but true for leave to go on',
    async run(bench) {
      const { adapter, verifier, open, issuer } = bench
      const trap = createTrap()
      const answers: readonly unknown[] = [undefined, null, 1, 'yes', {}, Promise.resolve('yes')]
      const routes = answers.map((answer, index) => ({
        path: `/${index}`,
        middleware: [
          adapter.bearerAuth(verifier()),
          adapter.requireClaims((() => answer) as () => boolean),
        ],
        handle: trap.handle,
      }))
      await using site = await open(...routes)
      for (const { path } of routes) equal((await site.get(path, issuer.mint())).status, 403, path)
      equal(trap.reached, 0, 'what stands behind was reached')
    },
  },
  {
    name: 'requireClaims answers 401 where nobody has said who it is, and passes on what is thrown',
    async run(bench) {
      const { adapter, verifier, open, issuer } = bench
      const guard = adapter.bearerAuth(verifier(), { optional: true })
      const throwing = adapter.requireClaims(() => {
        throw new Error('a mistake of the application')
      })
      await using site = await open({
        path: '/x',
        middleware: [guard, throwing],
        handle: answerAuth,
      })
      assertRefused(await site.get('/x'), { status: 401, reason: 'token_missing', error: null })
      equal((await site.get('/x', issuer.mint())).status, 500)
      equal(site.errors.length, 1)
    },
  },
  {
    name: 'requireAuthentication asks for another login, or a newer one, by RFC 9470',
    async run(bench) {
      const { adapter, verifier, open, issuer, clock } = bench
      const middleware = [
        adapter.bearerAuth(verifier()),
        adapter.requireAuthentication({ acrValues: ['mfa', 'phr'], maxAge: 300, clock }),
      ]
      await using site = await open({ path: '/pay', middleware, handle: answerAuth })
      const now = clock.now() / 1000
      const mint = (acr: unknown, auth_time: unknown) => issuer.mint({ claims: { acr, auth_time } })
      for (const acr of ['mfa', 'phr'])
        equal((await site.get('/pay', mint(acr, now - 300))).status, 200)
      const lacking = [
        [undefined, now],
        ['pwd', now],
        [['mfa'], now],
        ['mfa', undefined],
        ['mfa', String(now)],
        ['mfa', now - 305],
        ['mfa', now * 1000],
      ]
      for (const [acr, time] of lacking) {
        const answer = await site.get('/pay', mint(acr, time))
        const error = 'insufficient_user_authentication'
        assertRefused(answer, { status: 401, reason: error, error })
        const { params } = parseChallenge(answer.headers['www-authenticate'] ?? '')
        deepEqual([params['acr_values'], params['max_age']], ['mfa phr', '300'])
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
      const checks = [
        adapter.requireScope('a'),
        adapter.requireClaims({ scope: 'a' }),
        adapter.requireAuthentication({ maxAge: 60 }),
      ]
      for (const check of checks) {
        const trap = createTrap()
        await using site = await open({ path: '/x', middleware: [check], handle: trap.handle })
        const { status } = await site.get('/x', issuer.mint({ claims: { scope: 'a' } }))
        // Forgetting it is a mistake of the program's, so an error that says so is as good as a 401.
        if (status !== 401) deepEqual([status, site.errors.length], [500, 1])
        equal(trap.reached, 0, 'what stands behind was reached')
      }
    },
  },
]
