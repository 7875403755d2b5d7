export type { SignedSourceOptions } from './signed-source.ts'
export type { ClaimsOfToken, TokenMoment } from './signed-source/payload.ts'
export type { JwtKey, JwtKeyCallback } from './signed-source/signing.ts'
export {
  type AppStoreConnectCommonOptions,
  type AppStoreConnectIndividualOptions,
  type AppStoreConnectOptions,
  type AppStoreConnectTeamOptions,
  appStoreConnect,
} from './vendors/app-store-connect.ts'
export { type JwtSourceOptions, jwtSource } from './vendors/jwt-source.ts'
export {
  type ClientCredentialsCommonOptions,
  type ClientCredentialsKeyOptions,
  type ClientCredentialsOptions,
  type ClientCredentialsSecretOptions,
  clientCredentials,
} from './vendors/client-credentials.ts'
export type {
  ClientAssertionOptions,
  ClientSecret,
  SecretMethod,
} from './vendors/client-credentials/client-authentication.ts'
