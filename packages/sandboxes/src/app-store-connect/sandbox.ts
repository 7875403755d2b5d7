import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions, requireNumber } from '@mayfly/core/adapter'
import { type SandboxOptions, HttpSandbox, SANDBOX_OPTIONS } from '../http-sandbox.ts'
import { type LedgerRefusal, TokenLedger } from '../token-ledger.ts'
import type { SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import {
  type IndividualCredentials,
  type SandboxKeys,
  type TeamCredentials,
  type TeamKeyNames,
  createKeys,
} from './credentials.ts'
import { type TokenFault, judgeToken } from './judge.ts'
import { RateLimit } from './rate-limit.ts'
import { failure, notAuthorized, rateLimited } from './replies.ts'
import { type SandboxApp, Resources } from './resources.ts'

/** Why the App Store Connect sandbox refused a request: the truth that the 401 does not tell. */
export type AppStoreConnectRefusal = TokenFault | LedgerRefusal | 'rate-limit'

/** Options of {@link startAppStoreConnectSandbox}. */
export interface AppStoreConnectSandboxOptions extends SandboxOptions, TeamKeyNames {
  /** Requests that one key may make in a rolling hour. Default 3500. */
  readonly hourlyLimit?: number
  /** The apps that it lists. Default: three invented ones. */
  readonly apps?: readonly SandboxApp[]
}

/** What a test can do to the App Store Connect sandbox, beside what every sandbox can. */
export interface AppStoreConnectControls {
  /** A team key that it accepts. */
  readonly credentials: TeamCredentials
  /** An individual key that it accepts. */
  readonly individualCredentials: IndividualCredentials
  /** Makes one more team key that it accepts, as for the exchange of a key. */
  createKey(): TeamCredentials
  /** Makes one more individual key that it accepts. */
  createIndividualKey(): IndividualCredentials
  /** Ends a key, as somebody would in App Store Connect. Default: the team key. */
  revokeKey(keyId?: string): void
  /** Takes {@link revokeKey} back. */
  restoreKey(keyId?: string): void
  /** Refuses one token from now on, however good it is. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far, as when a newer one displaced them. */
  revokeTokensSeen(): void
  /**
   * Refuses the first use of the next so many new tokens, and accepts them from their second use on.
   * Apple is known to do that now and then.
   */
  refuseFirstUse(count: number): void
}

/** A running App Store Connect sandbox. */
export interface AppStoreConnectSandbox
  extends HttpSandbox<AppStoreConnectRefusal>,
    AppStoreConnectControls {}

/**
 * Starts a server that judges tokens as App Store Connect does, on a free port of 127.0.0.1.
 *
 * It verifies with `jsonwebtoken`, so that a fault of this library's own signing cannot hide itself.
 * It wants ES256 with a known `kid`; `aud`; `iss` and no `sub` for the team key, `sub: 'user'` and no
 * `iss` for the individual one; `exp` at most 1200 seconds after `iat`, and after its own clock; `iat`
 * not in its future; and a request that the token's `scope` names, if it has one. A scope of GET
 * requests on the resources that Apple lists for it may live for six months. Every fault gets the same
 * 401, as with Apple; {@link HttpSandbox.refusals} and the events tell the true reason.
 *
 * It serves `GET /v1/apps`, `GET /v1/apps/:id`, and `GET` and `POST /v1/bundleIds`.
 *
 * See https://developer.apple.com/documentation/appstoreconnectapi/generating-tokens-for-api-requests
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startAppStoreConnectSandbox({ clockOffsetMs: -90_000 })
 * const response = await fetch(`${sandbox.origin}/v1/apps`)
 * console.log(response.status, sandbox.refusals) // 401 { missing: 1 }
 * ```
 */
export async function startAppStoreConnectSandbox(
  options: AppStoreConnectSandboxOptions = {},
): Promise<AppStoreConnectSandbox> {
  const where = 'startAppStoreConnectSandbox'
  refuseUnknownOptions(
    options,
    [...SANDBOX_OPTIONS, 'hourlyLimit', 'apps', 'keyId', 'issuerId'],
    where,
  )
  const keys = createKeys(options)
  const ledger = new TokenLedger()
  const revokedKeys = new Set<string>()
  const sandbox = new HttpSandbox<AppStoreConnectRefusal>(
    (clock) => createVendor({ options, keys, ledger, revokedKeys, clock }),
    options,
  )
  await sandbox.listen()
  return Object.assign(sandbox, {
    credentials: keys.team,
    individualCredentials: keys.individual,
    createKey: () => keys.createTeamKey(),
    createIndividualKey: () => keys.createIndividualKey(),
    revokeKey: (keyId = keys.team.keyId) => void revokedKeys.add(keyId),
    restoreKey: (keyId = keys.team.keyId) => void revokedKeys.delete(keyId),
    revokeToken: (value: string) => ledger.revoke(value),
    revokeTokensSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
  })
}

interface VendorParts {
  readonly options: AppStoreConnectSandboxOptions
  readonly keys: SandboxKeys
  readonly ledger: TokenLedger
  readonly revokedKeys: ReadonlySet<string>
  readonly clock: Clock
}

function createVendor(parts: VendorParts): Vendor<AppStoreConnectRefusal> {
  const { options, keys, ledger, revokedKeys, clock } = parts
  const hourlyLimit = requireNumber(options.hourlyLimit ?? 3500, 'hourlyLimit', {
    min: 0,
    max: 1_000_000,
    integer: true,
    unit: '',
  })
  const rateLimit = new RateLimit(hourlyLimit, clock)
  const resources = new Resources(options.apps)

  function judge(request: SandboxRequest): Verdict<AppStoreConnectRefusal> {
    const judgement = judgeToken(request, {
      keys: keys.known,
      isRevoked: (keyId) => revokedKeys.has(keyId),
      now: Math.floor(clock.now() / 1000),
    })
    if ('fault' in judgement) return { reply: notAuthorized(), refused: judgement.fault }
    const refusal = ledger.use(request.bearer ?? '')
    if (refusal !== undefined) return { reply: notAuthorized(), refused: refusal }
    const allowed = rateLimit.take(judgement.keyId)
    const reply = allowed ? resources.answer(request) : rateLimited()
    const headers = { ...reply.headers, 'x-rate-limit': rateLimit.header(judgement.keyId) }
    return { reply: { ...reply, headers }, ...(!allowed && { refused: 'rate-limit' as const }) }
  }

  return { name: 'app-store-connect', judge, failure, displace: (token) => ledger.displace(token) }
}
