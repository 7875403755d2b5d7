import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type {
  JwtPayload,
  TokenIssuer,
  TokenSource,
  TokenVerifier,
  VerifiedToken,
} from '@mayfly/core'
import express, { type Request, type RequestHandler } from 'express'
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

/** A program that says what its verifier's payloads look like. */
const AUGMENTED = `
import type { TokenVerifier } from '@mayfly/core'
import { bearerAuth } from '@mayfly/express'
import express from 'express'

interface Order { readonly sub: string; readonly role: 'admin' | 'clerk' }

declare module '@mayfly/express' {
  interface AuthTypes { payload: Order }
}

export function mount(verifier: TokenVerifier<Order>, plain: TokenVerifier): void {
  const app = express()
  app.get('/', bearerAuth(verifier), (req) => {
    const role: 'admin' | 'clerk' | undefined = req.auth?.payload.role
    // @ts-expect-error -- there is no such role
    const wrong: 'guest' | undefined = req.auth?.payload.role
    const issuer: string | undefined = req.auth?.claims.iss
    console.log(role, wrong, issuer)
  })
  // @ts-expect-error -- its payloads are of another type
  bearerAuth(plain)
}
`

/** A program that moves here from a library that has a type for `req.auth` of its own. */
const BESIDE = `
import type { TokenVerifier } from '@mayfly/core'
import { bearerAuth, requireScope } from '@mayfly/express'
import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'

export function mount(verifier: TokenVerifier): void {
  const ours = bearerAuth(verifier, { requestProperty: 'mayfly' })
  express().use(auth(), ours, requireScope('orders'), (req) => {
    const subject: string | undefined = ours.authOf(req)?.claims.sub
    // @ts-expect-error -- it is no number
    const wrong: number | undefined = ours.authOf(req)?.claims.sub
    console.log(subject, wrong, req.auth?.payload.sub)
  })
}
`

describe('The types of the middleware', () => {
  it('fit a route, and leave the types of its parameters alone', () => {
    const { verifier } = createApi()
    const app = express()
    app.get('/orders/:id', bearerAuth(verifier), requireScope('a'), (req, res) => {
      expectTypeOf(req.params).toEqualTypeOf<{ id: string }>()
      expectTypeOf(req.auth).toEqualTypeOf<VerifiedToken | undefined>()
      res.end()
    })
    expectTypeOf<Middleware>().toExtend<RequestHandler>()
    expectTypeOf<AuthPayload>().toEqualTypeOf<JwtPayload>()
  })

  it('tell a decision and the choice of a source what they get', () => {
    const decide = (req: Request): null => {
      expectTypeOf(req.params).toEqualTypeOf<Request['params']>()
      return null
    }
    expectTypeOf(issueToken).toBeCallableWith({} as TokenIssuer, decide)
    expectTypeOf(injectBearer).toBeCallableWith((req: Request): TokenSource => {
      expectTypeOf(req.ip).toEqualTypeOf<string | undefined>()
      return {} as TokenSource
    })
    expectTypeOf(requireScope).toBeCallableWith('a', 'b', { match: 'any' })
    // @ts-expect-error -- the options come last
    expectTypeOf(requireScope).toBeCallableWith({ match: 'any' }, 'a')
  })

  it.each([
    ['give the payload the type that the program says', AUGMENTED],
    ['live beside those of express-oauth2-jwt-bearer in one program', BESIDE],
  ])('%s', (_, program) => {
    const root = join(import.meta.dirname, '../../..')
    const folder = join(import.meta.dirname, '../node_modules/.types-test')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'augmented.ts'), program)
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
    const app = express()
    const judge: RequestHandler = (req, res) => {
      const order = orders.authOf(req)
      const partner = partners.authOf(req)
      expectTypeOf(order).toEqualTypeOf<VerifiedToken<Order> | undefined>()
      expectTypeOf(partner).toEqualTypeOf<VerifiedToken<Partner> | undefined>()
      expectTypeOf(req.auth).toEqualTypeOf<VerifiedToken | undefined>()
      res.json([order?.payload.role, partner?.payload.team, req.auth?.claims.sub])
    }
    app.get('/orders', orders, judge)
    app.get('/partners', partners, judge)
    const ask = async (
      path: string,
      fields: { readonly authorization: string },
    ): Promise<unknown> => (await request(app).get(path).set(fields).expect(200)).body
    expect(await ask('/orders', bearer({ role: 'clerk' }))).toEqual(['clerk', null, 'alice'])
    const partner = other.bearer({ sub: 'bob', team: 'a' })
    expect(await ask('/partners', partner)).toEqual([null, 'a', 'bob'])
  })
})
