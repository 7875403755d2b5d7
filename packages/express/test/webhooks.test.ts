import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebhookAdapterDriver, webhookConformance } from '@mayfly/conformance'
import { signVonageWebhook } from '@mayfly/sandboxes'
import type express from 'express'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import * as adapter from '../src/index.ts'
import { frameworks } from './support/frameworks.ts'

type Mounting = Parameters<WebhookAdapterDriver<adapter.Middleware>['mount']>[0]

describe.each(frameworks)('vonageWebhook on %s', (name, framework) => {
  const cases = webhookConformance(createDriver(name, framework))

  it('has cases to pass', () => expect(cases.length).toBeGreaterThan(0))

  for (const { name: title, run } of cases) it(title, run)

  it.each(['none', 'before-keeping-bytes'] as const)(
    'leaves the handler the bytes as they came in, beside the parsed body: parser %s',
    async (parser) => {
      const account = { apiKey: 'abcd1234', signatureSecret: 'a signature secret' }
      const app = framework()
      for (const one of parsersOf(framework, parser)) app.use(one)
      app.use(adapter.vonageWebhook({ secrets: { abcd1234: account.signatureSecret } }))
      app.post('/', (req, res) => {
        const { rawBody } = req as { readonly rawBody?: unknown }
        res.json({
          isBuffer: Buffer.isBuffer(rawBody),
          raw: String(rawBody),
          body: req.body as unknown,
        })
      })
      const server = createServer(app)
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address() as AddressInfo
      // White space that a parser would lose, and more bytes than characters.
      const text = '{ "text" :  "Grüße 🐝" }'
      const { headers, body } = signVonageWebhook(text, account)
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })
      expect(await answer.json()).toEqual({ isBuffer: true, raw: text, body: { text: 'Grüße 🐝' } })
      server.close()
      server.closeAllConnections()
    },
  )
})

function createDriver(
  name: string,
  framework: typeof express,
): WebhookAdapterDriver<adapter.Middleware> {
  return {
    name,
    adapter,
    mount({ middleware, parser, handle }) {
      const app = framework()
      const errors: unknown[] = []
      const parsers = parsersOf(framework, parser)
      if (parser !== 'behind') for (const one of parsers) app.use(one)
      app.use(middleware)
      if (parser === 'behind') for (const one of parsers) app.use(one)
      const handler: RequestHandler = (req, res) => {
        res.json(handle({ webhook: req.vonage, body: req.body as unknown }))
      }
      app.use(handler)
      const onError: ErrorRequestHandler = (error, _req, res, _next) => {
        errors.push(error)
        res.status(500).end()
      }
      app.use(onError)
      return { server: createServer(app), errors }
    },
  }
}

function parsersOf(
  { json, urlencoded }: typeof express,
  parser: Mounting['parser'],
): RequestHandler[] {
  if (parser === 'none') return []
  const keep = (req: IncomingMessage, _res: unknown, bytes: Buffer): void => {
    Object.assign(req, { rawBody: bytes })
  }
  const options = parser === 'before-keeping-bytes' ? { verify: keep } : {}
  return [json(options), urlencoded({ extended: false, ...options })]
}
