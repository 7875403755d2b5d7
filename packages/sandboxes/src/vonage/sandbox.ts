import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { type LedgerRefusal, TokenLedger } from '../token-ledger.ts'
import type { SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import {
  createAccount,
  SandboxApplication,
  type VonageAccount,
  type VonageApplication,
} from './credentials.ts'
import { judgeToken, type VonageTokenFault } from './judge.ts'
import { failure, forbidden, unauthorized } from './replies.ts'
import { Resources } from './resources.ts'
import { signVonageWebhook, type VonageWebhookSending } from './webhooks.ts'

/** Why the Vonage sandbox refused a request: the truth that the 401 does not tell. */
export type VonageRefusal = VonageTokenFault | LedgerRefusal

/** What is unusual about a webhook that the sandbox sends. */
export type SandboxWebhook = Omit<Partial<VonageWebhookSending>, 'clock'>

/** What a test can do to the Vonage sandbox, beside what every sandbox can. */
export interface VonageControls {
  /** The application whose tokens it accepts, with the key that it had at the start. */
  readonly credentials: VonageApplication
  /** The account that its webhooks are signed for. */
  readonly account: VonageAccount
  /** Gives the application a new key, as in the dashboard: the one before is over at once. */
  regenerateKey(): VonageApplication
  /** Refuses one token from now on, however good it is. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new tokens. */
  refuseFirstUse(count: number): void
  /**
   * Sends a signed webhook of the account and the application, dated by the sandbox's clock.
   *
   * @param payload the body as it is to be sent, or an object that is written as the options say.
   */
  sendWebhook(
    url: string | URL,
    payload: string | Readonly<Record<string, unknown>>,
    options?: SandboxWebhook,
  ): Promise<Response>
}

/** A running Vonage sandbox. */
export interface VonageSandbox extends HttpSandbox<VonageRefusal>, VonageControls {}

/**
 * Starts a server that judges tokens as Vonage's APIs do, on a free port of 127.0.0.1, and that sends
 * signed webhooks.
 *
 * It verifies with `jsonwebtoken`. It wants RS256; the `application_id` of its application; `iat`, not
 * in its future; a UUID as `jti`; an `exp` of at least 30 seconds after `iat`, or none, which means 15
 * minutes; and takes no token a day after its `iat`. `nbf` and `acl` count where they are there: a path
 * that the ACL does not name gets 403, every other fault the same 401.
 *
 * It serves `POST /v1/messages`, `GET` and `POST /v1/calls`, users and conversations.
 *
 * See https://developer.vonage.com/en/getting-started/concepts/authentication
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { vonage } from '@mayfly/core/vendors'
 * import { startVonageSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startVonageSandbox()
 * const source = vonage({ ...sandbox.credentials, origins: [sandbox.origin] })
 * const send = bearerFetch(new TokenManager(source))
 * console.log((await send(`${sandbox.origin}/v1/calls`)).status) // 200
 * ```
 */
export async function startVonageSandbox(options: SandboxOptions = {}): Promise<VonageSandbox> {
  refuseUnknownOptions(options, SANDBOX_OPTIONS, 'startVonageSandbox')
  const application = new SandboxApplication()
  const account = createAccount()
  const ledger = new TokenLedger()
  const sandbox = new HttpSandbox<VonageRefusal>(
    (clock) => createVendor({ application, ledger, clock }),
    options,
  )
  await sandbox.listen()
  const { applicationId } = application
  const sender = { ...account, applicationId, clock: sandbox.clock }
  return Object.assign(sandbox, {
    credentials: application.credentials,
    account,
    regenerateKey: () => application.regenerateKey(),
    revokeToken: (value: string) => ledger.revoke(value),
    revokeTokensSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
    sendWebhook: (
      url: string | URL,
      payload: string | Readonly<Record<string, unknown>>,
      webhook: SandboxWebhook = {},
    ) => deliver(url, payload, { ...sender, ...webhook }),
  })
}

interface VendorParts {
  readonly application: SandboxApplication
  readonly ledger: TokenLedger
  readonly clock: Clock
}

function createVendor({ application, ledger, clock }: VendorParts): Vendor<VonageRefusal> {
  const resources = new Resources()

  function judge(request: SandboxRequest): Verdict<VonageRefusal> {
    const now = Math.floor(clock.now() / 1000)
    const fault = judgeToken(request, { application, now }) ?? ledger.use(request.bearer ?? '')
    if (fault === undefined) return { reply: resources.answer(request) }
    return { reply: fault === 'acl' ? forbidden() : unauthorized(), refused: fault }
  }

  return { name: 'vonage', judge, failure, displace: (token) => ledger.displace(token) }
}

async function deliver(
  url: string | URL,
  payload: string | Readonly<Record<string, unknown>>,
  sending: VonageWebhookSending,
): Promise<Response> {
  const { method, query, headers, body } = signVonageWebhook(payload, sending)
  const target = new URL(url)
  if (method === 'GET') target.search = query
  return fetch(target, { method, headers, ...(method === 'POST' && { body }), redirect: 'manual' })
}
