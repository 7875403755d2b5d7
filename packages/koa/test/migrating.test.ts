import { importKey, signCompact, TokenVerifier } from '@mayfly/core'
import Koa, { type Middleware } from 'koa'
import koaJwt from 'koa-jwt'
import request from 'supertest'
import { expect, it, onTestFinished, vi } from 'vitest'
import { bearerAuth } from '../src/index.ts'
import { errorsOf, serve } from './support/serve.ts'

const names = { issuer: 'https://login.example.com/', audience: 'https://api.example.com' }
const secret = 'a secret of at least thirty-two bytes'
const key = await importKey({ secret: Buffer.from(secret, 'utf8') }, 'HS256')
const now = Math.floor(Date.now() / 1000)

async function bearer(more: object): Promise<{ authorization: string }> {
  const { issuer: iss, audience: aud } = names
  const claims = { iss, aud, sub: 'alice', iat: now, exp: now + 300, ...more }
  const bytes = new TextEncoder().encode(JSON.stringify(claims))
  return { authorization: `Bearer ${await signCompact(bytes, { typ: 'JWT' }, key)}` }
}

async function statuses(guard: Middleware): Promise<Record<string, number>> {
  const app = new Koa().use(guard).use((ctx) => {
    ctx.status = 204
  })
  errorsOf(app)
  const requests = {
    'good token': await bearer({}),
    'no token': {},
    'another scheme': { authorization: 'Basic YTpi' },
    'another audience': await bearer({ aud: 'other' }),
    'another issuer': await bearer({ iss: 'https://evil.example' }),
    expired: await bearer({ exp: now - 100 }),
    'expired a moment ago': await bearer({ exp: now - 2 }),
    'no expiry': await bearer({ exp: undefined }),
    'issued in the future': await bearer({ iat: now + 900, exp: now + 1200 }),
  }
  const server = serve(app)
  const seen: Record<string, number> = {}
  for (const [name, fields] of Object.entries(requests)) {
    seen[name] = (await request(server).get('/').set(fields)).status
  }
  return seen
}

it('Moving to bearerAuth from koa-jwt changes these answers and no others', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 })
  onTestFinished(() => void vi.useRealTimers())
  const keys = [{ algorithm: 'HS256' as const, key: { secret: Buffer.from(secret, 'utf8') } }]
  const after = await statuses(bearerAuth(new TokenVerifier({ ...names, keys })))
  const before = await statuses(koaJwt({ ...names, secret, algorithms: ['HS256'] }) as Middleware)
  expect(before).toEqual({
    ...after,
    'expired a moment ago': 401,
    'no expiry': 204,
    'issued in the future': 204,
  })
  expect(after).toEqual({
    ...Object.fromEntries(Object.keys(after).map((name) => [name, 401])),
    'good token': 204,
    'expired a moment ago': 204,
  })
})
