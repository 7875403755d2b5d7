import { nodeRequest, type RequestLike } from '@mayfly/core'
import { asError, type Endpoint, type HttpResponse } from '@mayfly/core/adapter'
import type { Next, ParameterizedContext } from 'koa'

/** Koa middleware for an application of any state. */
export type Middleware = (ctx: ParameterizedContext, next: Next) => Promise<void>

/**
 * The work of a middleware for one request. It gives whether the next middleware has its turn, at once
 * where it can: a promise would cost more than the work.
 */
export type Work = (ctx: ParameterizedContext) => boolean | Promise<boolean>

/** Makes middleware whose name shows in stack traces. */
export function middleware(name: string, work: Work): Middleware {
  const handler: Middleware = (ctx, next) => {
    let passes: boolean | Promise<boolean>
    try {
      passes = work(ctx)
    } catch (error) {
      return Promise.reject(asError(error))
    }
    // Out of the try: what comes after it is not this one's to catch.
    if (passes === true) return next()
    return passes === false ? DONE : step(passes, next)
  }
  return Object.defineProperty(handler, 'name', { value: name })
}

const DONE: Promise<void> = Promise.resolve()

async function step(work: Promise<boolean>, next: Next): Promise<void> {
  const passes = await work.catch((error: unknown) => {
    throw asError(error)
  })
  if (passes) await next()
}

/** The work of an endpoint: it answers, and nothing comes after it. */
export function answerWith<Context>(
  endpoint: Endpoint<Context>,
  contextOf: (ctx: ParameterizedContext) => Context,
): Work {
  return async (ctx) => send(ctx, await endpoint(requestLike(ctx), contextOf(ctx)))
}

/** Shows the core a request of Koa. A body parser leaves the body on `ctx.request`. */
export function requestLike(ctx: ParameterizedContext): RequestLike {
  const { body } = ctx.request as { readonly body?: unknown }
  return nodeRequest(ctx.req, { url: ctx.originalUrl, body })
}

/** Sets the header fields of an answer, and adds to `Vary`. */
export function setHeaders(ctx: ParameterizedContext, headers: HttpResponse['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'vary') ctx.vary(value)
    else ctx.set(name, value)
  }
}

/** Writes a whole answer. Gives `false`: the next middleware does not have its turn. */
export function send(ctx: ParameterizedContext, { status, headers, body }: HttpResponse): false {
  ctx.status = status
  setHeaders(ctx, headers)
  ctx.body = body
  return false
}
