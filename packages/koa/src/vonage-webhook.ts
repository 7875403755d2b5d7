import { denial, RequestError } from '@mayfly/core'
import {
  type VonageWebhook,
  VonageWebhookReceiver,
  type VonageWebhookReceiverOptions,
} from '@mayfly/core/vendors'
import { type Middleware, middleware, requestLike, send, type Work } from './middleware.ts'

declare module 'koa' {
  interface DefaultState {
    /** The webhook that `vonageWebhook` accepted. */
    vonage?: VonageWebhook | undefined
  }
}

/** Where body parsers keep the bytes, or the text that they were. */
interface Parsed {
  readonly rawBody?: unknown
}

/**
 * Lets signed webhooks of Vonage pass, and answers all others with a challenge and problem details.
 * The handler finds the claims on `ctx.state.vonage`, with the bytes of the body, and the parsed body
 * on `ctx.request.body`, as a parser would leave it.
 *
 * Mount it before any body parser, or have the parser keep the body as `ctx.request.rawBody`, as
 * `@koa/bodyparser` does. A GET request has its query checked instead. The query of any other is not
 * signed: do not believe it.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 *
 * @example
 * ```ts
 * import { vonageWebhook } from '@mayfly/koa'
 * import Koa from 'koa'
 *
 * export function createApp(secret: string): Koa {
 *   const app = new Koa()
 *   app.use(vonageWebhook({ secrets: { abcd1234: secret } }))
 *   app.use((ctx) => {
 *     console.log(ctx.state.vonage?.claims.application_id, ctx.state.vonage?.body)
 *     ctx.status = 200
 *   })
 *   return app
 * }
 * ```
 */
export function vonageWebhook(options: VonageWebhookReceiverOptions): Middleware {
  const receiver = new VonageWebhookReceiver(options)
  const judge: Work = async (ctx) => {
    const { rawBody = (ctx.req as Parsed).rawBody } = ctx.request as Parsed
    try {
      const webhook = await receiver.receive(requestLike(ctx), ctx.req, rawBody)
      ctx.state.vonage = webhook
      Object.assign(ctx.request, { body: webhook.body })
      return true
    } catch (error) {
      if (error instanceof RequestError) return send(ctx, denial(error))
      throw error
    }
  }
  return middleware('vonageWebhook', judge)
}
