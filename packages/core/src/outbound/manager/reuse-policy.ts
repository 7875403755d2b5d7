import { SourceError } from '../../base/errors.ts'
import { invalid, optionalNumber } from '../../base/options.ts'
import type { AccessToken, ReuseHints } from '../token.ts'

/** How long a token is reused. All but `jitter` in seconds. */
export interface ReuseOptions {
  /**
   * Refresh in the background this long before a token ends. Default: 300, or a quarter of the
   * token's life where that is less.
   */
  readonly refreshMargin?: number
  /**
   * Never hand out a token with less than this left, as long as a new one can be had. Default: 30,
   * or a tenth of the token's life where that is less.
   */
  readonly expiryMargin?: number
  /**
   * Use no token for longer than this after its `issuedAt`, whatever its `expiresAt` says. Default:
   * what the source says, if it says anything.
   */
  readonly maxReuse?: number
  /**
   * Mint no new token before the last one is this old, even when forced. Default: what the source
   * says, or 0.
   */
  readonly minAge?: number
  /**
   * Pull the refresh earlier by up to this share of `refreshMargin`, drawn once per token, so that
   * many processes do not refresh at once. 0 to 1, default 0.2.
   */
  readonly jitter?: number
}

/** The names of the {@link ReuseOptions}. */
export const REUSE_OPTIONS: readonly (keyof ReuseOptions)[] = [
  'refreshMargin',
  'expiryMargin',
  'maxReuse',
  'minAge',
  'jitter',
]

/** The edges of one token's life, in milliseconds since the epoch on the server's clock. */
export interface ReuseWindow {
  /** From here on a refresh starts in the background. */
  readonly freshUntil: number
  /** From here on callers wait for the refresh. */
  readonly staleUntil: number
  /** From here on the token is of no use, even when no new one can be had. */
  readonly usableUntil: number
  /** Seconds that the token had left when it came. */
  readonly lifetime: number
  /** The margins asked for did not fit this token, and the default ones were taken. */
  readonly adjusted: boolean
}

/** Checked {@link ReuseOptions}, ready to be applied to tokens. */
export interface ReusePolicy {
  /** For so long after a mint no other may follow, in milliseconds. */
  readonly minAgeMs: number
  /**
   * Draws the edges for a token.
   * @param receivedAt when it came, in milliseconds on the server's clock
   * @param draw a number from 0 up to 1 that places the jitter
   */
  windowOf(token: AccessToken, receivedAt: number, draw: number): ReuseWindow
}

/** What counts of a manager's own options and the source's: each of its own goes first. */
export function reuseOf(options: ReuseOptions, hints: ReuseHints = {}): ReuseHints {
  const { maxReuse = hints.maxReuse, minAge = hints.minAge } = options
  return Object.freeze({
    ...(maxReuse !== undefined && { maxReuse }),
    ...(minAge !== undefined && { minAge }),
  })
}

/**
 * Checks the options against each other and, where it is known, against the lifetime of the source's
 * tokens.
 */
export function compileReusePolicy(
  options: ReuseOptions,
  sourceLifetime: number | undefined,
): ReusePolicy {
  const refreshMargin = optionalNumber(options.refreshMargin, 'refreshMargin')
  const expiryMargin = optionalNumber(options.expiryMargin, 'expiryMargin')
  const maxReuse = optionalNumber(options.maxReuse, 'maxReuse', { min: 1 }) ?? Infinity
  const minAge = optionalNumber(options.minAge, 'minAge') ?? 0
  const jitter = optionalNumber(options.jitter, 'jitter', { max: 1, unit: 'parts' }) ?? 0.2
  const asked: Asked = { refreshMargin, expiryMargin, jitter }

  if (refreshMargin !== undefined && expiryMargin !== undefined && refreshMargin <= expiryMargin) {
    throw invalid(
      'refreshMargin',
      `"refreshMargin" (${refreshMargin}) must be greater than "expiryMargin" (${expiryMargin}): the refresh has to begin before the token counts as expired.`,
    )
  }
  const lifetime = Math.min(sourceLifetime ?? Infinity, maxReuse)
  if (lifetime !== Infinity) requireFit(asked, lifetime, minAge)

  return {
    minAgeMs: minAge * 1000,
    windowOf(token, receivedAt, draw) {
      const end = Math.min(token.expiresAt, token.issuedAt + maxReuse)
      const life = end - receivedAt / 1000
      const wanted = margins(asked, life)
      const adjusted = !fits(wanted, life, jitter)
      const { refresh, expiry } = adjusted ? margins({ jitter }, life) : wanted
      return {
        freshUntil: (end - refresh * (1 + jitter * draw)) * 1000,
        staleUntil: (end - expiry) * 1000,
        usableUntil: end * 1000,
        lifetime: life,
        adjusted,
      }
    },
  }
}

interface Asked {
  readonly refreshMargin?: number | undefined
  readonly expiryMargin?: number | undefined
  readonly jitter: number
}

interface Margins {
  readonly refresh: number
  readonly expiry: number
}

function margins(asked: Asked, life: number): Margins {
  const { refreshMargin, expiryMargin } = asked
  const expiry =
    expiryMargin ??
    Math.min(30, life / 10, refreshMargin === undefined ? Infinity : refreshMargin / 2)
  // An expiry margin of the caller's own leaves a quarter of the rest for the refresh.
  const earliest = expiryMargin === undefined ? 0 : expiry + (life - expiry) / 4
  return { refresh: refreshMargin ?? Math.max(Math.min(300, life / 4), earliest), expiry }
}

function fits({ refresh, expiry }: Margins, life: number, jitter: number): boolean {
  return expiry < refresh && refresh * (1 + jitter) < life
}

function requireFit(asked: Asked, lifetime: number, minAge: number): void {
  if (minAge >= lifetime) {
    throw invalid(
      'minAge',
      `"minAge" is ${minAge} seconds, but a token can be used for ${lifetime} only: it could never be replaced in time.`,
    )
  }
  if (fits(margins(asked, lifetime), lifetime, asked.jitter)) return
  const name = asked.refreshMargin === undefined ? 'expiryMargin' : 'refreshMargin'
  throw invalid(
    name,
    `"${name}" is ${asked[name]} seconds, but a token can be used for ${lifetime} only: every call would mint a new one. Give a margin well below ${lifetime} (a jitter of ${asked.jitter} comes on top).`,
  )
}

/** A token in hand, with the edges of its life. */
export interface HeldToken extends ReuseWindow {
  readonly token: AccessToken
  /** The token as it is given out, made once. Absent where a promise must not be shared. */
  readonly promise: Promise<AccessToken> | undefined
  /** The local clock when it came, in milliseconds. */
  readonly mintedAt: number
  /** The server refused it, but another may not be minted yet. */
  readonly refused: boolean
  /** How far the server's clock was known to be off when it came, in milliseconds. */
  readonly offsetMs: number
  /** The server has accepted it at least once. */
  confirmed: boolean
  /** How often it was given out. */
  served: number
}

/** Whether a token is good for so many seconds more. */
export function livesFor(held: HeldToken, now: number, minLifetime: number): boolean {
  return now < held.usableUntil && now + minLifetime * 1000 <= held.usableUntil
}

/** The state of a token at a moment of the server's time. */
export function stateOf(
  held: HeldToken | undefined,
  now: number,
): 'empty' | 'fresh' | 'stale' | 'expired' {
  if (held === undefined) return 'empty'
  if (held.refused) return 'expired'
  if (now < held.freshUntil) return 'fresh'
  return now < held.staleUntil ? 'stale' : 'expired'
}

/** A refused token that has to serve until another may be minted. */
export function refusedOf(held: HeldToken): HeldToken {
  return { ...held, refused: true, freshUntil: Number.NEGATIVE_INFINITY }
}

/** Says that no token of a source can be as good as was asked for. */
export function tooShort(minLifetime: number, { lifetime }: HeldToken): SourceError {
  return new SourceError(
    'ERR_TOKEN_TOO_SHORT',
    `"minLifetime" asks for ${minLifetime} seconds, but a new token of this source lives ${Math.floor(lifetime)}.`,
    { permanent: true },
  )
}
