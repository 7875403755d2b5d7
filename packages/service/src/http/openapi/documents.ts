import { open } from './parameters.ts'
import { header, nosniff, refTo, requestId } from './responses.ts'
import type { OperationObject, PathItem, ResponseObject, Schema } from './types.ts'

/** The headers of a document that caches may keep. */
const cached = {
  'Cache-Control': header(
    'How long caches may keep it.',
    {
      type: 'string',
      pattern: '^public, max-age=[0-9]+$',
    },
    true,
  ),
  ETag: header('Names these bytes.', { type: 'string', pattern: '^"[A-Za-z0-9_-]+"$' }, true),
  'X-Content-Type-Options': nosniff,
  'X-Request-Id': requestId,
}

/** A public JSON document, and the answer to a client that has it already. */
export function documented(
  description: string,
  schema: Schema | string,
): Readonly<Record<'200' | '304', ResponseObject>> {
  const shape = typeof schema === 'string' ? refTo(schema) : schema
  return {
    200: { description, headers: cached, content: { 'application/json': { schema: shape } } },
    304: { description: 'The client has these bytes.', headers: cached },
  }
}

/** The same without bodies: what HEAD answers. */
function headOf(
  responses: Readonly<Record<string, ResponseObject>>,
): Readonly<Record<string, ResponseObject>> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, headers = {} }]) => [
      status,
      { description, headers },
    ]),
  )
}

/** A document that GET publishes, and HEAD without its body. */
export function document(
  tag: string,
  operationId: string,
  responses: OperationObject['responses'],
): PathItem {
  const common = { tags: [tag], security: open } as const
  return {
    get: { ...common, operationId, summary: 'Publishes a document.', responses },
    head: {
      ...common,
      operationId: `${operationId}Head`,
      summary: 'The same, without its body.',
      responses: headOf(responses),
    },
  }
}
