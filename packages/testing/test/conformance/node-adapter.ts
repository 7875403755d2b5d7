import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  BearerInjector,
  compileScopeCheck,
  denial,
  Guard,
  type RequestLike,
  RequestError,
  type VerifiedToken,
} from '@mayfly/core'
import type { AdapterExports } from '../../src/conformance/driver.ts'

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
  readonly refuse: (response: ServerResponse, error: RequestError) => void
  readonly addField: (response: ServerResponse, name: string, value: string) => void
  readonly issued: Readonly<Record<string, string>>
  readonly published: Readonly<Record<string, string>>
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** The parts as they should be. */
export const SOUND: Parts = {
  requestLike: (request) => ({
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    header: (name) => request.headersDistinct[name] ?? [],
  }),
  refuse(response, error) {
    const { status, headers, body } = denial(error)
    for (const [name, value] of Object.entries(headers)) SOUND.addField(response, name, value)
    response.statusCode = status
    response.end(body)
  },
  addField(response, name, value) {
    const vary = String(response.getHeader('vary') ?? '')
    if (name !== 'vary') response.setHeader(name, value)
    else if (vary === '') response.setHeader(name, value)
    else if (!vary.includes(value)) response.setHeader(name, `${vary}, ${value}`)
  },
  issued: { ...JSON_TYPE, 'cache-control': 'no-store' },
  published: { ...JSON_TYPE, 'cache-control': 'public, max-age=300' },
}

/** An adapter over `node:http` alone. It is here to try the suite on, right and wrong. */
export function createNodeAdapter(faults: Partial<Parts> = {}): AdapterExports<Middleware> {
  const { requestLike, refuse, addField, issued, published } = { ...SOUND, ...faults }
  return {
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
        const refusal = await refusalOf(() => injector.inject(request, response))
        if (refusal !== undefined) return refuse(response, refusal)
        await next()
      }
    },
    issueToken(issuer, decide) {
      return async function issueToken(_, response) {
        const refusal = await refusalOf(async () => {
          const options = await decide()
          if (options === undefined) throw issueRefused()
          const { value, expiresAt, issuedAt } = await issuer.issue(options)
          const times = { expires_in: expiresAt - issuedAt }
          const body = { access_token: value, token_type: 'Bearer', ...times }
          response.writeHead(200, issued).end(JSON.stringify(body))
        })
        if (refusal !== undefined) refuse(response, refusal)
      }
    },
    jwks(issuer) {
      return async function jwks(_, response) {
        const body = JSON.stringify(await issuer.jwks())
        response.writeHead(200, published).end(body)
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

function issueRefused(): RequestError {
  return new RequestError('ERR_ISSUE_REFUSED', 'There is no token for this request.', {
    reason: 'issue_refused',
    status: 403,
  })
}
