import { invalid, refuseUnknownOptions, requireNumber, requireOptions } from '@mayfly/core/adapter'

/** So many requests in so long a time. */
export interface RateLimit {
  /** Requests in a window. */
  readonly limit: number
  /** Seconds from the first request until the count begins anew. */
  readonly window: number
}

/** What requests are counted by. */
export type LimitName = 'address' | 'client' | 'phone'

/** The limits that are held. */
export type RateLimits = Readonly<Partial<Record<LimitName, RateLimit>>>

/** Limits on requests, each `null` to leave it out. */
export interface RateLimitOptions {
  /** From one IPv4 address, or from one /64 of IPv6. Default 300 in 60 seconds. */
  readonly address?: RateLimit | null
  /** With console tokens of one client. Default 3000 in 60 seconds. */
  readonly client?: RateLimit | null
  /** Tokens of Telesign for one phone number. Default 10 in 600 seconds. */
  readonly phone?: RateLimit | null
}

const USUAL = {
  address: { limit: 300, window: 60 },
  client: { limit: 3000, window: 60 },
  phone: { limit: 10, window: 600 },
} as const

/**
 * Checks the option `rateLimits`; `null` leaves all limits out.
 *
 * @throws {OptionError} when one is unknown or unsound.
 */
export function readRateLimits(options: RateLimitOptions | null | undefined): RateLimits {
  if (options === null) return {}
  if (options === undefined) return USUAL
  requireOptions(options, 'rateLimits')
  refuseUnknownOptions(options, Object.keys(USUAL), 'rateLimits')
  const limits: Partial<Record<LimitName, RateLimit>> = {}
  for (const name of Object.keys(USUAL) as LimitName[]) {
    const limit = options[name] === undefined ? USUAL[name] : options[name]
    if (limit !== null) limits[name] = readLimit(limit, `rateLimits.${name}`)
  }
  return limits
}

function readLimit(limit: RateLimit, option: string): RateLimit {
  if (typeof limit !== 'object') {
    throw invalid(option, `"${option}" must be { limit, window }, or null for none.`)
  }
  refuseUnknownOptions(limit, ['limit', 'window'], option)
  const whole = { min: 1, integer: true }
  return {
    limit: requireNumber(limit.limit, `${option}.limit`, {
      ...whole,
      max: 1e9,
      unit: 'requests',
    }),
    window: requireNumber(limit.window, `${option}.window`, { ...whole, max: 86_400 }),
  }
}
