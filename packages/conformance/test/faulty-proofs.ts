import { DpopVerifier, type VerifiedToken } from '@mayfly/core'
import type { AdapterExports } from '../src/driver.ts'
import { type FaultyAdapter, SOUND_ADAPTER, wrap } from './faulty.ts'
import { createNodeAdapter, type Middleware, SOUND } from './node-adapter.ts'

const guarding = (
  bearerAuth: AdapterExports<Middleware>['bearerAuth'],
): AdapterExports<Middleware> => ({ ...SOUND_ADAPTER, bearerAuth })

/** Stands where the clocks of the suite begin. */
const LATER = { now: (): number => 1_700_000_000_000 }

/** What adapters may get wrong about tokens that are bound to a key. */
export const FAULTY_PROOFS: readonly FaultyAdapter[] = [
  {
    fault: 'asks for no proof',
    adapter: wrap('bearerAuth', () => async (request, _, next) => {
      request.auth = { claims: {}, payload: {}, scopes: [] } as unknown as VerifiedToken<unknown>
      await next()
    }),
    foundBy: [
      'bearerAuth with dpop lets a bound token',
      'bearerAuth with dpop refuses every kind of bad proof',
      'bearerAuth with dpop refuses a request without exactly one',
      'bearerAuth with dpop refuses a bound token as a bearer',
      'bearerAuth with dpop refuses a stolen token',
      'bearerAuth with dpop lets one of 50 requests',
      'bearerAuth with dpop gives nonces',
      'bearerAuth with dpop believes nothing',
      'bearerAuth with dpop answers 503',
      'bearerAuth with dpop takes bearers beside',
      'bearerAuth without dpop refuses',
    ],
  },
  {
    fault: 'forgets what was said about proofs',
    adapter: guarding((verifier) => SOUND_ADAPTER.bearerAuth(verifier)),
    foundBy: [
      'bearerAuth with dpop lets a bound token',
      'requireScope behind bearerAuth with dpop',
    ],
  },
  {
    fault: 'keeps proofs of its own for each request',
    adapter: guarding(
      (verifier, { dpop, ...options } = {}) =>
        async function bearerAuth(request, ...rest) {
          const fresh = new DpopVerifier({ baseUrl: 'https://api.example.com', clock: LATER })
          const own = dpop === undefined ? options : { ...options, dpop: fresh }
          await SOUND_ADAPTER.bearerAuth(verifier, own)(request, ...rest)
        },
    ),
    foundBy: ['bearerAuth with dpop lets one of 50 requests'],
  },
  {
    fault: 'sees fields of one name as one',
    adapter: createNodeAdapter({
      requestLike: (request) => ({
        ...SOUND.requestLike(request),
        header: (name) => request.headersDistinct[name]?.slice(0, 1) ?? [],
      }),
    }),
    foundBy: [
      'bearerAuth with dpop refuses a request without exactly one',
      'bearerAuth with dpop refuses a bound token as a bearer',
    ],
  },
  {
    fault: 'shows the guard a URL without its path',
    adapter: createNodeAdapter({
      requestLike: (request) => ({ ...SOUND.requestLike(request), url: '/' }),
    }),
    foundBy: ['bearerAuth with dpop lets a bound token'],
  },
  {
    fault: 'keeps the fields of good answers to itself',
    adapter: createNodeAdapter({ addField: () => {} }),
    foundBy: ['bearerAuth with dpop gives nonces'],
  },
  {
    fault: 'issues tokens that are bound to nothing',
    adapter: {
      ...SOUND_ADAPTER,
      issueToken: (issuer, decide) => SOUND_ADAPTER.issueToken(issuer, decide),
    },
    foundBy: ['issueToken with dpop binds', 'issueToken with dpop gives nonces'],
  },
  {
    fault: 'lets every upgrade through, proofs or not',
    adapter: {
      ...SOUND_ADAPTER,
      upgradeAuth: () => (_request, _socket, accept) => void accept(undefined),
    },
    foundBy: ['upgradeAuth refuses a bound token', 'upgradeAuth with dpop lets a bound token'],
  },
]
