import { createHash } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { Call, Operation } from './operation.ts'

/**
 * Publishes a JSON document for GET and HEAD, with an `ETag`, so that a client that has it already gets
 * 304. Caches may keep it for `maxAge` seconds.
 */
export function documentOperations(
  path: string,
  { maxAge, read }: { readonly maxAge: number; readonly read: () => object | Promise<object> },
): readonly Operation[] {
  const represent = async (call: Call): Promise<Answer> => {
    const body = JSON.stringify(await read())
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
    const headers = { 'cache-control': `public, max-age=${maxAge}`, etag }
    if (isKnown(call, etag)) return { status: 304, headers }
    return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body }
  }
  // To HEAD, Node sends the headers of a body and not the body.
  return (['GET', 'HEAD'] as const).map((method) => ({
    method,
    path,
    counted: false,
    handle: represent,
  }))
}

/** The weak comparison that `If-None-Match` asks for (RFC 9110 section 13.1.2). */
function isKnown(call: Call, etag: string): boolean {
  const tags = call.header('if-none-match').flatMap((field) => field.split(','))
  return tags.some((tag) => {
    const trimmed = tag.trim()
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag
  })
}
