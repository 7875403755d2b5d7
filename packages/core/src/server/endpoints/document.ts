import { encodeBase64url } from '../../base/base64url.ts'
import { requireNumber } from '../../base/options.ts'
import type { RequestLike } from '../guard/request.ts'
import { type Endpoint, methodNotAllowed } from './endpoint.ts'

/** How long a public document may be kept. */
export interface DocumentOptions {
  /** Seconds that caches may keep the document. 0: they ask each time whether it has changed. */
  readonly maxAge?: number
}

interface Representation {
  readonly body: string
  readonly etag: string
}

/**
 * Publishes a JSON document for GET and HEAD, with an `ETag` of its bytes, so that a client that has
 * it already gets 304.
 */
export function documentEndpoint(read: () => unknown, maxAge: number): Endpoint {
  requireNumber(maxAge, 'maxAge', { integer: true })
  let last: Representation | undefined

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return methodNotAllowed('GET', 'HEAD')
    }
    const body = JSON.stringify(await read())
    const current = last?.body === body ? last : { body, etag: await etagOf(body) }
    last = current
    const headers = { 'cache-control': `public, max-age=${maxAge}`, etag: current.etag }
    if (isKnown(request, current.etag)) return { status: 304, headers, body: '' }
    return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body }
  }
}

async function etagOf(body: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))
  return `"${encodeBase64url(new Uint8Array(digest))}"`
}

/** The weak comparison that `If-None-Match` asks for (RFC 9110 section 13.1.2). */
function isKnown(request: RequestLike, etag: string): boolean {
  const tags = request.header('if-none-match').flatMap((field) => field.split(','))
  return tags.some((tag) => {
    const trimmed = tag.trim()
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag
  })
}
