import { randomUUID } from 'node:crypto'
import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions } from '@mayfly/core/adapter'
import { type AppleKeyCredentials, AppleKeys } from '../apple/keys.ts'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { type LedgerRefusal, TokenLedger } from '../token-ledger.ts'
import type { SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { type AppStoreServerTokenFault, judgeToken } from './judge.ts'
import { answer, failure, unauthenticated } from './resources.ts'

/** Why the App Store Server sandbox refused a request: the truth that the 401 does not tell. */
export type AppStoreServerRefusal = AppStoreServerTokenFault | LedgerRefusal

/** An In-App Purchase key and the app that it is used for. */
export interface AppStoreServerCredentials extends AppleKeyCredentials {
  readonly issuerId: string
  readonly bundleId: string
}

/** Options of {@link startAppStoreServerSandbox}. */
export interface AppStoreServerSandboxOptions extends SandboxOptions {
  /** Default `com.example.mayfly`. */
  readonly bundleId?: string
  /** The transactions that it knows. Default: `2000000000000001` alone. */
  readonly transactionIds?: readonly string[]
}

/** What a test can do to the App Store Server sandbox, beside what every sandbox can. */
export interface AppStoreServerControls {
  /** A key that it accepts. */
  readonly credentials: AppStoreServerCredentials
  /** Makes one more key that it accepts, as for the exchange of a key. */
  createKey(): AppStoreServerCredentials
  /** Ends a key. Default: the first one. */
  revokeKey(keyId?: string): void
  /** Takes {@link revokeKey} back. */
  restoreKey(keyId?: string): void
  /** Refuses one token from now on, however good it is. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new tokens. */
  refuseFirstUse(count: number): void
}

/** A running App Store Server sandbox. */
export interface AppStoreServerSandbox
  extends HttpSandbox<AppStoreServerRefusal>,
    AppStoreServerControls {}

/**
 * Starts a server that judges tokens as the App Store Server API does, on a free port of 127.0.0.1.
 *
 * It verifies with `jsonwebtoken`. It wants ES256 with a known `kid`; `aud`, `iss` and `bid`; `exp` at
 * most 3600 seconds after `iat`, and in its own future; and `iat` not a second in its future. Every
 * fault gets the same 401, which names none, as with Apple; {@link HttpSandbox.refusals} and the events
 * tell the true reason.
 *
 * It serves `GET /inApps/v1/transactions/:id` and `POST /inApps/v1/notifications/test`. What it gives
 * as a signed transaction is signed by nobody.
 *
 * See https://developer.apple.com/documentation/appstoreserverapi/generating-json-web-tokens-for-api-requests
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { startAppStoreServerSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startAppStoreServerSandbox()
 * const response = await fetch(`${sandbox.origin}/inApps/v1/transactions/1`)
 * console.log(response.status, sandbox.refusals) // 401 { missing: 1 }
 * ```
 */
export async function startAppStoreServerSandbox(
  options: AppStoreServerSandboxOptions = {},
): Promise<AppStoreServerSandbox> {
  const known = [...SANDBOX_OPTIONS, 'bundleId', 'transactionIds']
  refuseUnknownOptions(options, known, 'startAppStoreServerSandbox')
  const { bundleId = 'com.example.mayfly' } = options
  const keys = new AppleKeys()
  const party = { issuerId: randomUUID(), bundleId }
  const ledger = new TokenLedger()
  const sandbox = new HttpSandbox<AppStoreServerRefusal>(
    (clock) => createVendor({ options, keys, ledger, party, clock }),
    options,
  )
  const credentials = { ...keys.create(), ...party }
  await sandbox.listen()
  return Object.assign(sandbox, {
    credentials,
    createKey: () => ({ ...keys.create(), ...party }),
    revokeKey: (keyId = credentials.keyId) => keys.revoke(keyId),
    restoreKey: (keyId = credentials.keyId) => keys.restore(keyId),
    revokeToken: (value: string) => ledger.revoke(value),
    revokeTokensSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
  })
}

interface VendorParts {
  readonly options: AppStoreServerSandboxOptions
  readonly keys: AppleKeys
  readonly ledger: TokenLedger
  readonly party: { readonly issuerId: string; readonly bundleId: string }
  readonly clock: Clock
}

function createVendor(parts: VendorParts): Vendor<AppStoreServerRefusal> {
  const { keys, ledger, party, clock } = parts
  const transactionIds = [...(parts.options.transactionIds ?? ['2000000000000001'])]

  function judge(request: SandboxRequest): Verdict<AppStoreServerRefusal> {
    const now = Math.floor(clock.now() / 1000)
    const refused = judgeToken(request, { keys, ...party, now }) ?? ledger.use(request.bearer ?? '')
    if (refused !== undefined) return { reply: unauthenticated(), refused }
    return { reply: answer(request, transactionIds) }
  }

  return { name: 'app-store-server', judge, failure, displace: (token) => ledger.displace(token) }
}
