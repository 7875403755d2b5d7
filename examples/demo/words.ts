import type {
  BearerEvent,
  ManagerEvent,
  MintReason,
  RefusalOutcome,
  VerifierEvent,
} from '@mayfly/core'
import type { AppStoreConnectRefusal, SandboxEvent } from '@mayfly/sandboxes'
import type { Remark } from './journal.ts'

const MINTED: Readonly<Record<MintReason, string>> = {
  cold: 'Minted the first token.',
  stale: 'Minted the next token in the background, while the old one went on serving.',
  expired: 'Minted a token: the last one had run out, so the call waited for it.',
  rejected: 'Minted a token in place of the one that the API refused.',
  forced: 'Minted a token, because the caller asked for a new one.',
}

const RESENT: Readonly<Record<RefusalOutcome, string>> = {
  resent: 'Sent the request again with another token.',
  'same-token': 'Sent the request again with the same token, which was brand-new.',
  'no-other-token': 'Passed the 401 on: there was no other token.',
  'not-resent': 'Passed the 401 on: a streamed request cannot be sent twice.',
  'token-kept': 'Passed the refusal on: another token would not change it.',
}

const DROPPED = {
  none: 'Dropped the token that the API refused.',
  previous: 'Went back to the token before, as the new one was refused at its first use.',
} as const

/** Why the sandbox refused a token. Apple's 401 tells none of it. */
const REFUSED: Readonly<Partial<Record<AppStoreConnectRefusal, string>>> = {
  revoked: 'the token was revoked',
  expired: 'by the API’s clock the token has ended',
  'iat-in-future': 'by the API’s clock the token was minted in the future',
  'exp-too-far': 'by the API’s clock the token ends too late',
  'rate-limit': 'too many requests',
}

/** Puts what the outbound half reports into words. `undefined`: not worth a line. */
export function describeOutbound(event: ManagerEvent | BearerEvent): Remark | undefined {
  switch (event.type) {
    case 'mint':
      return { speaker: 'mayfly', tone: 'good', text: MINTED[event.reason] }
    case 'refresh-failed':
      return { speaker: 'mayfly', tone: 'bad', text: 'Could not mint a token.' }
    case 'invalidate':
      return { speaker: 'mayfly', tone: 'plain', text: DROPPED[event.fallback] }
    case 'skew':
      // Every further answer narrows the offset down a little; that is not worth a line.
      return Math.abs(event.changeMs) < 1000
        ? undefined
        : { speaker: 'mayfly', tone: 'warn', text: describeSkew(event.offsetMs) }
    case 'refused':
      return { speaker: 'mayfly', tone: 'plain', text: RESENT[event.outcome] }
    case 'token-failed':
      return { speaker: 'mayfly', tone: 'bad', text: 'Had no other token to try with.' }
    default:
      return undefined
  }
}

/** Puts a gateway's verdict on a browser's token into words. */
export function describeInbound(gateway: string, event: VerifierEvent): Remark | undefined {
  if (event.type !== 'deny') return undefined
  const text = `The ${gateway} gateway refused the browser’s token: ${event.reason}.`
  return { speaker: 'gateway', tone: 'warn', text }
}

/** Puts what the API did with a request into words. */
export function describeApi(event: SandboxEvent<AppStoreConnectRefusal>): Remark {
  if (event.outcome === 'accepted') {
    return { speaker: 'api', tone: 'plain', text: `Accepted the token, answered ${event.status}.` }
  }
  const why = REFUSED[event.reason ?? 'malformed'] ?? event.reason ?? 'no reason given'
  return { speaker: 'api', tone: 'bad', text: `Answered ${event.status}: ${why}.` }
}

function describeSkew(offsetMs: number): string {
  const seconds = Math.round(offsetMs / 1000)
  if (seconds === 0) return 'Learned from the Date header that the API’s clock is right again.'
  const side = seconds > 0 ? 'ahead' : 'behind'
  return `Learned from the Date header that the API’s clock is ${Math.abs(seconds)} s ${side}.`
}
