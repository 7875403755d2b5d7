import { document, documented } from './documents.ts'
import { scoped } from './parameters.ts'
import { json, nothing, oauthError, problems } from './responses.ts'
import type { OperationObject, Paths } from './types.ts'

const tokenForm: NonNullable<OperationObject['requestBody']> = {
  required: true,
  content: {
    'application/x-www-form-urlencoded': {
      schema: {
        type: 'object',
        required: ['token'],
        properties: { token: { type: 'string' }, token_type_hint: { type: 'string' } },
      },
    },
  },
}

/** Where the metadata of RFC 8414 is. */
const METADATA = '/.well-known/oauth-authorization-server'

/**
 * Gives the paths of an issuer's metadata: where RFC 8414 section 3 looks for it, and where section 3.1
 * does for an issuer with a path of its own, `https://example.com/tokens`: behind the well-known one.
 */
export function metadataPaths(issuer: string): readonly string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  return path === '' ? [METADATA] : [METADATA, METADATA + path]
}

/** RFC 7662, RFC 7009 and RFC 8414, and the public keys. */
export function oauthPaths(issuer: string): Paths {
  const metadata = documented('The metadata.', 'ServerMetadata')
  const keys = documented('The public keys.', 'JwkSet')
  return {
    '/oauth/introspect': {
      post: {
        operationId: 'introspect',
        tags: ['OAuth'],
        summary: 'Says what is known of a token (RFC 7662).',
        security: scoped('tokens:introspect'),
        requestBody: tokenForm,
        responses: {
          200: json('What is known.', 'Introspection'),
          400: oauthError,
          ...problems(401, 403, 413, 415, 429, 503),
        },
      },
    },
    '/oauth/revoke': {
      post: {
        operationId: 'revoke',
        tags: ['OAuth'],
        summary: 'Revokes a token (RFC 7009). A token that nobody knows is revoked already.',
        security: scoped('tokens:revoke'),
        requestBody: tokenForm,
        responses: {
          200: nothing('The token is good for nothing.'),
          400: oauthError,
          ...problems(401, 403, 413, 415, 429, 503),
        },
      },
    },
    ...Object.fromEntries(
      metadataPaths(issuer).map((path, index) => [
        path,
        document('OAuth', index === 0 ? 'metadata' : 'metadataOfPath', metadata),
      ]),
    ),
    '/.well-known/jwks.json': document('Keys', 'jwks', keys),
  }
}
