import { type ResourceMetadataOptions } from '@mayfly/core'
import { resourceMetadataEndpoint } from '@mayfly/core/adapter'
import { answerWith, type Middleware, middleware } from './middleware.ts'

/**
 * Publishes where to get tokens for an API (RFC 9728), for GET and HEAD, with an `ETag`. Caches may
 * keep it for `maxAge` seconds, 3600 by default. Other methods get 405.
 *
 * Mount it at the path of `resourceMetadataUrl(resource)`, and give that URL to `bearerAuth` as
 * `resourceMetadata`.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 *
 * @example
 * ```ts
 * import { resourceMetadataUrl } from '@mayfly/core'
 * import { resourceMetadata } from '@mayfly/koa'
 * import { Router } from '@koa/router'
 *
 * const resource = 'https://api.example.com/orders'
 * const { pathname } = new URL(resourceMetadataUrl(resource))
 *
 * const router = new Router()
 * router.all(
 *   pathname,
 *   resourceMetadata({ resource, authorizationServers: ['https://auth.example.com'] }),
 * )
 * ```
 */
export function resourceMetadata(options: ResourceMetadataOptions): Middleware {
  const publish = answerWith(resourceMetadataEndpoint(options), () => undefined)
  return middleware('resourceMetadata', publish)
}
