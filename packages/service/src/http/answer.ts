import type { ServerResponse } from 'node:http'

/** What an operation answers. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text, or what is written as JSON. Left out: there is no body. */
  readonly body?: string | object
}

/** A token as the whole body. */
export function tokenResponse(token: string): Answer {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: token }
}

/** JSON. */
export function jsonResponse(body: object, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body }
}

/** On every answer, unless it says otherwise: nothing of this is for a cache, a frame or a guess. */
const USUAL: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** Writes an answer. */
export function writeResponse(
  res: ServerResponse,
  { status, headers, body }: Answer,
  more: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  res.statusCode = status
  for (const [name, value] of Object.entries({ ...USUAL, ...more, ...headers })) {
    res.setHeader(name, value)
  }
  if (text === undefined) {
    if (status !== 204 && status !== 304) res.setHeader('content-length', 0)
    res.end()
    return
  }
  res.setHeader('content-length', Buffer.byteLength(text))
  res.end(text)
}
