export type { AnyPayload, AuthPayload, AuthTypes } from './auth.ts'
export { type BearerAuth, bearerAuth, type BearerAuthOptions } from './bearer-auth.ts'
export { injectBearer } from './inject-bearer.ts'
export {
  injectUpgrade,
  type InjectUpgrade,
  type InjectUpgradeOptions,
} from '@mayfly/core/adapter'
export { issueToken } from './issue-token.ts'
export { jwks } from './jwks.ts'
export type { Middleware } from './middleware.ts'
export { requireAuthentication, requireClaims, requireScope } from './requirements.ts'
export { resourceMetadata } from './resource-metadata.ts'
export { vonageWebhook } from './vonage-webhook.ts'
export { sessionTokens } from './session-tokens.ts'
export { upgradeAuth, type UpgradeMiddleware } from './upgrade-auth.ts'
