export { FakeClock } from './fake-clock.ts'
export type {
  IndividualCredentials,
  TeamCredentials,
} from './sandboxes/app-store-connect/credentials.ts'
export type { SandboxApp } from './sandboxes/app-store-connect/resources.ts'
export type {
  AppStoreConnectControls,
  AppStoreConnectRefusal,
  AppStoreConnectSandbox,
  AppStoreConnectSandboxOptions,
} from './sandboxes/app-store-connect/sandbox.ts'
export { startAppStoreConnectSandbox } from './sandboxes/app-store-connect/sandbox.ts'
export type { SandboxCounts, SandboxEvent } from './sandboxes/events.ts'
export type { HttpSandbox, SandboxOptions } from './sandboxes/http-sandbox.ts'
