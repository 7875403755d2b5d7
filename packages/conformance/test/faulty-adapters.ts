import { type IssueOptions, OptionError, type RequestLike, TokenIssuer } from '@mayfly/core'
import { attackKeysCases } from '../src/cases/attack-keys.ts'
import { attackStateCases } from '../src/cases/attack-state.ts'
import { attackCases } from '../src/cases/attacks.ts'
import { introspectionCases } from '../src/cases/introspection.ts'
import { mutualTlsCases } from '../src/cases/mutual-tls.ts'
import { whoseTokenCases } from '../src/cases/whose-token.ts'
import type { AdapterExports } from '../src/driver.ts'
import { type FaultyAdapter, SOUND_ADAPTER, wrap } from './faulty.ts'
import { FAULTY_INJECTORS } from './faulty-injectors.ts'
import { FAULTY_ORIGINS } from './faulty-origins.ts'
import { FAULTY_PROOFS } from './faulty-proofs.ts'
import { FAULTY_SESSIONS } from './faulty-sessions.ts'
import { FAULTY_UPGRADES } from './faulty-upgrades.ts'
import { createNodeAdapter, type Middleware, type Request, SOUND } from './node-adapter.ts'

type Adapter = AdapterExports<Middleware>

/** Sees each field once, as `request.headers` has it. */
function withoutDuplicates(request: Request): RequestLike {
  return {
    ...SOUND.requestLike(request),
    header: (name) => {
      const value = request.headers[name]
      return value === undefined ? [] : [value].flat()
    },
  }
}

function withUrl(request: Request): RequestLike {
  const { pathname, search } = new URL(request.url ?? '/', `http://${request.headers.host}`)
  return { ...SOUND.requestLike(request), url: pathname + search }
}

let lastAuth: Request['auth']

const neverRefuses: Middleware = async (request, response, next) => {
  request.auth = undefined
  response.statusCode = 200
  await next()
}

/** A list of what adapters have been seen to get wrong. */
export const FAULTY_ADAPTERS: readonly FaultyAdapter[] = [
  {
    fault: 'lets everyone pass',
    adapter: wrap('bearerAuth', () => neverRefuses),
    foundBy: [
      'bearerAuth hands the verified claims',
      'bearerAuth answers a request without credentials',
      'bearerAuth takes credentials of another scheme',
      'bearerAuth refuses a Bearer header',
      'bearerAuth does not look for a token',
      'optional bearerAuth lets no invalid token pass',
      'bearerAuth refuses every kind of bad token',
      'bearerAuth judges the time of a token',
      'bearerAuth answers 503 and when to come back',
      'bearerAuth refuses a request with a body',
      'bearerAuth judges HEAD',
      'bearerAuth judges OPTIONS',
      'requireScope lets a token pass',
      'bearerAuth refuses rights of a wrong type',
      'requireScope goes by the claims',
      ...[...whoseTokenCases, ...mutualTlsCases, ...introspectionCases].map(({ name }) => name),
      ...[...attackCases(), ...attackKeysCases, ...attackStateCases].map(({ name }) => name),
    ],
  },
  {
    fault: 'lets nobody pass',
    adapter: wrap('bearerAuth', () => async (_, response) => void response.writeHead(401).end()),
    foundBy: [
      'bearerAuth takes the scheme in any case',
      'optional bearerAuth lets absent credentials pass',
    ],
  },
  {
    fault: 'forgets the options',
    adapter: { ...SOUND_ADAPTER, bearerAuth: (verifier) => SOUND_ADAPTER.bearerAuth(verifier) },
    foundBy: [
      'bearerAuth takes a token from query or cookie',
      'bearerAuth lets preflights pass',
      'bearerAuth writes a challenge that no',
      'unsound options are refused',
    ],
  },
  {
    fault: 'reads fields where Node has dropped the duplicates',
    adapter: createNodeAdapter({ requestLike: withoutDuplicates }),
    foundBy: ['bearerAuth refuses two Authorization headers'],
  },
  {
    fault: 'builds a URL from the Host header',
    adapter: createNodeAdapter({ requestLike: withUrl }),
    foundBy: ['bearerAuth believes nothing that the Host header says'],
  },
  {
    fault: 'replaces Vary',
    adapter: createNodeAdapter({
      addField: (response, name, value) => response.setHeader(name, value),
    }),
    foundBy: ['bearerAuth adds Origin to the Vary'],
  },
  {
    fault: 'adds to Vary without looking',
    adapter: createNodeAdapter({
      addField: (response, name, value) => response.appendHeader(name, value),
    }),
    foundBy: ['bearerAuth adds Origin to the Vary'],
  },
  {
    fault: 'reflects the origin as CORS middleware would',
    adapter: wrap('bearerAuth', (inner) => async (request, response, next) => {
      response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
      await inner(request, response, next)
    }),
    foundBy: ['bearerAuth never sends a CORS field', 'bearerAuth judges OPTIONS'],
  },
  {
    fault: 'keeps the identity outside of the request',
    adapter: wrap('bearerAuth', (inner) => async (request, response, next) => {
      await inner(request, response, async () => {
        lastAuth = request.auth
        await new Promise(setImmediate)
        request.auth = lastAuth
        await next()
      })
    }),
    foundBy: ['bearerAuth keeps two tenants apart'],
  },
  {
    fault: 'has middleware without a name',
    adapter: {
      ...SOUND_ADAPTER,
      jwks: (issuer) =>
        [SOUND_ADAPTER.jwks(issuer)].map(
          (inner): Middleware =>
            (...args) =>
              inner(...args),
        )[0] as Middleware,
    },
    foundBy: ['every middleware is a function that bears the name'],
  },
  {
    fault: 'makes its guard at the first request',
    adapter: {
      ...SOUND_ADAPTER,
      bearerAuth: (verifier, options) =>
        async function bearerAuth(...args) {
          await SOUND_ADAPTER.bearerAuth(verifier, options)(...args)
        },
    },
    foundBy: ['unsound options are refused'],
  },
  {
    fault: 'answers the errors of others',
    adapter: wrap('bearerAuth', (inner) => async (request, response, next) => {
      try {
        await inner(request, response, next)
      } catch {
        response.writeHead(500).end()
      }
    }),
    foundBy: ['an error of what stands behind', 'an unexpected error of a verifier'],
  },
  {
    fault: 'reports a caller who left as an error',
    adapter: {
      ...SOUND_ADAPTER,
      ...throwing('bearerAuth'),
      ...throwing('injectBearer'),
    },
    foundBy: [
      'a caller who goes away while a token is verified',
      'a caller who goes away while a token is fetched',
    ],
  },
  {
    fault: 'takes one scope for all of them',
    adapter: { ...SOUND_ADAPTER, requireScope: (first = '') => SOUND_ADAPTER.requireScope(first) },
    foundBy: ['requireScope answers 403 and names the scopes'],
  },
  {
    fault: 'takes a check that takes its time for one that holds',
    adapter: wrap('requireClaims', () => async (_request, _response, next) => next()),
    foundBy: [
      'requireClaims lets a token pass that says',
      'requireClaims takes nothing but true',
      'requireClaims answers 401 where nobody',
    ],
  },
  {
    fault: 'never asks how somebody has logged in',
    adapter: wrap('requireAuthentication', () => async (_request, _response, next) => next()),
    foundBy: ['requireAuthentication asks for another login'],
  },
  {
    fault: 'asks for scopes only where there is somebody',
    adapter: wrap('requireScope', (inner) => async (request, response, next) => {
      if (request.auth === undefined) await next()
      else await inner(request, response, next)
    }),
    foundBy: ['requireScope answers 401', 'requireScope lets nobody pass'],
  },
  {
    fault: 'writes no fields into its answers',
    adapter: createNodeAdapter({
      answer: (response, { status, body }) => response.writeHead(status).end(body),
    }),
    foundBy: [
      'bearerAuth answers a request without credentials',
      'bearerAuth answers 503 and when to come back',
      'issueToken answers with a token',
      'jwks publishes the public keys',
      'resourceMetadata publishes where',
      'a client that has a document already',
      'an endpoint answers a method that it does not have',
    ],
  },
  {
    fault: 'knows nothing of HEAD',
    adapter: wrap('jwks', (inner) => async (request, response, next) => {
      if (request.method === 'HEAD') response.writeHead(405).end()
      else await inner(request, response, next)
    }),
    foundBy: ['a HEAD request for a document'],
  },
  {
    fault: 'replaces the Cache-Control that is there',
    adapter: wrap('bearerAuth', (inner) => async (request, response, next) => {
      await inner(request, response, async () => {
        response.setHeader('cache-control', 'private')
        await next()
      })
    }),
    foundBy: ['bearerAuth keeps the answer to a token in the URL'],
  },
  {
    fault: 'forgets the claims',
    adapter: {
      ...SOUND_ADAPTER,
      issueToken: (issuer, decide) =>
        SOUND_ADAPTER.issueToken(issuer, async () => {
          const options = await decide()
          return options && { ...options, claims: {} }
        }),
    },
    foundBy: ['issueToken names the scope'],
  },
  {
    fault: 'issues whatever is asked for',
    adapter: {
      ...SOUND_ADAPTER,
      issueToken: (_, decide) => {
        const issuer = new TokenIssuer({ issuer: 'https://any.example', maxLifetime: 1e10 })
        const always = async (): Promise<IssueOptions> => {
          try {
            return (await decide()) ?? { expiresIn: 60 }
          } catch {
            return { expiresIn: 60 }
          }
        }
        return SOUND_ADAPTER.issueToken(issuer, always)
      },
    },
    foundBy: [
      'issueToken answers 403 where decide',
      'an error of decide, or in what it wants',
      'issueToken answers 503 while the generations',
    ],
  },
  {
    fault: 'answers an empty set where the keys cannot be had',
    adapter: wrap('jwks', (inner) => async (request, response, next) => {
      try {
        await inner(request, response, next)
      } catch {
        response.writeHead(200).end('{"keys":[]}')
      }
    }),
    foundBy: ['jwks hands an error of the issuer'],
  },
  ...FAULTY_PROOFS,
  ...FAULTY_ORIGINS,
  ...FAULTY_INJECTORS,
  ...FAULTY_SESSIONS,
  ...FAULTY_UPGRADES,
]

/** Throws once the caller has left. */
function throwing(name: 'bearerAuth' | 'injectBearer'): Partial<Adapter> {
  const around =
    (inner: Middleware): Middleware =>
    async (request, response, next) => {
      await inner(request, response, async () => {
        if (response.destroyed) throw new OptionError('ERR_OPTION_INVALID', 'response', 'closed')
        await next()
      })
    }
  return { [name]: wrap(name, around)[name] }
}
