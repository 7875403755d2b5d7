import { equal } from 'node:assert/strict'
import { type Clock, createAccessToken, type TokenSource } from '@mayfly/core'
import type { Site } from './bench.ts'
import type { ForwardedRequest } from './handlers.ts'
import { type Answer, jsonOf } from './http-client.ts'

/** The server that the tokens of most cases are for. Nobody calls it. */
export const UPSTREAM = 'https://upstream.example'

/** A source whose tokens are numbered. */
export function numberedSource(clock: Clock, origin: string, name = 'token'): TokenSource {
  let minted = 0
  return {
    id: name,
    origins: [origin],
    lifetime: 600,
    getToken: async () => {
      minted += 1
      const issuedAt = Math.floor(clock.now() / 1000)
      const times = { issuedAt, expiresAt: issuedAt + 600 }
      return createAccessToken({ value: `${name}-${minted}`, origins: [origin], ...times })
    },
  }
}

/** The request that stood behind the middleware. */
export function forwarded(answer: Answer): ForwardedRequest {
  equal(answer.status, 200, answer.text)
  return jsonOf(answer) as ForwardedRequest
}

/** Sends a request with credentials of its own; gives those that came out behind. */
export async function tokenSeen(site: Site, path: string): Promise<string | undefined> {
  return forwarded(await site.get(path, 'callers-own')).headers['authorization']
}
