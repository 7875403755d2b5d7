import type { HttpResponse } from '@mayfly/core/adapter'
import { type FaultyAdapter, SOUND_ADAPTER } from './faulty.ts'
import { createNodeAdapter, SOUND } from './node-adapter.ts'

/** An adapter whose sessions are answered otherwise. */
function answering(change: (answer: HttpResponse) => HttpResponse): FaultyAdapter['adapter'] {
  const faulty = createNodeAdapter({
    answer: (response, answer) => SOUND.answer(response, change(answer)),
  })
  return {
    ...SOUND_ADAPTER,
    sessionTokens: (sessions, options) => faulty.sessionTokens(sessions, options),
    injectBearer: (source, options) => faulty.injectBearer(source, options),
  }
}

/** What `sessionTokens` may get wrong, and `injectBearer` of grants. */
export const FAULTY_SESSIONS: readonly FaultyAdapter[] = [
  {
    fault: 'lets caches keep a pair of tokens',
    adapter: answering((answer) => ({
      ...answer,
      headers: { ...answer.headers, 'cache-control': 'public' },
    })),
    foundBy: ['sessionTokens answers a refresh token'],
  },
  {
    fault: 'answers 503 whatever is wrong',
    adapter: answering((answer) => (answer.status === 200 ? answer : { ...answer, status: 503 })),
    foundBy: ['sessionTokens refuses in the words', 'injectBearer says 401 to nobody'],
  },
  {
    fault: 'ends no session',
    adapter: {
      ...SOUND_ADAPTER,
      sessionTokens: (sessions, options) =>
        SOUND_ADAPTER.sessionTokens(
          { refresh: (...given) => sessions.refresh(...given), end: async () => {} },
          options,
        ),
    },
    foundBy: ['sessionTokens ends the session'],
  },
  {
    fault: 'forgets the options of sessions',
    adapter: {
      ...SOUND_ADAPTER,
      sessionTokens: (sessions) => SOUND_ADAPTER.sessionTokens(sessions),
    },
    foundBy: ['sessionTokens keeps the refresh token in a cookie'],
  },
]
