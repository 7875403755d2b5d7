import type { RequestLike } from './request.ts'

/** A request as Node has it: an `IncomingMessage`, or its counterpart of HTTP/2. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders: readonly string[]
}

/**
 * Shows a guard a request as Node has it. What middleware has put into `headers` counts, and a field
 * that was sent more than once is told from one that was not, which `headers` hides.
 *
 * @param more what a framework keeps elsewhere: the URL before a router took off its part, and the
 * parsed body.
 *
 * @example
 * ```ts
 * import type { IncomingMessage } from 'node:http'
 * import { type Guard, nodeRequest, type Outcome } from '@mayfly/core'
 *
 * export function judge(guard: Guard, request: IncomingMessage): Promise<Outcome<unknown>> {
 *   return guard.authenticate(nodeRequest(request))
 * }
 * ```
 */
export function nodeRequest(
  request: NodeRequest,
  more: { readonly url?: string; readonly body?: unknown } = {},
): RequestLike {
  return {
    method: request.method ?? 'GET',
    url: more.url ?? request.url ?? '/',
    header: (name) => fieldValues(request, name),
    body: more.body,
  }
}

const NONE: readonly string[] = Object.freeze([])

function fieldValues({ headers, rawHeaders }: NodeRequest, name: string): readonly string[] {
  let sent = 0
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (isNamed(rawHeaders[index] ?? '', name)) sent++
  }
  if (sent > 1)
    return rawHeaders.filter((_, at) => at % 2 === 1 && isNamed(rawHeaders[at - 1] ?? '', name))
  // Not what was sent: servers without sockets, such as those of functions, have no raw headers.
  const value = headers[name]
  if (value === undefined) return NONE
  return typeof value === 'string' ? [value] : value
}

function isNamed(field: string, name: string): boolean {
  return field.length === name.length && (field === name || field.toLowerCase() === name)
}
