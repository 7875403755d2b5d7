import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Router } from '@koa/router'
import type {
  JwtPayload,
  TokenIssuer,
  TokenSource,
  TokenVerifier,
  VerifiedToken,
} from '@mayfly/core'
import Koa, { type ParameterizedContext } from 'koa'
import request from 'supertest'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type AuthPayload,
  bearerAuth,
  injectBearer,
  issueToken,
  type Middleware,
  requireScope,
} from '../src/index.ts'
import { createApi } from './support/api.ts'
import { serve } from './support/serve.ts'

/** A program that says what its verifier's payloads look like. */
const AUGMENTED = `
import type { TokenVerifier } from '@mayfly/core'
import { bearerAuth } from '@mayfly/koa'
import Koa from 'koa'

interface Order { readonly sub: string; readonly role: 'admin' | 'clerk' }

declare module '@mayfly/koa' {
  interface AuthTypes { payload: Order }
}

export function mount(verifier: TokenVerifier<Order>, plain: TokenVerifier): void {
  new Koa().use(bearerAuth(verifier)).use((ctx) => {
    const role: 'admin' | 'clerk' | undefined = ctx.state.auth?.payload.role
    // @ts-expect-error -- there is no such role
    const wrong: 'guest' | undefined = ctx.state.auth?.payload.role
    const issuer: string | undefined = ctx.state.auth?.claims.iss
    console.log(role, wrong, issuer)
  })
  // @ts-expect-error -- its payloads are of another type
  bearerAuth(plain)
}
`

describe('The types of the middleware', () => {
  it('fit an application, a router, and an application with a state of its own', () => {
    const { verifier } = createApi()
    new Koa().use(bearerAuth(verifier)).use((ctx) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<VerifiedToken | undefined>()
    })
    new Router().get('/orders/:id', bearerAuth(verifier), requireScope('a'), (ctx) => {
      expectTypeOf(ctx.state.auth).toEqualTypeOf<VerifiedToken | undefined>()
    })
    interface State extends Koa.DefaultState {
      session: { readonly user: string }
    }
    new Koa<State>().use(bearerAuth(verifier)).use((ctx) => {
      expectTypeOf(ctx.state.session.user).toEqualTypeOf<string>()
      expectTypeOf(ctx.state.auth).toEqualTypeOf<VerifiedToken | undefined>()
    })
    expectTypeOf<Middleware>().toExtend<Koa.Middleware>()
    expectTypeOf<AuthPayload>().toEqualTypeOf<JwtPayload>()
  })

  it('tell a decision and the choice of a source what they get', () => {
    expectTypeOf(issueToken).toBeCallableWith({} as TokenIssuer, (ctx: ParameterizedContext) => {
      expectTypeOf(ctx.ip).toEqualTypeOf<string>()
      return null
    })
    expectTypeOf(injectBearer).toBeCallableWith((ctx: ParameterizedContext): TokenSource => {
      expectTypeOf(ctx.hostname).toEqualTypeOf<string>()
      return {} as TokenSource
    })
    expectTypeOf(requireScope).toBeCallableWith('a', 'b', { match: 'any' })
    // @ts-expect-error -- the options come last
    expectTypeOf(requireScope).toBeCallableWith({ match: 'any' }, 'a')
  })

  it('give the payload the type that the program says', () => {
    const root = join(import.meta.dirname, '../../..')
    const folder = join(import.meta.dirname, '../node_modules/.types-test')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'augmented.ts'), AUGMENTED)
    const config = { extends: join(root, 'tsconfig.tests.json'), include: ['augmented.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, references: [] }))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', folder], {
      encoding: 'utf8',
    })
    expect([stdout, status]).toEqual(['', 0])
  })

  it('give each of several verifiers the type of its own payloads', async () => {
    interface Order {
      readonly role: 'admin' | 'clerk'
    }
    interface Partner {
      readonly team: string
    }
    const { verifier, bearer } = createApi()
    const other = createApi()
    const orders = bearerAuth(verifier as unknown as TokenVerifier<Order>)
    const partners = bearerAuth(other.verifier as unknown as TokenVerifier<Partner>)
    const judge = (ctx: ParameterizedContext): void => {
      const order = orders.authOf(ctx)
      const partner = partners.authOf(ctx)
      expectTypeOf(order).toEqualTypeOf<VerifiedToken<Order> | undefined>()
      expectTypeOf(partner).toEqualTypeOf<VerifiedToken<Partner> | undefined>()
      ctx.body = [order?.payload.role, partner?.payload.team, ctx.state.auth?.claims.sub]
    }
    const router = new Router()
    router.get('/orders', orders, judge).get('/partners', partners, judge)
    const server = serve(new Koa().use(router.routes()))
    const ask = async (
      path: string,
      fields: { readonly authorization: string },
    ): Promise<unknown> => (await request(server).get(path).set(fields).expect(200)).body
    expect(await ask('/orders', bearer({ role: 'clerk' }))).toEqual(['clerk', null, 'alice'])
    const partner = other.bearer({ sub: 'bob', team: 'a' })
    expect(await ask('/partners', partner)).toEqual([null, 'a', 'bob'])
  })
})
