export type { SignedSourceOptions } from './outbound/sources/signed-source.ts'
export type { ClaimsOfToken, TokenMoment } from './outbound/sources/signed-payload.ts'
export type { JwtSecret } from './outbound/sources/signed-secret.ts'
export type { JwtKey, JwtKeyCallback } from './outbound/sources/signed-signing.ts'
export type { AppleKeyOptions, AppleTokenOptions } from './outbound/sources/apple-source.ts'
export { type ApnsOptions, apns } from './vendors/apns.ts'
export { type AppStoreServerOptions, appStoreServer } from './vendors/app-store-server.ts'
export { type AppleClientSecretOptions, appleClientSecret } from './vendors/apple-client-secret.ts'
export { type MusicKitOptions, musicKit } from './vendors/music-kit.ts'
export { type WeatherKitOptions, weatherKit } from './vendors/weather-kit.ts'
export {
  type AppStoreConnectCommonOptions,
  type AppStoreConnectIndividualOptions,
  type AppStoreConnectOptions,
  type AppStoreConnectTeamOptions,
  appStoreConnect,
} from './vendors/app-store-connect.ts'
export { type LiveKitOptions, liveKit } from './vendors/live-kit.ts'
export type {
  LiveKitGrants,
  LiveKitTrackSource,
  LiveKitVideoGrants,
} from './vendors/live-kit/grants.ts'
export { type TwilioOptions, twilio } from './vendors/twilio.ts'
export type {
  TwilioChatGrant,
  TwilioGrants,
  TwilioSyncGrant,
  TwilioTaskRouterGrant,
  TwilioVideoGrant,
  TwilioVoiceGrant,
} from './vendors/twilio/grants.ts'
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
} from './outbound/sources/client-authentication.ts'
export {
  type ZoomMeetingSdkCommonOptions,
  type ZoomMeetingSdkNativeOptions,
  type ZoomMeetingSdkOptions,
  type ZoomMeetingSdkWebOptions,
  zoomMeetingSdk,
} from './vendors/zoom/meeting-sdk.ts'
export {
  type ZoomServerToServerOptions,
  zoomServerToServer,
} from './vendors/zoom/server-to-server.ts'
export { type ZoomVideoSdkOptions, zoomVideoSdk } from './vendors/zoom/video-sdk.ts'
export {
  googleServiceAccount,
  type GoogleServiceAccountOptions,
} from './vendors/google-service-account.ts'
export type {
  GoogleCredentials,
  GoogleCredentialsOption,
} from './vendors/google-service-account/credentials.ts'
export {
  VONAGE_CLIENT_SDK_ACL,
  type VonageAcl,
  type VonageAclRules,
} from './vendors/vonage/acl.ts'
export { vonage, type VonageOptions } from './vendors/vonage.ts'
export type { VonageWebhookClaims } from './vendors/vonage-webhook/claims.ts'
export {
  type VonageWebhook,
  VonageWebhookReceiver,
  type VonageWebhookReceiverOptions,
} from './vendors/vonage-webhook/receiver.ts'
export type {
  FoundVonageSecret,
  VonageSecret,
  VonageSecrets,
} from './vendors/vonage-webhook/secrets.ts'
export {
  verifyVonageWebhook,
  type VonageWebhookOptions,
  type VonageWebhookRequest,
  VonageWebhookVerifier,
} from './vendors/vonage-webhook.ts'
export type { IncomingBody } from './server/incoming-body.ts'
export { githubApp, type GithubAppOptions } from './vendors/github-app.ts'
export {
  githubInstallation,
  type GithubInstallationOptions,
} from './vendors/github-installation.ts'
export type { GithubAccess } from './vendors/github-installation/restrictions.ts'
export { ably, type AblyOptions } from './vendors/ably.ts'
export { firebaseCustomToken, type FirebaseCustomTokenOptions } from './vendors/firebase.ts'
export { googleIdToken, type GoogleIdTokenOptions } from './vendors/google-id-token.ts'
export {
  cloudflareStream,
  type CloudflareStreamOptions,
  muxPlayback,
  type MuxPlaybackOptions,
} from './vendors/playback.ts'
export { snowflake, type SnowflakeOptions } from './vendors/snowflake.ts'
export { stream, type StreamOptions } from './vendors/stream.ts'
export type { SignedVendorOptions } from './outbound/sources/vendor-source.ts'
export {
  type Asking,
  exchangedSource,
  type ExchangedSourceOptions,
  type TokenRequest,
} from './outbound/sources/exchanged-source.ts'
export type { GivenToken, Refusal } from './outbound/sources/exchanged-oauth-answer.ts'
export type {
  Exchange,
  ExchangeOptions,
  ExchangeRequest,
  ExchangeResponse,
} from './http/exchange.ts'
export { telesign, type TelesignOptions } from './vendors/telesign.ts'
export { voicegain, type VoicegainOptions } from './vendors/voicegain.ts'
