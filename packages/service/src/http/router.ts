import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import { addressBucket } from './address.ts'
import { type Answer, writeResponse } from './answer.ts'
import type { Authenticate } from './authenticate.ts'
import { type ReadBody, requireMediaType } from './body.ts'
import type { Operation } from './operation.ts'
import { readQuery } from './parameters.ts'
import { notFound, problemResponse, ServiceProblem } from './problem.ts'
import { LimitState, type RateLimiter } from './rate-limits.ts'

/** What a router needs beside its operations. */
export interface RouterParts {
  readonly authenticate: Authenticate
  readonly limiter: RateLimiter
  readonly readBody: ReadBody
  /** What Express calls `trust proxy`. */
  readonly trustProxy: unknown
  /** What looks at each request first. */
  readonly before: readonly RequestHandler[]
  readonly onRefusal: (refusal: { readonly status: number; readonly code: string }) => void
  /** Is told what failed. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Makes an Express application out of operations. It is an application, and no router, so that it has
 * settings of its own wherever it is mounted. Methods that a path does not have are answered with 405,
 * HEAD among them: a HEAD that a GET handler answers would issue a token that nobody sees.
 */
export function createRouter(operations: readonly Operation[], parts: RouterParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  app.set('trust proxy', parts.trustProxy)
  if (parts.before.length > 0) app.use(...parts.before)
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const own = operations.filter((operation) => operation.path === path)
    app.all(path, (req, res) => {
      const operation = own.find(({ method }) => method === req.method)
      if (operation === undefined) throw methodNotAllowed(own)
      return answer(operation, { req, res, parts })
    })
  }
  app.use(() => {
    throw notFound('There is nothing at this path. See /openapi.json.')
  })
  const fail: ErrorRequestHandler = (error, req: Request, res, _next) => {
    refuse(error, { res, parts, headers: strict({ req }) })
  }
  app.use(fail)
  return app
}

interface Exchange {
  readonly req: Request
  readonly res: Response
  readonly parts: RouterParts
}

async function answer(operation: Operation, exchange: Exchange): Promise<void> {
  const { res, parts } = exchange
  const limits = new LimitState()
  const vary = operation.access === undefined ? {} : { vary: 'Authorization' }
  try {
    const result = await perform(operation, exchange, limits)
    writeResponse(res, result, { ...strict(exchange), ...vary, ...limits.headers() })
  } catch (error) {
    refuse(error, { res, parts, headers: { ...strict(exchange), ...vary, ...limits.headers() } })
  }
}

/** Over https, browsers are told to stay there (RFC 6797). */
function strict({ req }: Pick<Exchange, 'req'>): Readonly<Record<string, string>> {
  return req.secure ? { 'strict-transport-security': 'max-age=31536000' } : {}
}

async function perform(
  operation: Operation,
  { req, res, parts }: Exchange,
  limits: LimitState,
): Promise<Answer> {
  const { access, body, query = [], counted = true } = operation
  const { limiter } = parts
  if (counted) await limiter.count('address', addressBucket(req.ip), limits)
  const client = access === undefined ? undefined : await parts.authenticate(req, access)
  if (client !== undefined) await limiter.count('client', client.id, limits)
  const parameters = readQuery(req.url, query)
  let bytes = new Uint8Array()
  if (body !== undefined && (body.required || hasBody(req))) {
    requireMediaType(req, body.type)
    bytes = new Uint8Array(await parts.readBody(req, res))
  }
  return operation.handle({
    path: req.params as Readonly<Record<string, string>>,
    query: parameters,
    body: bytes,
    client,
    header: (name) => req.headersDistinct[name] ?? [],
    count: (limit, key) => limiter.count(limit, key, limits),
  })
}

function hasBody({ headers }: Request): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

function refuse(
  error: unknown,
  context: {
    readonly res: Response
    readonly headers: Readonly<Record<string, string>>
    readonly parts: RouterParts
  },
): void {
  const { status, headers, body } = problemResponse(error)
  if (status >= 500) context.parts.onFailure(error)
  context.parts.onRefusal({ status, code: body.code })
  if (context.res.headersSent) return void context.res.destroy()
  // An error of OAuth is read by clients that look for application/json alone.
  const type = 'error' in body ? 'application/json' : 'application/problem+json'
  writeResponse(
    context.res,
    { status, headers: { ...headers, 'content-type': type }, body },
    context.headers,
  )
}

function methodNotAllowed(own: readonly Operation[]): ServiceProblem {
  const allow = own.map(({ method }) => method).join(', ')
  return new ServiceProblem('ERR_METHOD', `This takes ${allow}.`, {
    status: 405,
    headers: { allow },
  })
}
