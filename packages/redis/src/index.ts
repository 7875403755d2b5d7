export type {
  IoRedisLike,
  NodeRedisClusterLike,
  NodeRedisLike,
  NodeRedisSentinelLike,
  RedisClient,
  RedisStoreOptions,
} from './client.ts'
export { RedisStoreError, type RedisStoreErrorCode } from './errors.ts'
export { RedisGrantStore, type RedisGrantStoreOptions } from './grant-store.ts'
export { RedisGenerations, type RedisGenerationsOptions } from './generations.ts'
export { RedisOneTimeGuard } from './one-time-guard.ts'
export { RedisRevocations } from './revocations.ts'
export { type EncryptionKey, RedisTokenStore, type RedisTokenStoreOptions } from './token-store.ts'
