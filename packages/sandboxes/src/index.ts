export type { AppleKeyCredentials, AppleKeyFault } from './apple/keys.ts'
export type { ApnsTokenFault } from './apns/judge.ts'
export type { ApnsNotification } from './apns/notifications.ts'
export {
  type ApnsControls,
  type ApnsCredentials,
  type ApnsRefusal,
  type ApnsSandbox,
  type ApnsSandboxOptions,
  startApnsSandbox,
} from './apns/sandbox.ts'
export type { AppleServiceFault } from './apple-services/judge.ts'
export {
  type AppleServiceControls,
  type AppleServiceRefusal,
  type MusicKitCredentials,
  type MusicKitSandbox,
  type MusicKitSandboxOptions,
  startMusicKitSandbox,
  startWeatherKitSandbox,
  type WeatherKitCredentials,
  type WeatherKitSandbox,
  type WeatherKitSandboxOptions,
} from './apple-services/sandbox.ts'
export type { AppStoreServerTokenFault } from './app-store-server/judge.ts'
export {
  type AppStoreServerControls,
  type AppStoreServerCredentials,
  type AppStoreServerRefusal,
  type AppStoreServerSandbox,
  type AppStoreServerSandboxOptions,
  startAppStoreServerSandbox,
} from './app-store-server/sandbox.ts'
export type { AppleClientSecretFault } from './sign-in-with-apple/client-secret.ts'
export type { AppleCodeOptions } from './sign-in-with-apple/grants.ts'
export {
  type SignInWithAppleControls,
  type SignInWithAppleCredentials,
  type SignInWithAppleRefusal,
  type SignInWithAppleSandbox,
  type SignInWithAppleSandboxOptions,
  startSignInWithAppleSandbox,
} from './sign-in-with-apple/sandbox.ts'
export type {
  IndividualCredentials,
  TeamCredentials,
  TeamKeyNames,
} from './app-store-connect/credentials.ts'
export type { SandboxApp } from './app-store-connect/resources.ts'
export {
  type AppStoreConnectControls,
  type AppStoreConnectRefusal,
  type AppStoreConnectSandbox,
  type AppStoreConnectSandboxOptions,
  startAppStoreConnectSandbox,
} from './app-store-connect/sandbox.ts'
export type { SandboxCounts, SandboxEvent } from './events.ts'
export type { Spoilage } from './faults.ts'
export type { HttpSandbox, SandboxOptions } from './http-sandbox.ts'
export {
  type JwksControls,
  type JwksServer,
  type JwksServerOptions,
  type KeysResponse,
  startJwksServer,
} from './jwks/server.ts'
export type { SandboxReply } from './vendor.ts'
export type { ClientMethod } from './oauth/client-authentication.ts'
export type { KeyClientCredentials, SecretClientCredentials } from './oauth/clients.ts'
export {
  type OAuthControls,
  type OAuthRefusal,
  type OAuthSandbox,
  type OAuthSandboxOptions,
  startOAuthSandbox,
} from './oauth/sandbox.ts'
export type { OAuthGrant } from './oauth/token-endpoint.ts'
export type { ServiceAccountCredentials } from './google/credentials.ts'
export {
  type GoogleControls,
  type GoogleGrant,
  type GoogleRefusal,
  type GoogleSandbox,
  type GoogleSandboxOptions,
  startGoogleSandbox,
} from './google/sandbox.ts'
export type { ZoomCredentials } from './zoom/credentials.ts'
export {
  startZoomSandbox,
  type ZoomControls,
  type ZoomRefusal,
  type ZoomSandbox,
  type ZoomSandboxOptions,
} from './zoom/sandbox.ts'
export type { SdkResponse, SdkSignatureFault, SdkVerdict } from './sdk-verdict.ts'
export {
  judgeZoomMeetingSdkToken,
  type ZoomMeetingSdkFault,
  type ZoomMeetingSdkJudge,
} from './zoom/meeting-sdk.ts'
export type { ZoomTimesFault } from './zoom/sdk-times.ts'
export {
  judgeZoomVideoSdkToken,
  type ZoomVideoSdkFault,
  type ZoomVideoSdkJudge,
} from './zoom/video-sdk.ts'
export {
  type SignedVonageWebhook,
  signVonageWebhook,
  type VonageWebhookSending,
} from './vonage/webhooks.ts'
export { judgeLiveKitToken, type LiveKitFault, type LiveKitJudge } from './live-kit.ts'
export { judgeTelesignToken, type TelesignFault, type TelesignJudge } from './telesign.ts'
export { judgeTwilioToken, type TwilioFault, type TwilioJudge } from './twilio.ts'
export type { GithubAppCredentials } from './github/credentials.ts'
export type {
  GithubInstallation,
  GithubRepository,
  InstallationGrant,
} from './github/installations.ts'
export type { GithubRefusal } from './github/vendor.ts'
export {
  type GithubControls,
  type GithubSandbox,
  type GithubSandboxOptions,
  startGithubSandbox,
} from './github/sandbox.ts'
export type { VonageAccount, VonageApplication } from './vonage/credentials.ts'
export {
  type SandboxWebhook,
  startVonageSandbox,
  type VonageControls,
  type VonageRefusal,
  type VonageSandbox,
} from './vonage/sandbox.ts'
export {
  startVoicegainSandbox,
  type VoicegainControls,
  type VoicegainRefusal,
  type VoicegainSandbox,
  type VoicegainSandboxOptions,
} from './voicegain/sandbox.ts'
export type { GrantDialect, GrantRefusal } from './grants/dialects.ts'
export {
  type GrantFamily,
  type GrantSandbox,
  type GrantSandboxOptions,
  startGrantSandbox,
} from './grants/sandbox.ts'
