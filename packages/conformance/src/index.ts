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
} from './driver.ts'
export type { AttackOptions, TokenAttack } from './attacks/attack.ts'
export { type Attacks, type AttacksOptions, createAttacks } from './attacks/attacks.ts'
export { ATTACK_TOPICS, type AttackTopic } from './attacks/topics.ts'
export { adapterConformance } from './suite.ts'
export type { OpenStores, StoresDriver } from './stores/driver.ts'
export { storeConformance } from './stores/suite.ts'
export { type GrantStoreDriver, grantStoreConformance } from './stores/grants.ts'
export type {
  SeenWebhook,
  WebhookAdapterDriver,
  WebhookAdapterExports,
  WebhookMounting,
} from './webhooks/driver.ts'
export { webhookConformance } from './webhooks/suite.ts'
export type { Gateway, GatewayDriver } from './gateway/driver.ts'
export { gatewayConformance } from './gateway/suite.ts'
export { oddRequests, sendOdd, type SentOdd } from './gateway/upgrades.ts'
