import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions } from '@mayfly/core/adapter'
import { type AppleKeyCredentials, AppleKeys } from '../apple/keys.ts'
import { appleId } from '../apple/names.ts'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { TokenLedger } from '../token-ledger.ts'
import type { SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { type ApnsTokenFault, judgeToken, reasonOf } from './judge.ts'
import {
  type ApnsNotification,
  type Delivery,
  failure,
  judgeRoute,
  push,
  refusal,
} from './notifications.ts'
import { TokenUpdates } from './token-updates.ts'

/** Why the APNs sandbox refused a request. */
export type ApnsRefusal =
  | ApnsTokenFault
  | 'updated-too-often'
  | 'expired-by-test'
  | 'first-use'
  | 'token-displaced'

/** A key for push notifications and the team that it belongs to. */
export interface ApnsCredentials extends AppleKeyCredentials {
  readonly teamId: string
}

/** Options of {@link startApnsSandbox}. */
export interface ApnsSandboxOptions extends SandboxOptions {
  /** The topics that notifications may have. Default: `com.example.mayfly` alone. */
  readonly topics?: readonly string[]
  /**
   * Whether it speaks HTTP/1.1 too, which APNs itself does not. Default `true`: the `fetch` of Node
   * speaks nothing else by itself.
   */
  readonly http1?: boolean
}

/** What a test can do to the APNs sandbox, beside what every sandbox can. */
export interface ApnsControls {
  /** A key that it accepts. */
  readonly credentials: ApnsCredentials
  /** The notifications that it took, the oldest first. */
  readonly delivered: readonly ApnsNotification[]
  /** Makes one more key of the same team. */
  createKey(): ApnsCredentials
  /** Ends a key. Default: the first one. */
  revokeKey(keyId?: string): void
  /** Takes {@link revokeKey} back. */
  restoreKey(keyId?: string): void
  /** Calls every token that was used so far expired. */
  expireTokensSeen(): void
  /**
   * Refuses the first use of the next so many new tokens, as `InvalidProviderToken`. They are good after
   * that, and count as new ones all the same.
   */
  refuseFirstUse(count: number): void
  /** Lets a device leave: it answers 410 for it. */
  unregister(deviceToken: string): void
}

/** A running APNs sandbox. */
export interface ApnsSandbox extends HttpSandbox<ApnsRefusal>, ApnsControls {}

/**
 * Starts a server that judges provider tokens as APNs does, on a free port of 127.0.0.1. It speaks
 * HTTP/2 without TLS to whoever begins with it, and otherwise HTTP/1.1. Like APNs it sends no `Date`.
 *
 * It verifies with `jsonwebtoken`. It wants ES256 with a known `kid`, the team in `iss`, an `iat` within
 * the last hour by its own clock, and no other claim. A second new token within 20 minutes is answered
 * with 429 `TooManyProviderTokenUpdates`, whichever key of the team signed it; tokens that it knows go
 * on meanwhile. What it says of an `iat` in its future is not confirmed of APNs.
 *
 * It serves `POST /3/device/:token`.
 *
 * See https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { startApnsSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startApnsSandbox()
 * const url = `${sandbox.origin}/3/device/${'0'.repeat(64)}`
 * const response = await fetch(url, { method: 'POST', body: '{"aps":{}}' })
 * console.log(response.status, await response.json()) // 403 { reason: 'MissingProviderToken' }
 * ```
 */
export async function startApnsSandbox(options: ApnsSandboxOptions = {}): Promise<ApnsSandbox> {
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, 'topics', 'http1'], 'startApnsSandbox')
  const keys = new AppleKeys()
  const teamId = appleId()
  const delivered: ApnsNotification[] = []
  const ledger = new TokenLedger()
  const unregistered = new Map<string, number>()
  const delivery: Delivery = {
    topics: [...(options.topics ?? ['com.example.mayfly'])],
    unregistered,
    deliver: (notification) => void delivered.push(notification),
  }
  const sandbox = new HttpSandbox<ApnsRefusal>(
    (clock) => createVendor({ options, keys, teamId, ledger, delivery, clock }),
    options,
  )
  const credentials = { teamId, ...keys.create() }
  await sandbox.listen()
  return Object.assign(sandbox, {
    credentials,
    delivered,
    createKey: () => ({ teamId, ...keys.create() }),
    revokeKey: (keyId = credentials.keyId) => keys.revoke(keyId),
    restoreKey: (keyId = credentials.keyId) => keys.restore(keyId),
    expireTokensSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
    unregister: (deviceToken: string) => void unregistered.set(deviceToken, sandbox.clock.now()),
  })
}

interface VendorParts {
  readonly options: ApnsSandboxOptions
  readonly keys: AppleKeys
  readonly teamId: string
  readonly ledger: TokenLedger
  readonly delivery: Delivery
  readonly clock: Clock
}

function createVendor(parts: VendorParts): Vendor<ApnsRefusal> {
  const { options, keys, teamId, ledger, delivery, clock } = parts
  const updates = new TokenUpdates(clock)

  function judge(request: SandboxRequest): Verdict<ApnsRefusal> {
    const misdirected = judgeRoute(request)
    if (misdirected !== undefined) return { reply: misdirected }
    const { bearer = '' } = request
    const fault = judgeToken(request, { keys, teamId, now: Math.floor(clock.now() / 1000) })
    if (fault !== undefined) return { reply: refusal(403, reasonOf(fault)), refused: fault }
    if (!updates.admit(bearer)) {
      const reply = refusal(429, 'TooManyProviderTokenUpdates')
      return { reply, refused: 'updated-too-often' }
    }
    const refused = ledger.use(bearer)
    if (refused === undefined) return { reply: push(request, delivery) }
    if (refused === 'first-use') return { reply: refusal(403, 'InvalidProviderToken'), refused }
    const reply = refusal(403, 'ExpiredProviderToken')
    return { reply, refused: refused === 'revoked' ? 'expired-by-test' : refused }
  }

  return {
    name: 'apns',
    versions: options.http1 === false ? 'h2' : 'both',
    tellsTime: false,
    displace: (token) => ledger.displace(token),
    judge,
    failure,
  }
}
