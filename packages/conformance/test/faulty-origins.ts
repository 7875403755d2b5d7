import type { IncomingMessage } from 'node:http'
import type { RequestLike } from '@mayfly/core'
import { type FaultyAdapter, SOUND_ADAPTER, wrap } from './faulty.ts'
import { createNodeAdapter, SOUND } from './node-adapter.ts'

/** Changes what a guard gets to see of each field. */
function seeing(
  change: (values: readonly string[], name: string) => readonly string[],
): (request: IncomingMessage) => RequestLike {
  return (request) => {
    const like = SOUND.requestLike(request)
    return { ...like, header: (name) => change(like.header(name), name) }
  }
}

/** What adapters may get wrong about the origin of a request. */
export const FAULTY_ORIGINS: readonly FaultyAdapter[] = [
  {
    fault: 'does not show the guard the Origin',
    adapter: createNodeAdapter({
      requestLike: seeing((values, name) => (name === 'origin' ? [] : values)),
    }),
    foundBy: ['an origin-bound token works', 'a refused origin is named'],
  },
  {
    fault: 'takes an empty Origin for none',
    adapter: createNodeAdapter({
      requestLike: seeing((values) => values.filter((value) => value !== '')),
    }),
    foundBy: ['a malformed Origin is a bad request'],
  },
  {
    fault: 'takes the first of several fields',
    adapter: createNodeAdapter({ requestLike: seeing((values) => values.slice(0, 1)) }),
    foundBy: ['two Origin headers are a bad request', 'bearerAuth refuses two Authorization'],
  },
  {
    fault: 'takes null for none',
    adapter: createNodeAdapter({
      requestLike: seeing((values) => values.filter((value) => value !== 'null')),
    }),
    foundBy: ['Origin: null is no missing one'],
  },
  {
    fault: 'does not say that it looked at the Origin',
    adapter: createNodeAdapter({
      addField: (response, name, value) => {
        if (name !== 'vary') SOUND.addField(response, name, value)
      },
    }),
    foundBy: ['a missing Origin is allowed', 'an origin-bound token works'],
  },
  {
    fault: 'does not show the guard the fetch metadata',
    adapter: createNodeAdapter({
      requestLike: seeing((values, name) => (name === 'sec-fetch-site' ? [] : values)),
    }),
    foundBy: ['fetch metadata tells a page', 'a token from the query is refused'],
  },
  {
    fault: 'takes its own origin from the request',
    adapter: {
      ...SOUND_ADAPTER,
      bearerAuth: (verifier, options) =>
        async function bearerAuth(request, response, next) {
          const publicOrigin = `https://${request.headers.host}`
          const guard = SOUND_ADAPTER.bearerAuth(verifier, { ...options, publicOrigin })
          await guard(request, response, next)
        },
    },
    foundBy: ["the API's own origin is never taken"],
  },
  {
    fault: 'believes a token before it is verified',
    adapter: wrap('bearerAuth', (inner) => async (request, response, next) => {
      const [, payload = ''] = (request.headers.authorization ?? '').split('.')
      const { aud = [] } = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}')
      const origin = request.headers.origin ?? ''
      if ([aud].flat().includes(origin)) response.setHeader('access-control-allow-origin', origin)
      await inner(request, response, next)
    }),
    foundBy: ['a forged token gets nothing out of its origins'],
  },
]
