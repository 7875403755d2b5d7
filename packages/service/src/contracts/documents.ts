import { documentOperations } from '../http/document.ts'
import { openApiDocument, type OpenApiOptions } from '../http/openapi.ts'
import { metadataPaths } from '../http/openapi/oauth.ts'
import type { Operation } from '../http/operation.ts'
import { SCOPES } from '../http/scopes.ts'
import type { ServiceContext } from './context.ts'

/** How long caches may keep the public keys, in seconds. A new key has to be published for longer. */
const JWKS_MAX_AGE = 300

/** What is published: the keys, the metadata of RFC 8414, and the OpenAPI document. */
export function publishedDocuments(
  { issuer, keys }: ServiceContext,
  contracts: Omit<OpenApiOptions, 'issuer'>,
): readonly Operation[] {
  const metadata = serverMetadata(issuer)
  const openapi = openApiDocument({ issuer, ...contracts })
  return [
    ...documentOperations('/.well-known/jwks.json', {
      maxAge: JWKS_MAX_AGE,
      read: () => keys.jwks(),
    }),
    ...metadataPaths(issuer).flatMap((path) =>
      documentOperations(path, { maxAge: 3600, read: () => metadata }),
    ),
    ...documentOperations('/openapi.json', { maxAge: 3600, read: () => openapi }),
  ]
}

/** The metadata of RFC 8414. There is no token endpoint: no grant type is offered. */
function serverMetadata(issuer: string): object {
  const base = issuer.replace(/\/$/, '')
  return {
    issuer,
    jwks_uri: `${base}/.well-known/jwks.json`,
    introspection_endpoint: `${base}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: ['Bearer'],
    revocation_endpoint: `${base}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: ['Bearer'],
    response_types_supported: [],
    grant_types_supported: [],
    scopes_supported: SCOPES,
  }
}
