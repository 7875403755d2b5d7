import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { denial, nodeRequest, RequestError } from '@mayfly/core'
import { type VonageWebhook, VonageWebhookReceiver } from '@mayfly/core/vendors'
import type { WebhookAdapterDriver, WebhookAdapterExports } from '../src/webhooks/driver.ts'

/** A request of the least framework there is, with places for what is made of it. */
export type Request = IncomingMessage & {
  rawBody?: unknown
  body?: unknown
  webhook?: VonageWebhook
}

/** Middleware that says whether the next one has its turn. */
export type Middleware = (request: Request, response: ServerResponse) => Promise<boolean>

/** The parts of the adapter that a test may put a fault into. */
export interface Parts {
  readonly receive: (receiver: VonageWebhookReceiver, request: Request) => Promise<VonageWebhook>
  readonly keep: (request: Request, webhook: VonageWebhook) => void
  readonly refuse: (response: ServerResponse, error: unknown) => boolean
}

/** The parts as they should be. */
export const SOUND: Parts = {
  receive: (receiver, request) =>
    receiver.receive(nodeRequest(request, { body: request.body }), request, request.rawBody),
  keep(request, webhook) {
    request.webhook = webhook
    request.body = webhook.body
  },
  refuse(response, error) {
    if (!(error instanceof RequestError)) throw error
    const { status, headers, body } = denial(error)
    response.writeHead(status, headers).end(body)
    return false
  },
}

/** A webhook adapter over `node:http` alone. It is here to try the suite on, right and wrong. */
export function createNodeWebhooks(faults: Partial<Parts> = {}): WebhookAdapterExports<Middleware> {
  const { receive, keep, refuse } = { ...SOUND, ...faults }
  return {
    vonageWebhook(options) {
      const receiver = new VonageWebhookReceiver(options)
      return async function vonageWebhook(request, response) {
        try {
          keep(request, await receive(receiver, request))
          return true
        } catch (error) {
          return refuse(response, error)
        }
      }
    },
  }
}

/** Makes a driver for a webhook adapter over `node:http`. */
export function nodeWebhookDriver(
  adapter: WebhookAdapterExports<Middleware>,
): WebhookAdapterDriver<Middleware> {
  return {
    name: 'node:http',
    adapter,
    mount({ middleware, parser, handle }) {
      const errors: unknown[] = []
      const serve = async (request: Request, response: ServerResponse): Promise<void> => {
        if (parser.startsWith('before')) await parse(request, parser === 'before-keeping-bytes')
        if (!(await middleware(request, response))) return
        if (parser === 'behind' && request.body === undefined) await parse(request, false)
        const { webhook, body } = request
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(handle({ webhook, body })))
      }
      const server = createServer((request, response) => {
        serve(request, response).catch((error: unknown) => {
          errors.push(error)
          response.writeHead(500).end()
        })
      })
      return { server, errors }
    },
  }
}

async function parse(request: Request, keepsBytes: boolean): Promise<void> {
  const bytes = await buffer(request)
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  const text = bytes.toString()
  request.body = isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text || '{}')
  if (keepsBytes) Object.assign(request, { rawBody: bytes })
}
