/** Why Redis gave no answer: it took too long, it failed, or it answered with something else. */
export type RedisStoreErrorCode = 'ERR_REDIS_TIMEOUT' | 'ERR_REDIS_FAILED' | 'ERR_REDIS_ANSWER'

/**
 * Reports that Redis gave no answer. What guards tokens refuses them then; what only saves work is done
 * without. It never holds what was asked.
 */
export class RedisStoreError extends Error {
  override readonly name: string = 'RedisStoreError'
  readonly code: RedisStoreErrorCode

  constructor(code: RedisStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
