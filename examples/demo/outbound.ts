import {
  type BearerEvent,
  bearerFetch,
  type Clock,
  LearnedClocks,
  type ManagerEvent,
  type MintReason,
  TokenManager,
  type TokenManagerStats,
} from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { type AppStoreConnectSandbox, startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import type { Journal } from './journal.ts'
import { describeApi, describeOutbound } from './words.ts'

/** A token's life in seconds, short enough to be watched. Apple would allow 1200. */
export const LIFE = { lifetime: 60, backdate: 10, refreshMargin: 20, expiryMargin: 5 } as const

/** What has happened since the start. The page takes the difference that a call made. */
export interface Tally {
  /** Requests that reached the API, and those of them whose token it refused. */
  readonly requests: number
  readonly refused: number
  /** Requests that went out a second time after a refusal. */
  readonly resent: number
  readonly mints: Readonly<Partial<Record<MintReason, number>>>
}

/** Where the outbound half stands. */
export interface Snapshot {
  /** The API's time as far as Mayfly knows it, in milliseconds since the epoch. */
  readonly now: number
  /** How far the API's clock really is ahead, in milliseconds. */
  readonly apiAheadMs: number
  readonly stats: TokenManagerStats
  readonly tally: Tally
}

/** The outbound half: the API, the one token for it, and what both report. */
export interface Outbound {
  readonly sandbox: AppStoreConnectSandbox
  readonly manager: TokenManager
  readonly clocks: LearnedClocks
  /** Calls the API with the token. */
  readonly api: typeof fetch
  readonly observe: (event: ManagerEvent | BearerEvent) => void
  readonly snapshot: () => Snapshot
}

/** Starts the API and makes the token manager; both report to the journal. */
export async function startOutbound(journal: Journal, clock: Clock): Promise<Outbound> {
  const sandbox = await startAppStoreConnectSandbox({
    clock,
    latencyMs: 20,
    hourlyLimit: 1_000_000,
  })
  const mints: Partial<Record<MintReason, number>> = {}
  let resent = 0
  sandbox.onEvent((event) => journal.note(describeApi(event)))

  function observe(event: ManagerEvent | BearerEvent): void {
    if (event.type === 'mint') mints[event.reason] = (mints[event.reason] ?? 0) + 1
    if (event.type === 'response' && event.attempt === 2) resent++
    const remark = describeOutbound(event)
    if (remark === undefined) journal.changed()
    else journal.note(remark)
  }

  const { lifetime, backdate, refreshMargin, expiryMargin } = LIFE
  const origins = [sandbox.origin]
  const source = appStoreConnect({ ...sandbox.credentials, origins, lifetime, backdate, clock })
  const manager = new TokenManager(source, { refreshMargin, expiryMargin, clock, observe })
  const clocks = new LearnedClocks(clock)

  return {
    sandbox,
    manager,
    clocks,
    api: bearerFetch(manager, { clocks, clock, observe }),
    observe,
    snapshot() {
      const stats = manager.stats()
      const { requests, refused, clockOffsetMs: apiAheadMs } = sandbox
      const tally = { requests, refused, resent, mints: { ...mints } }
      return { now: clock.now() + stats.clockOffsetMs, apiAheadMs, stats, tally }
    },
  }
}
