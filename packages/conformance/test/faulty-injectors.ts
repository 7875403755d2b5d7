import type { AccessToken, TokenSource } from '@mayfly/core'
import { type FaultyAdapter, SOUND_ADAPTER, wrap } from './faulty.ts'

/** What `injectBearer` may get wrong. */
export const FAULTY_INJECTORS: readonly FaultyAdapter[] = [
  {
    fault: 'changes the fields but not the raw ones',
    adapter: wrap('injectBearer', (inner) => async (request, response, next) => {
      const raw = [...request.rawHeaders]
      await inner(request, response, async () => {
        request.rawHeaders = raw
        await next()
      })
    }),
    foundBy: [
      "injectBearer replaces the caller's credentials",
      'injectBearer keeps the credentials that it is told',
      'injectBearer stands before a real proxy',
    ],
  },
  {
    fault: 'leaves the list of the fields of this connection as it is',
    adapter: wrap('injectBearer', (inner) => async (request, response, next) => {
      const { connection } = request.headers
      await inner(request, response, async () => {
        request.headers.connection = connection
        await next()
      })
    }),
    foundBy: ['injectBearer lets no caller have the token dropped'],
  },
  {
    fault: 'leaves the query as it is',
    adapter: {
      ...SOUND_ADAPTER,
      injectBearer: (source, options) =>
        SOUND_ADAPTER.injectBearer(source, { ...options, stripQuery: [] }),
    },
    foundBy: ['injectBearer takes a token out of the query'],
  },
  {
    fault: 'asks for one token and keeps it',
    adapter: {
      ...SOUND_ADAPTER,
      injectBearer: (source, options) => {
        if (typeof source === 'function') {
          let chosen: ReturnType<typeof source> | undefined
          return SOUND_ADAPTER.injectBearer(() => (chosen ??= source()), options)
        }
        let kept: Promise<AccessToken> | undefined
        const { id, origins } = source
        const once: TokenSource = { id, origins, getToken: () => (kept ??= source.getToken()) }
        return SOUND_ADAPTER.injectBearer(once, options)
      },
    },
    foundBy: [
      'injectBearer asks a function which source',
      'injectBearer asks for a token on every request',
      'injectBearer drops a token that the upstream refused',
      'injectBearer keeps the tokens of two tenants apart',
    ],
  },
  {
    fault: 'forwards without a token where none can be had',
    adapter: wrap('injectBearer', (inner) => async (request, response, next) => {
      try {
        await inner(request, { once: () => {} } as unknown as typeof response, next)
      } catch {
        await next()
      }
    }),
    foundBy: [
      'injectBearer answers 503 where no token',
      'injectBearer hands an unexpected error of the source',
      'injectBearer answers the refusal of that function',
    ],
  },
]
