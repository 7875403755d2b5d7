/** The most likely causes of a refusal. The list is bounded, so it can label a metric. */
export type RefusalCause =
  /** The local clock is ahead of the server's: the token is from the server's future. */
  | 'clock-fast'
  /** The local clock is behind the server's: the token had ended there before it was sent. */
  | 'clock-slow'
  | 'token-expired'
  | 'lifetime-too-long'
  | 'key-never-worked'
  /** The key has worked, this token never did. */
  | 'new-token-refused'
  /** The key has worked, and now one token of it after the other is refused. */
  | 'key-revoked'
  /** The token has worked, and does no longer, although it has not ended. */
  | 'token-revoked'
  | 'permission'
  | 'agreement'
  | 'rate-limit'
  | 'server-error'
  | 'unknown'

/** What the advice is made from. */
export interface AdviceFacts {
  readonly clockOffsetMs: number
  readonly lifetime: number
  readonly maxLifetime: number | undefined
  readonly keyId: string | undefined
  readonly remainingLife: number
  readonly vendorCode: string | undefined
}

const ADVICE: Readonly<Record<RefusalCause, string | ((facts: AdviceFacts) => string)>> = {
  'clock-fast': (facts) =>
    `The local clock is ${secondsOff(facts)} s ahead of the server's, so the token is dated in its future. Set the clock (NTP); Mayfly dates the next token by the server's.`,
  'clock-slow': (facts) =>
    `The local clock is ${secondsOff(facts)} s behind the server's, so the token had already ended there. Set the clock (NTP); Mayfly dates the next token by the server's.`,
  'token-expired': ({ remainingLife }) =>
    remainingLife > 0
      ? `The server says that the token had ended, and by the clock that is known here it has ${remainingLife} s left. Set the clock (NTP).`
      : 'The token had ended. If it was kept by hand, let a TokenManager keep it.',
  'lifetime-too-long': ({ lifetime, maxLifetime }) =>
    `The token lives ${lifetime} s; this vendor takes ${maxLifetime} s at the most. Give a shorter "lifetime".`,
  'key-never-worked': ({ keyId }) =>
    `The key${keyId === undefined ? '' : ` ${keyId.slice(0, 64)}`} has not worked since this process began. Check that key id, issuer and private key belong together, that the key was not revoked, and that it is for this environment.`,
  'new-token-refused':
    'The key works, but this new token was refused. Some vendors refuse a new token now and then, or let a newer one displace it; when it goes on, the key was revoked.',
  'key-revoked':
    'The key had worked, and now two of its tokens in a row were refused: most likely it was revoked. Put a new one in its place.',
  'token-revoked':
    'The token had worked and has not ended: it, or its key, was revoked, or a newer token displaced it.',
  permission:
    'The token is good, but its key or role may not do this. Another token will not help; change the role or the scope.',
  agreement:
    "The account has to accept the vendor's current agreement first, in the vendor's console.",
  'rate-limit': ({ vendorCode = '' }) =>
    vendorCode.endsWith('TokenUpdates')
      ? 'Too many new tokens, counted by team: keep one TokenManager for it, and one store where several processes share the team.'
      : 'Too many requests: wait for as long as Retry-After says. The token is not the problem.',
  'server-error': 'The server failed. The token is not the problem; try again later.',
  unknown: 'The answer gives no reason that is known here. Look at the vendor code and the status.',
}

/** Says what to do about a cause. */
export function adviceFor(cause: RefusalCause, facts: AdviceFacts): string {
  const advice = ADVICE[cause]
  return typeof advice === 'string' ? advice : advice(facts)
}

function secondsOff({ clockOffsetMs }: AdviceFacts): number {
  return Math.abs(Math.round(clockOffsetMs / 1000))
}
