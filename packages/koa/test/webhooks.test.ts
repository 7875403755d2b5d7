import { createServer } from 'node:http'
import querystring from 'node:querystring'
import { text } from 'node:stream/consumers'
import { bodyParser } from '@koa/bodyparser'
import { type WebhookAdapterDriver, webhookConformance } from '@mayfly/conformance'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import * as adapter from '../src/index.ts'

/** Parses JSON, and forgets what it was made of. */
const forgetful: Koa.Middleware = async (ctx, next) => {
  ctx.request.body = JSON.parse(await text(ctx.req))
  await next()
}

/** Parses, and keeps the text where parsers for Node itself do: on the request of Node. */
const keepingBelow: Koa.Middleware = async (ctx, next) => {
  const body = await text(ctx.req)
  Object.assign(ctx.req, { rawBody: body })
  ctx.request.body = ctx.is('json') ? JSON.parse(body) : { ...querystring.parse(body) }
  await next()
}

const driver: WebhookAdapterDriver<adapter.Middleware> = {
  name: 'Koa 3',
  adapter,
  mount: (mounting) => mount(mounting, bodyParser()),
}

function mount(
  { middleware, parser, handle }: Parameters<typeof driver.mount>[0],
  keeping: Koa.Middleware,
): ReturnType<typeof driver.mount> {
  const app = new Koa()
  const errors: unknown[] = []
  app.on('error', (error: unknown) => errors.push(error))
  if (parser === 'before') app.use(forgetful)
  if (parser === 'before-keeping-bytes') app.use(keeping)
  app.use(middleware)
  if (parser === 'behind') app.use(bodyParser())
  app.use((ctx) => {
    ctx.body = handle({ webhook: ctx.state.vonage, body: ctx.request.body })
  })
  const respond = app.callback()
  return { server: createServer((req, res) => void respond(req, res)), errors }
}

describe('vonageWebhook on Koa 3', () => {
  const cases = webhookConformance(driver)

  it('has cases to pass', () => expect(cases.length).toBeGreaterThan(0))

  for (const { name, run } of cases) it(name, run)

  const below = webhookConformance({
    ...driver,
    mount: (mounting) => mount(mounting, keepingBelow),
  }).filter(({ name }) => name.includes('may keep the bytes'))

  it.each(below)('finds the bytes on the request of Node as well: $name', ({ run }) => run())

  it('has a case for that', () => expect(below).toHaveLength(1))
})
