import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { once } from 'node:events'
import { createAccessToken, isMayflyError, TokenIssuer, type TokenSource } from '@mayfly/core'
import { bearer, type Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { createGate, type Gate } from '../gate.ts'
import { answerAuth, answerRequest, createTrap } from '../handlers.ts'

function sourceOf(getToken: TokenSource['getToken']): TokenSource {
  return { id: 'conformance', origins: ['https://upstream.example'], getToken }
}

function isOptionError(error: unknown): boolean {
  return error instanceof TypeError && isMayflyError(error)
}

/** How the middleware gets on with the framework that it is mounted in. */
export const frameworkCases: readonly CaseDefinition[] = [
  {
    name: 'every middleware is a function that bears the name of its export',
    async run({ adapter, verifier, open }) {
      const issuer = new TokenIssuer({ issuer: 'https://issuer.example' })
      const source = sourceOf(() => Promise.reject(new Error('not asked')))
      const named = {
        bearerAuth: adapter.bearerAuth(verifier()),
        requireScope: adapter.requireScope('a'),
        requireClaims: adapter.requireClaims({ a: 'b' }),
        requireAuthentication: adapter.requireAuthentication({ maxAge: 60 }),
        injectBearer: adapter.injectBearer(source),
        issueToken: adapter.issueToken(issuer, () => undefined),
        jwks: adapter.jwks(issuer),
        resourceMetadata: adapter.resourceMetadata({ resource: 'https://api.example.com' }),
      }
      for (const [name, middleware] of Object.entries(named)) {
        equal(typeof middleware, 'function')
        equal((middleware as { readonly name?: string }).name, name)
      }
      equal((adapter.upgradeAuth(verifier()) as { readonly name?: string }).name, 'upgradeAuth')
      await using site = await open()
      equal((await site.get('/nothing')).status, 404)
    },
  },
  {
    name: 'unsound options are refused when the middleware is made, not at the first request',
    async run({ adapter, verifier }) {
      const misspelt: object = { optinal: true }
      const nowhere = { ...sourceOf(() => Promise.reject(new Error())), origins: [] }
      throws(() => adapter.bearerAuth(verifier(), misspelt), isOptionError)
      throws(() => adapter.requireScope(), isOptionError)
      throws(() => adapter.requireScope('two scopes'), isOptionError)
      throws(() => adapter.injectBearer(nowhere), isOptionError)
      throws(() => adapter.resourceMetadata({ resource: 'not a URL' }), isOptionError)
      throws(() => adapter.upgradeAuth(verifier(), misspelt), isOptionError)
    },
  },
  {
    name: "an error of what stands behind goes to the framework's own handling",
    async run({ adapter, verifier, issuer, open }) {
      const [thrown, rejected] = [new Error('thrown behind'), new Error('rejected behind')]
      const middleware = [adapter.bearerAuth(verifier())]
      await using site = await open(
        {
          path: '/throws',
          middleware,
          handle: () => {
            throw thrown
          },
        },
        { path: '/rejects', middleware, handle: () => Promise.reject(rejected) },
      )
      for (const path of ['/throws', '/rejects']) {
        equal((await site.get(path, issuer.mint())).status, 500)
      }
      equal(site.errors.length, 2)
      ok(
        site.errors[0] === thrown && site.errors[1] === rejected,
        'the errors are the same objects',
      )
    },
  },
  {
    name: "an unexpected error of a verifier goes to the framework's own handling",
    async run({ adapter, issuer, open }) {
      const failure = new Error('the verifier is broken')
      const broken = { checksOrigin: false, verify: () => Promise.reject(failure) }
      const trap = createTrap()
      const middleware = [adapter.bearerAuth(broken)]
      await using site = await open({ path: '/me', middleware, handle: trap.handle })
      equal((await site.get('/me', issuer.mint())).status, 500)
      ok(site.errors.length === 1 && site.errors[0] === failure)
      equal(trap.reached, 0, 'what stands behind was reached')
    },
  },
  {
    name: 'a caller who goes away while a token is verified harms nobody',
    async run({ adapter, verifier, issuer, open }) {
      const gate = createGate()
      const inner = verifier()
      const slow = {
        checksOrigin: false,
        verify: async (token: string) => {
          await gate.pass()
          return inner.verify(token)
        },
      }
      const middleware = [adapter.bearerAuth(slow)]
      await using site = await open({ path: '/me', middleware, handle: answerAuth })
      await leaveWhileWaiting(site, gate, issuer.mint())
      equal((await site.get('/me', issuer.mint())).status, 200)
      deepEqual(site.errors, [])
    },
  },
  {
    name: 'a caller who goes away while a token is fetched harms nobody',
    async run({ adapter, open }) {
      const gate = createGate()
      const token = createAccessToken({
        value: 'fetched',
        issuedAt: 1,
        expiresAt: 2,
        origins: ['https://upstream.example'],
      })
      const source = sourceOf(async () => {
        await gate.pass()
        return token
      })
      const middleware = [adapter.injectBearer(source)]
      await using site = await open({ path: '/me', middleware, handle: answerRequest })
      await leaveWhileWaiting(site, gate, 'callers-own')
      equal((await site.get('/me')).status, 200)
      deepEqual(site.errors, [])
    },
  },
]

async function leaveWhileWaiting(site: Site, gate: Gate, token: string): Promise<void> {
  const closed = once(site.server, 'request').then(([, response]) => once(response, 'close'))
  const leaving = new AbortController()
  const request = { fields: bearer(token), signal: leaving.signal }
  const abandoned = site.send('/me', request).then(
    () => 'answered',
    () => 'abandoned',
  )
  await gate.reached
  leaving.abort()
  equal(await abandoned, 'abandoned')
  await closed
  gate.open()
}
