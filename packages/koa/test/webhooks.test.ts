import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { bodyParser } from '@koa/bodyparser'
import { type WebhookAdapterDriver, webhookConformance } from '@mayfly/testing'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import * as adapter from '../src/index.ts'

/** Parses JSON, and forgets what it was made of. */
const forgetful: Koa.Middleware = async (ctx, next) => {
  ctx.request.body = JSON.parse(await text(ctx.req))
  await next()
}

const driver: WebhookAdapterDriver<adapter.Middleware> = {
  name: 'Koa 3',
  adapter,
  mount({ middleware, parser, handle }) {
    const app = new Koa()
    const errors: unknown[] = []
    app.on('error', (error: unknown) => errors.push(error))
    if (parser === 'before') app.use(forgetful)
    if (parser === 'before-keeping-bytes') app.use(bodyParser())
    app.use(middleware)
    if (parser === 'behind') app.use(bodyParser())
    app.use((ctx) => {
      ctx.body = handle({ webhook: ctx.state.vonage, body: ctx.request.body })
    })
    const respond = app.callback()
    return { server: createServer((req, res) => void respond(req, res)), errors }
  },
}

describe('vonageWebhook on Koa 3', () => {
  const cases = webhookConformance(driver)

  it('has cases to pass', () => expect(cases.length).toBeGreaterThan(0))

  for (const { name, run } of cases) it(name, run)
})
