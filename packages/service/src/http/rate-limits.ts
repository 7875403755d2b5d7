import { type Clock, systemClock } from '@mayfly/core'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { ServiceProblem } from './problem.ts'
import type { LimitName, RateLimit, RateLimits } from './rate-limits/options.ts'
import type { LimiterRedis } from './rate-limits/redis.ts'

type Limiter = Pick<RateLimiterMemory, 'consume'>

/** Where one request stands with all the limits that were asked about it. */
export class LimitState {
  readonly #asked: { readonly limit: RateLimit; readonly left: RateLimiterRes }[] = []

  add(limit: RateLimit, left: RateLimiterRes): void {
    this.#asked.push({ limit, left })
  }

  /** The headers of the answer, about the limit of which the least is left. */
  headers(): Readonly<Record<string, string>> {
    const [tightest] = this.#asked.toSorted(
      (a, b) =>
        a.left.remainingPoints - b.left.remainingPoints || resetOf(b.left) - resetOf(a.left),
    )
    if (tightest === undefined) return {}
    return {
      'ratelimit-limit': String(tightest.limit.limit),
      'ratelimit-remaining': String(tightest.left.remainingPoints),
      'ratelimit-reset': String(resetOf(tightest.left)),
      'ratelimit-policy': this.#asked
        .map(({ limit: { limit, window } }) => `${limit};w=${window}`)
        .join(', '),
    }
  }
}

/** How long a Redis may take, in milliseconds. */
const REDIS_TIMEOUT_MS = 1000

/**
 * Counts requests. Each is counted in one atomic step, so that several nodes on one Redis never let more
 * through than one would. When the counter cannot be reached, nobody passes.
 */
export class RateLimiter {
  readonly #limits: RateLimits
  readonly #limiters = new Map<LimitName, Limiter>()
  readonly #redis: LimiterRedis | undefined

  constructor(limits: RateLimits, redis: LimiterRedis | undefined) {
    this.#limits = limits
    this.#redis = redis
    for (const [name, limit] of Object.entries(limits) as [LimitName, RateLimit][]) {
      this.#limiters.set(name, createLimiter(name, limit, redis))
    }
  }

  /** Counts one request, and refuses it where it is one too many. */
  async count(name: LimitName, key: string, state: LimitState): Promise<void> {
    const limit = this.#limits[name]
    const limiter = this.#limiters.get(name)
    if (limit === undefined || limiter === undefined) return
    try {
      const counted = limiter.consume(key)
      state.add(limit, await (this.#redis === undefined ? counted : inTime(counted, systemClock)))
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw unavailable(thrown)
      state.add(limit, thrown)
      throw tooMany(name, resetOf(thrown))
    }
  }
}

function createLimiter(
  name: LimitName,
  { limit, window }: RateLimit,
  redis: LimiterRedis | undefined,
): Limiter {
  const options = { keyPrefix: `mayfly:limit:${name}`, points: limit, duration: window }
  if (redis === undefined) return new RateLimiterMemory(options)
  return new RateLimiterRedis({
    ...options,
    storeClient: redis.client,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
  })
}

/** A Redis that hangs is one that fails. */
async function inTime<Value>(work: Promise<Value>, clock: Clock): Promise<Value> {
  const signal = clock.timeout?.(REDIS_TIMEOUT_MS)
  if (signal === undefined) return work
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([work, late])
}

function resetOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000))
}

const WHOSE: Readonly<Record<LimitName, string>> = {
  address: 'from this address',
  client: 'with console tokens of this client',
  phone: 'for this number',
}

function tooMany(name: LimitName, seconds: number): ServiceProblem {
  const message = `There were too many requests ${WHOSE[name]}. Wait ${seconds} seconds.`
  return new ServiceProblem('ERR_RATE_LIMITED', message, {
    status: 429,
    headers: { 'retry-after': String(seconds) },
  })
}

function unavailable(cause: unknown): ServiceProblem {
  return new ServiceProblem(
    'ERR_LIMITER_UNAVAILABLE',
    'Requests cannot be counted at the moment, so none is let through. Try again.',
    { status: 503, headers: { 'retry-after': '5' }, cause },
  )
}
