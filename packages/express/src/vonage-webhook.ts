import { denial, RequestError } from '@mayfly/core'
import {
  type VonageWebhook,
  VonageWebhookReceiver,
  type VonageWebhookReceiverOptions,
} from '@mayfly/core/vendors'
import type { Request } from 'express'
import { type Middleware, middleware, requestLike, send, type Work } from './middleware.ts'

declare global {
  namespace Express {
    interface Request {
      /** The webhook that `vonageWebhook` accepted. */
      vonage?: VonageWebhook | undefined
    }
  }
}

/** A request of which a body parser has kept the bytes. */
type Parsed = Request & { readonly rawBody?: unknown }

/**
 * Lets signed webhooks of Vonage pass, and answers all others with a challenge and problem details.
 * The handler finds the claims on `req.vonage`, the parsed body on `req.body`, as a parser would leave
 * it, and its bytes on `req.rawBody`.
 *
 * Mount it before any body parser, or have the parser keep the bytes as `req.rawBody`. A GET request
 * has its query checked instead. The query of any other is not signed: do not believe it.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 *
 * @example
 * ```ts
 * import { vonageWebhook } from '@mayfly/express'
 * import express, { type Express } from 'express'
 *
 * export function createApp(secret: string): Express {
 *   const app = express()
 *   const verify = vonageWebhook({ secrets: { abcd1234: secret } })
 *   app.post('/webhooks/inbound', verify, (req, res) => {
 *     console.log(req.vonage?.claims.application_id, req.body)
 *     res.end()
 *   })
 *   return app.use(express.json())
 * }
 * ```
 */
export function vonageWebhook(options: VonageWebhookReceiverOptions): Middleware {
  const receiver = new VonageWebhookReceiver(options)
  const judge: Work = async (req: Parsed, res) => {
    try {
      const webhook = await receiver.receive(requestLike(req), req, req.rawBody)
      const { buffer, byteOffset, byteLength } = webhook.rawBody
      Object.assign(req, {
        vonage: webhook,
        rawBody: Buffer.from(buffer, byteOffset, byteLength),
        body: webhook.body,
        // The parser of Express 4 would wait for the end of what has ended.
        _body: true,
      })
      return true
    } catch (error) {
      if (error instanceof RequestError) return send(res, denial(error))
      throw error
    }
  }
  return middleware('vonageWebhook', judge)
}
