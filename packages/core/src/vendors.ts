export {
  type AppStoreConnectCommonOptions,
  type AppStoreConnectIndividualOptions,
  type AppStoreConnectOptions,
  type AppStoreConnectTeamOptions,
  appStoreConnect,
} from './vendors/app-store-connect.ts'
export { type JwtSourceOptions, jwtSource } from './vendors/jwt-source.ts'
export type { ClaimsOfToken, TokenMoment } from './vendors/payload.ts'
export type { JwtKey, JwtKeyCallback } from './vendors/signing.ts'
