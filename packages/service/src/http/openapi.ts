import { keyPaths } from './openapi/keys.ts'
import { oauthPaths } from './openapi/oauth.ts'
import { metricsPaths, operationPaths } from './openapi/operation.ts'
import { schemas } from './openapi/schemas.ts'
import { telesignPaths } from './openapi/telesign.ts'
import { tokenPaths } from './openapi/tokens.ts'
import type { Paths } from './openapi/types.ts'
import { voicegainPaths } from './openapi/voicegain.ts'
import { SCOPES } from './scopes.ts'

/** What an OpenAPI document depends on. */
export interface OpenApiOptions {
  /** The `iss` of the tokens: where the service is reached. */
  readonly issuer: string
  /** Who may ask for tokens of Telesign; left out, nobody can. */
  readonly telesign?: 'public' | 'client'
  readonly voicegain?: boolean
  /** Who may read `/metrics`; `null`: nobody. Default `public`. */
  readonly metrics?: 'public' | 'client' | null
}

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly [{ readonly url: string }]
  readonly paths: Paths
  readonly components: object
}

/**
 * Describes the service's HTTP interface as an OpenAPI 3.1 document: what `/openapi.json` publishes.
 * Every method that a path does not have is answered with 405, and every other path with 404.
 */
export function openApiDocument(options: OpenApiOptions): OpenApiDocument {
  const { issuer, telesign, voicegain = true, metrics = 'public' } = options
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mayfly token service',
      version: '1',
      description:
        'Issues short-lived tokens, publishes the keys that they are checked with, remembers what it issued, and revokes it. Errors are problem details (RFC 9457).',
    },
    servers: [{ url: issuer }],
    paths: {
      ...(telesign !== undefined && telesignPaths(telesign)),
      ...(voicegain && voicegainPaths),
      ...tokenPaths,
      ...oauthPaths(issuer),
      ...keyPaths,
      ...operationPaths(),
      ...(metrics !== null && metricsPaths(metrics)),
    },
    components: {
      schemas,
      securitySchemes: {
        consoleToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `A console token, with the scopes that the operation names. There are: ${SCOPES.join(', ')}.`,
        },
      },
    },
  }
}
