import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  BearerInjector,
  compileScopeCheck,
  denial,
  Guard,
  type RequestLike,
  RequestError,
  type VerifiedToken,
} from '@mayfly/core'
import type {
  AdapterDriver,
  AdapterExports,
  ConformanceRoute,
} from '../../src/conformance/driver.ts'

/** A request of the least framework there is: Node's own, with a place for the auth. */
export type Request = IncomingMessage & { auth?: VerifiedToken<unknown> | undefined }

/** Middleware as in Express, with promises. */
export type Middleware = (
  request: Request,
  response: ServerResponse,
  next: () => Promise<void>,
) => Promise<void>

/** An adapter over `node:http` alone. It is here to try the suite on, right and wrong. */
export const nodeAdapter: AdapterExports<Middleware> = {
  bearerAuth(verifier, options) {
    const guard = new Guard(verifier, options)
    return async function bearerAuth(request, response, next) {
      const outcome = await guard.authenticate(requestLike(request))
      if (!outcome.ok) return refuse(response, outcome.error)
      for (const [name, value] of Object.entries(outcome.headers)) addField(response, name, value)
      request.auth = outcome.auth
      await next()
    }
  },
  requireScope(...scopes) {
    const check = compileScopeCheck(scopes)
    return async function requireScope(request, response, next) {
      const refusal = check(request.auth)
      if (refusal !== undefined) return refuse(response, refusal)
      await next()
    }
  },
  injectBearer(source, options) {
    const injector = new BearerInjector(source, options)
    return async function injectBearer(request, response, next) {
      try {
        await injector.inject(request, response)
      } catch (error) {
        if (error instanceof RequestError) return refuse(response, error)
        throw error
      }
      await next()
    }
  },
  issueToken(issuer, decide) {
    return async function issueToken(_, response) {
      try {
        const options = await decide()
        if (options === undefined) {
          throw new RequestError('ERR_ISSUE_REFUSED', 'No token for this request.', {
            reason: 'issue_refused',
            status: 403,
          })
        }
        const { value, expiresAt, issuedAt } = await issuer.issue(options)
        const body = { access_token: value, token_type: 'Bearer', expires_in: expiresAt - issuedAt }
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        response.end(JSON.stringify(body))
      } catch (error) {
        if (error instanceof RequestError) return refuse(response, error)
        throw error
      }
    }
  },
  jwks(issuer) {
    return async function jwks(_, response) {
      const body = JSON.stringify(await issuer.jwks())
      const cacheControl = 'public, max-age=300'
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': cacheControl })
      response.end(body)
    }
  },
}

/** Makes a driver for an adapter of this kind. */
export function nodeDriver(adapter: AdapterExports<Middleware>): AdapterDriver<Middleware> {
  return {
    name: 'node:http',
    adapter,
    mount(routes) {
      const errors: unknown[] = []
      const server = createServer((request: Request, response) => {
        const [path] = (request.url ?? '/').split('?')
        const route = routes.find((one) => one.path === path)
        const done = route === undefined ? missing(response) : run(route, request, response)
        done.catch((error: unknown) => {
          errors.push(error)
          if (response.headersSent) response.destroy()
          else response.writeHead(500).end()
        })
      })
      return { server, errors }
    },
  }
}

async function missing(response: ServerResponse): Promise<void> {
  response.writeHead(404).end()
}

async function run(
  { middleware, handle }: ConformanceRoute<Middleware>,
  request: Request,
  response: ServerResponse,
): Promise<void> {
  const step = async (index: number): Promise<void> => {
    const current = middleware[index]
    if (current === undefined) return handle(request, response, request.auth)
    await current(request, response, () => step(index + 1))
  }
  await step(0)
}

function requestLike(request: IncomingMessage): RequestLike {
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    header: (name) => request.headersDistinct[name] ?? [],
  }
}

function refuse(response: ServerResponse, error: RequestError): void {
  const { status, headers, body } = denial(error)
  for (const [name, value] of Object.entries(headers)) addField(response, name, value)
  response.statusCode = status
  response.end(body)
}

function addField(response: ServerResponse, name: string, value: string): void {
  if (name === 'vary') response.appendHeader(name, value)
  else response.setHeader(name, value)
}
