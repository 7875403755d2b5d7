import type { IncomingMessage, ServerResponse } from 'node:http'
import { nodeRequest, type RequestLike } from '@mayfly/core'
import { asError, type Endpoint, type HttpResponse } from '@mayfly/core/adapter'
import type { Request, Response } from 'express'

/**
 * Express middleware, typed by what Node gives it: so it fits a route of any parameters, in Express 4
 * and 5.
 */
export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * The work of a middleware for one request. It gives whether the next middleware has its turn, at once
 * where it can: a promise would cost more than the work.
 */
export type Work = (req: Request, res: Response) => boolean | Promise<boolean>

/** Makes middleware whose name shows in stack traces. */
export function middleware(name: string, work: Work): Middleware {
  const handler: Middleware = (req, res, next) => {
    let passes: boolean | Promise<boolean>
    try {
      passes = work(req as Request, res as Response)
    } catch (error) {
      next(asError(error))
      return
    }
    // Out of the try: what comes after it is not this one's to catch.
    if (passes === true) next()
    else if (passes !== false) void step(passes, next)
  }
  return Object.defineProperty(handler, 'name', { value: name })
}

// Express 4 does not look at promises, so errors are handed on by hand.
async function step(work: Promise<boolean>, next: (error?: unknown) => void): Promise<void> {
  let passes: boolean
  try {
    passes = await work
  } catch (error) {
    next(asError(error))
    return
  }
  if (passes) next()
}

/** The work of an endpoint: it answers, and nothing comes after it. */
export function answerWith<Context>(
  endpoint: Endpoint<Context>,
  contextOf: (req: Request) => Context,
): Work {
  return async (req, res) => send(res, await endpoint(requestLike(req), contextOf(req)))
}

/** Shows the core a request of Express. */
export function requestLike(req: Request): RequestLike {
  return nodeRequest(req, { url: req.originalUrl, body: req.body as unknown })
}

/** Sets the header fields of an answer, and adds to `Vary`. */
export function setHeaders(res: Response, headers: HttpResponse['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'vary') res.vary(value)
    else res.setHeader(name, value)
  }
}

/** Writes a whole answer. Gives `false`: the next middleware does not have its turn. */
export function send(res: Response, { status, headers, body }: HttpResponse): false {
  setHeaders(res, headers)
  if (body !== '') res.setHeader('content-length', Buffer.byteLength(body))
  res.status(status).end(body)
  return false
}
