import { document, documented } from './documents.ts'
import { open, scoped } from './parameters.ts'
import { json, plainText, problems } from './responses.ts'
import type { Paths } from './types.ts'

/** What tells how the service is, and what it can do. */
export function operationPaths(): Paths {
  const self = documented('This document.', { type: 'object', required: ['openapi'] })
  return {
    '/openapi.json': document('Operation', 'openapi', self),
    '/healthz': {
      get: {
        operationId: 'health',
        tags: ['Operation'],
        summary: 'Answers while the process does.',
        security: open,
        responses: { 200: json('It runs.', 'Health') },
      },
    },
    '/readyz': {
      get: {
        operationId: 'ready',
        tags: ['Operation'],
        summary: 'Tells whether tokens can be issued.',
        security: open,
        responses: {
          200: json('They can.', 'Health'),
          503: json('They cannot.', 'Health'),
        },
      },
    },
  }
}

/** What the service counts. */
export function metricsPaths(access: 'public' | 'client'): Paths {
  return {
    '/metrics': {
      get: {
        operationId: 'metrics',
        tags: ['Operation'],
        summary: 'Gives what the service counts, in the text format of Prometheus.',
        security: access === 'client' ? scoped('metrics:read') : open,
        responses: {
          200: plainText('The metrics.'),
          ...problems(400, ...(access === 'client' ? ([401, 403, 429, 503] as const) : [])),
        },
      },
    },
  }
}
