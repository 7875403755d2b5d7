export type {
  AdapterDriver,
  AdapterExports,
  ChooseSource,
  ConformanceCase,
  ConformanceRoute,
  Decide,
  DecideUpgrade,
  MountedServer,
  WebSocketLike,
  WebSocketServerLike,
} from './conformance/driver.ts'
export type { AttackOptions, TokenAttack } from './attacks/attack.ts'
export { type Attacks, type AttacksOptions, createAttacks } from './attacks/attacks.ts'
export { ATTACK_TOPICS, type AttackTopic } from './attacks/topics.ts'
export { browserFields, type BrowserRequest } from './browser-fields.ts'
export { adapterConformance } from './conformance/suite.ts'
export type { OpenStores, StoresDriver } from './conformance/stores/driver.ts'
export { storeConformance } from './conformance/stores/suite.ts'
export type {
  SeenWebhook,
  WebhookAdapterDriver,
  WebhookAdapterExports,
  WebhookMounting,
} from './conformance/webhooks/driver.ts'
export { webhookConformance } from './conformance/webhooks/suite.ts'
export { FakeClock } from './fake-clock.ts'
export { MemoryTokenStore } from './memory-token-store.ts'
export type { Gateway, GatewayDriver } from './gateway/driver.ts'
export { gatewayConformance } from './gateway/suite.ts'
export type { TokenFault } from './issuer/faults.ts'
export type { ProofFault } from './issuer/proof-faults.ts'
export {
  createTestProver,
  type ProveOptions,
  type TestProver,
  type TestProverOptions,
} from './issuer/test-prover.ts'
export {
  createTestIssuer,
  type MintOptions,
  type TestIssuer,
  type TestIssuerOptions,
} from './issuer/test-issuer.ts'
export type { AppleKeyCredentials, AppleKeyFault } from './sandboxes/apple/keys.ts'
export type { ApnsTokenFault } from './sandboxes/apns/judge.ts'
export type { ApnsNotification } from './sandboxes/apns/notifications.ts'
export {
  type ApnsControls,
  type ApnsCredentials,
  type ApnsRefusal,
  type ApnsSandbox,
  type ApnsSandboxOptions,
  startApnsSandbox,
} from './sandboxes/apns/sandbox.ts'
export type { AppleServiceFault } from './sandboxes/apple-services/judge.ts'
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
} from './sandboxes/apple-services/sandbox.ts'
export type { AppStoreServerTokenFault } from './sandboxes/app-store-server/judge.ts'
export {
  type AppStoreServerControls,
  type AppStoreServerCredentials,
  type AppStoreServerRefusal,
  type AppStoreServerSandbox,
  type AppStoreServerSandboxOptions,
  startAppStoreServerSandbox,
} from './sandboxes/app-store-server/sandbox.ts'
export type { AppleClientSecretFault } from './sandboxes/sign-in-with-apple/client-secret.ts'
export type { AppleCodeOptions } from './sandboxes/sign-in-with-apple/grants.ts'
export {
  type SignInWithAppleControls,
  type SignInWithAppleCredentials,
  type SignInWithAppleRefusal,
  type SignInWithAppleSandbox,
  type SignInWithAppleSandboxOptions,
  startSignInWithAppleSandbox,
} from './sandboxes/sign-in-with-apple/sandbox.ts'
export type {
  IndividualCredentials,
  TeamCredentials,
  TeamKeyNames,
} from './sandboxes/app-store-connect/credentials.ts'
export type { SandboxApp } from './sandboxes/app-store-connect/resources.ts'
export {
  type AppStoreConnectControls,
  type AppStoreConnectRefusal,
  type AppStoreConnectSandbox,
  type AppStoreConnectSandboxOptions,
  startAppStoreConnectSandbox,
} from './sandboxes/app-store-connect/sandbox.ts'
export type { SandboxCounts, SandboxEvent } from './sandboxes/events.ts'
export type { Spoilage } from './sandboxes/faults.ts'
export type { HttpSandbox, SandboxOptions } from './sandboxes/http-sandbox.ts'
export {
  type JwksControls,
  type JwksServer,
  type JwksServerOptions,
  type KeysAnswer,
  startJwksServer,
} from './sandboxes/jwks/server.ts'
export type { SandboxReply } from './sandboxes/vendor.ts'
export type { ClientMethod } from './sandboxes/oauth/client-authentication.ts'
export type { KeyClientCredentials, SecretClientCredentials } from './sandboxes/oauth/clients.ts'
export {
  type OAuthControls,
  type OAuthRefusal,
  type OAuthSandbox,
  type OAuthSandboxOptions,
  startOAuthSandbox,
} from './sandboxes/oauth/sandbox.ts'
export type { OAuthGrant } from './sandboxes/oauth/token-endpoint.ts'
export type { ServiceAccountCredentials } from './sandboxes/google/credentials.ts'
export {
  type GoogleControls,
  type GoogleGrant,
  type GoogleRefusal,
  type GoogleSandbox,
  type GoogleSandboxOptions,
  startGoogleSandbox,
} from './sandboxes/google/sandbox.ts'
export type { ZoomCredentials } from './sandboxes/zoom/credentials.ts'
export {
  startZoomSandbox,
  type ZoomControls,
  type ZoomRefusal,
  type ZoomSandbox,
  type ZoomSandboxOptions,
} from './sandboxes/zoom/sandbox.ts'
export type { SdkAnswer, SdkSignatureFault, SdkVerdict } from './sandboxes/sdk-verdict.ts'
export {
  judgeZoomMeetingSdkToken,
  type ZoomMeetingSdkFault,
  type ZoomMeetingSdkJudge,
} from './sandboxes/zoom/meeting-sdk.ts'
export type { ZoomTimesFault } from './sandboxes/zoom/sdk-times.ts'
export {
  judgeZoomVideoSdkToken,
  type ZoomVideoSdkFault,
  type ZoomVideoSdkJudge,
} from './sandboxes/zoom/video-sdk.ts'
export {
  type SignedVonageWebhook,
  signVonageWebhook,
  type VonageWebhookSending,
} from './sandboxes/vonage/webhooks.ts'
export { judgeLiveKitToken, type LiveKitFault, type LiveKitJudge } from './sandboxes/live-kit.ts'
export { judgeTelesignToken, type TelesignFault, type TelesignJudge } from './sandboxes/telesign.ts'
export { judgeTwilioToken, type TwilioFault, type TwilioJudge } from './sandboxes/twilio.ts'
export type { GitHubAppCredentials } from './sandboxes/github/credentials.ts'
export type {
  GitHubInstallation,
  GitHubRepository,
  InstallationGrant,
} from './sandboxes/github/installations.ts'
export type { GitHubRefusal } from './sandboxes/github/vendor.ts'
export {
  type GitHubControls,
  type GitHubSandbox,
  type GitHubSandboxOptions,
  startGitHubSandbox,
} from './sandboxes/github/sandbox.ts'
export type { VonageAccount, VonageApplication } from './sandboxes/vonage/credentials.ts'
export {
  type SandboxWebhook,
  startVonageSandbox,
  type VonageControls,
  type VonageRefusal,
  type VonageSandbox,
} from './sandboxes/vonage/sandbox.ts'
export {
  startVoicegainSandbox,
  type VoicegainControls,
  type VoicegainRefusal,
  type VoicegainSandbox,
  type VoicegainSandboxOptions,
} from './sandboxes/voicegain/sandbox.ts'
