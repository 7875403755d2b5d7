import type { AccessToken } from '../token.ts'
import type { ReuseWindow } from './reuse-policy.ts'

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
