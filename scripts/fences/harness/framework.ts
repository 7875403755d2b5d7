import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { TokenVerifier } from '@mayfly/core'
import { createTestIssuer } from '@mayfly/testing'
import type { Harness } from '../context.ts'

interface Answer {
  readonly status: number
  readonly field: (name: string) => string | undefined
  readonly text: string
}

type Fields = Readonly<Record<string, string>>

/** Asks for order 7 with the framework's own test client. */
type Ask = (fields: Fields) => Promise<Answer>

const PATH = '/orders/7'

const documentation = createRequire(new URL('../../../docs/package.json', import.meta.url))

/** Imports what the recipes themselves import, and not another copy of it. */
async function load<Module>(name: string): Promise<Module> {
  return (await import(pathToFileURL(documentation.resolve(name)).href)) as Module
}

type FetchShaped = (request: Request, more?: unknown) => Promise<Response>

async function ofResponse(response: Response | Promise<Response>): Promise<Answer> {
  const answer = await response
  const field = (name: string): string | undefined => answer.headers.get(name) ?? undefined
  return { status: answer.status, field, text: await answer.text() }
}

function asking(headers: Fields): Request {
  return new Request(`https://api.example.com${PATH}`, { headers })
}

type SuperTest = (app: unknown) => {
  get(path: string): { set(fields: Fields): Promise<SuperTestAnswer> }
}

interface SuperTestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

async function bySuperTest(app: unknown): Promise<Ask> {
  const { default: supertest } = await load<{ default: SuperTest }>('supertest')
  return async (fields) => {
    const { status, headers, text } = await supertest(app).get(PATH).set(fields)
    return { status, field: (name) => headers[name], text }
  }
}

/** How each recipe's test client asks; the recipe is known by the name of its function. */
const CLIENTS: Readonly<Record<string, (made: never) => Ask | Promise<Ask>>> = {
  express: (app: object) => bySuperTest(app),
  koa: (app: { callback(): unknown }) => bySuperTest(app.callback()),
  next:
    ({ GET }: { GET: FetchShaped }) =>
    (fields) =>
      ofResponse(GET(asking(fields), { params: Promise.resolve({ id: '7' }) })),
  worker:
    ({ fetch }: { fetch: FetchShaped }) =>
    (fields) =>
      ofResponse(fetch(asking(fields))),
  hono:
    (app: { request(path: string, init: { headers: Fields }): Promise<Response> }) => (headers) =>
      ofResponse(app.request(PATH, { headers })),
  fastify: (app: Injectable) => async (headers) => {
    const { statusCode, headers: fields, body } = await app.inject({ url: PATH, headers })
    return { status: statusCode, field: (name) => fields[name], text: body }
  },
  nest: askNest,
}

interface Injectable {
  inject(request: { url: string; headers: Fields }): Promise<{
    readonly statusCode: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }>
}

/** Mounts the guard in an application of Nest's testing module. Decorators are called, as Node runs no others. */
async function askNest(guard: object): Promise<Ask> {
  await load('reflect-metadata')
  const { Controller, Get, Req } =
    await load<Record<'Controller' | 'Get' | 'Req', (path?: string) => (...on: unknown[]) => void>>(
      '@nestjs/common',
    )
  const { Test } = await load<{ Test: { createTestingModule(of: object): TestingModule } }>(
    '@nestjs/testing',
  )
  class Orders {
    read(request: { params: { id: string }; auth: { claims: { sub: string } } }): object {
      return { order: request.params.id, subject: request.auth.claims.sub }
    }
  }
  const method = Object.getOwnPropertyDescriptor(Orders.prototype, 'read')
  Get(':id')(Orders.prototype, 'read', method)
  Req()(Orders.prototype, 'read', 0)
  Controller('orders')(Orders)
  const module = await Test.createTestingModule({ controllers: [Orders] }).compile()
  const app = module.createNestApplication({ logger: false })
  app.useGlobalGuards(guard)
  await app.init()
  return bySuperTest(app.getHttpServer())
}

interface TestingModule {
  compile(): Promise<{
    createNestApplication(options: object): {
      useGlobalGuards(guard: object): void
      init(): Promise<void>
      getHttpServer(): unknown
    }
  }>
}

function bearer(token: string): Fields {
  return { authorization: `Bearer ${token}` }
}

/** Puts each recipe through one suite: what every framework's guard has to let through and to refuse. */
export const harness: Harness = async ({ load: loadFence }) => {
  const issuer = createTestIssuer({ audience: 'orders' })
  const verifier = new TokenVerifier({
    issuer: issuer.issuer,
    audience: 'orders',
    keys: issuer.keys,
  })
  const [[name, make] = ['', undefined]] = Object.entries(await loadFence())
  const client = CLIENTS[name]
  assert.ok(client !== undefined && typeof make === 'function', `no test client for "${name}"`)
  const ask = await client((await make(verifier)) as never)

  const claims = { sub: 'alice', scope: 'orders:read' }
  const good = await ask(bearer(issuer.mint({ claims })))
  assert.equal(good.status, 200, good.text)
  assert.deepEqual(JSON.parse(good.text), { order: '7', subject: 'alice' })

  const refusals: readonly (readonly [Fields, number, string, string | undefined])[] = [
    [{}, 401, 'token_missing', undefined],
    [{ authorization: 'Basic YTpi' }, 401, 'token_missing', undefined],
    [bearer('no token at all'), 400, 'request_invalid', 'invalid_request'],
    [bearer(issuer.mint({ claims, fault: 'expired' })), 401, 'token_expired', 'invalid_token'],
    [bearer(issuer.mint({ claims, fault: 'tampered' })), 401, 'signature_invalid', 'invalid_token'],
    [
      bearer(issuer.mint({ claims, fault: 'unsigned' })),
      401,
      'algorithm_not_allowed',
      'invalid_token',
    ],
    [
      bearer(issuer.mint({ claims, fault: 'other-audience' })),
      401,
      'audience_mismatch',
      'invalid_token',
    ],
    [
      bearer(issuer.mint({ claims: { sub: 'alice' } })),
      403,
      'insufficient_scope',
      'insufficient_scope',
    ],
  ]
  for (const [fields, status, reason, error] of refusals) {
    const answer = await ask(fields)
    assert.equal(answer.status, status, `${reason}: ${answer.text}`)
    const problem = JSON.parse(answer.text) as { status: number; reason: string }
    assert.deepEqual([problem.status, problem.reason], [status, reason])
    assert.match(answer.field('content-type') ?? '', /^application\/problem\+json/)
    assert.equal(answer.field('cache-control'), 'no-store')
    const challenge = answer.field('www-authenticate') ?? ''
    assert.match(challenge, /^Bearer realm="api"/)
    assert.equal(/error="(\w+)"/.exec(challenge)?.[1], error)
    const [, token = '-'] = (fields['authorization'] ?? '').split(' ')
    assert.ok(token.length < 9 || !(answer.text + challenge).includes(token), 'shows the token')
  }
}
