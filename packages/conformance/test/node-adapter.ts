import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  BearerInjector,
  denial,
  Guard,
  type RequestLike,
  RequestError,
  type VerifiedToken,
} from '@mayfly/core'
import {
  type ClaimsCheck,
  compileAuthenticationCheck,
  compileClaimsCheck,
  compileScopeCheck,
  type HttpResponse,
  issueEndpoint,
  jwksEndpoint,
  resourceMetadataEndpoint,
  sessionEndpoint,
  UpgradeGuard,
} from '@mayfly/core/adapter'
import type { AdapterExports } from '../src/driver.ts'

/** A request of the least framework there is: Node's own, with a place for the auth. */
export type Request = IncomingMessage & { auth?: VerifiedToken<unknown> | undefined }

/** Middleware as in Express, with promises. */
export type Middleware = (
  request: Request,
  response: ServerResponse,
  next: () => Promise<void>,
) => Promise<void>

/** The parts of the adapter that a test may put a fault into. */
export interface Parts {
  readonly requestLike: (request: IncomingMessage) => RequestLike
  readonly addField: (response: ServerResponse, name: string, value: string) => void
  readonly answer: (response: ServerResponse, answer: HttpResponse) => void
}

/** The parts as they should be. */
export const SOUND: Parts = {
  requestLike: (request) => ({
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    header: (name) => request.headersDistinct[name] ?? [],
    peer: () => ({ address: request.socket.remoteAddress }),
  }),
  addField(response, name, value) {
    const vary = String(response.getHeader('vary') ?? '')
    if (name !== 'vary') response.setHeader(name, value)
    else if (vary === '') response.setHeader(name, value)
    else if (!vary.includes(value)) response.setHeader(name, `${vary}, ${value}`)
  },
  answer(response, { status, headers, body }) {
    for (const [name, value] of Object.entries(headers)) SOUND.addField(response, name, value)
    response.statusCode = status
    if (body !== '') response.setHeader('content-length', Buffer.byteLength(body))
    response.end(body)
  },
}

function requirement(name: string, check: ClaimsCheck, answer: Parts['answer']): Middleware {
  const middleware: Middleware = async (request, response, next) => {
    const refusal = await check(request.auth)
    if (refusal !== undefined) return answer(response, denial(refusal))
    await next()
  }
  return Object.defineProperty(middleware, 'name', { value: name })
}

/** An adapter over `node:http` alone. It is here to try the suite on, right and wrong. */
export function createNodeAdapter(faults: Partial<Parts> = {}): AdapterExports<Middleware> {
  const { requestLike, addField, answer } = { ...SOUND, ...faults }
  return {
    bearerAuth(verifier, options) {
      const guard = new Guard(verifier, options)
      return async function bearerAuth(request, response, next) {
        const outcome = await guard.authenticate(requestLike(request))
        if (!outcome.ok) return answer(response, denial(outcome.error))
        for (const [name, value] of Object.entries(outcome.headers)) {
          if (name === 'vary' || !response.hasHeader(name)) addField(response, name, value)
        }
        request.auth = outcome.auth
        await next()
      }
    },
    requireScope: (...scopes) => requirement('requireScope', compileScopeCheck(scopes), answer),
    requireClaims: (claims) => requirement('requireClaims', compileClaimsCheck(claims), answer),
    requireAuthentication: (options) =>
      requirement('requireAuthentication', compileAuthenticationCheck(options), answer),
    injectBearer(source, options) {
      const injector = new BearerInjector(source, options)
      return async function injectBearer(request, response, next) {
        const refusal = await refusalOf(() => injector.inject(request, response))
        if (refusal !== undefined) return answer(response, denial(refusal))
        await next()
      }
    },
    issueToken(issuer, decide, options) {
      const endpoint = issueEndpoint(issuer, decide, options)
      return async function issueToken(request, response) {
        answer(response, await endpoint(requestLike(request)))
      }
    },
    jwks(issuer) {
      const endpoint = jwksEndpoint(issuer)
      return async function jwks(request, response) {
        answer(response, await endpoint(requestLike(request)))
      }
    },
    resourceMetadata(options) {
      const endpoint = resourceMetadataEndpoint(options)
      return async function resourceMetadata(request, response) {
        answer(response, await endpoint(requestLike(request)))
      }
    },
    sessionTokens(sessions, options) {
      const endpoint = sessionEndpoint(sessions, options)
      return async function sessionTokens(request, response) {
        const context = { incoming: request, address: request.socket.remoteAddress }
        answer(response, await endpoint(requestLike(request), context))
      }
    },
    upgradeAuth(verifier, options) {
      const guard = new UpgradeGuard(verifier, options)
      return function upgradeAuth(request, socket, accept) {
        guard.handle(request, socket, accept)
      }
    },
  }
}

async function refusalOf(act: () => Promise<void>): Promise<RequestError | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    if (error instanceof RequestError) return error
    throw error
  }
}
