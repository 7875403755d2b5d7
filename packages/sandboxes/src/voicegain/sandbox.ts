import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions, requireNumber } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { type LedgerRefusal, TokenLedger } from '../token-ledger.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { VoicegainTokens } from './console-tokens.ts'
import { judgeMint, judgeUse, type VoicegainFault } from './judge.ts'
import { RateLimit } from './rate-limit.ts'
import { errorReply, refusalFor } from './replies.ts'

/** Why the Voicegain sandbox refused a request. */
export type VoicegainRefusal = VoicegainFault | LedgerRefusal | 'rate-limit'

/** Options of {@link startVoicegainSandbox}. */
export interface VoicegainSandboxOptions extends SandboxOptions {
  /** Requests in a minute. Default 75. */
  readonly perMinute?: number
  /** Requests in an hour. Default 2000. */
  readonly perHour?: number
}

/** What a test can do to the Voicegain sandbox, beside what every sandbox can. */
export interface VoicegainControls {
  /** What `voicegain` takes: the console JWT that there is at the start, and where the sandbox is. */
  readonly credentials: { readonly consoleToken: string; readonly baseUrl: string }
  /** The context of the console JWTs. */
  readonly contextId: string
  /** Generates one more console JWT for the context. */
  addConsoleToken(): string
  /** Generates a console JWT in the place of another, the first one by default: that one is over. */
  regenerate(consoleToken?: string): string
  /** Refuses one short-lived token from now on. */
  revokeToken(value: string): void
  /** Refuses every short-lived token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new short-lived tokens. */
  refuseFirstUse(count: number): void
}

/** A running Voicegain sandbox. */
export interface VoicegainSandbox extends HttpSandbox<VoicegainRefusal>, VoicegainControls {}

/**
 * Starts a server that gives short-lived tokens as Voicegain does, and an API behind it that takes
 * them, on a free port of 127.0.0.1.
 *
 * `GET /v1/security/jwt` answers a console JWT with a token, made by `jsonwebtoken`, as plain text; it
 * wants `aud`, and `expInSec` from 1 to 3600. Every other path wants one of these tokens, or a console
 * JWT; where the request has an `Origin`, it has to be that of `aud`. All answers count down the limits
 * of a minute and an hour in `RateLimit-*`; past them they are 429 with `Retry-After`.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { TokenManager } from '@mayfly/core'
 * import { voicegain } from '@mayfly/core/vendors'
 * import { startVoicegainSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startVoicegainSandbox()
 * const source = voicegain({ ...sandbox.credentials, audience: 'localhost:8088' })
 * const token = await new TokenManager(source).getToken()
 * const headers = { authorization: `Bearer ${token.value}`, origin: 'http://localhost:8088' }
 * console.log((await fetch(`${sandbox.origin}/v1/sa/config`, { headers })).status) // 200
 * ```
 */
export async function startVoicegainSandbox(
  options: VoicegainSandboxOptions = {},
): Promise<VoicegainSandbox> {
  refuseUnknownOptions(
    options,
    [...SANDBOX_OPTIONS, 'perMinute', 'perHour'],
    'startVoicegainSandbox',
  )
  const tokens = new VoicegainTokens()
  const ledger = new TokenLedger()
  const sandbox = new HttpSandbox<VoicegainRefusal>(
    (clock) => createVendor({ options, tokens, ledger, clock }),
    options,
  )
  await sandbox.listen()
  const consoleToken = tokens.addConsoleToken()
  return Object.assign(sandbox, {
    credentials: { consoleToken, baseUrl: sandbox.origin },
    contextId: tokens.contextId,
    addConsoleToken: () => tokens.addConsoleToken(),
    regenerate: (token = consoleToken) => tokens.regenerate(token),
    revokeToken: (value: string) => ledger.revoke(value),
    revokeTokensSeen: () => ledger.revokeSeen(),
    refuseFirstUse: (count: number) => ledger.refuseFirstUse(count),
  })
}

interface VendorParts {
  readonly options: VoicegainSandboxOptions
  readonly tokens: VoicegainTokens
  readonly ledger: TokenLedger
  readonly clock: Clock
}

function createVendor({ options, tokens, ledger, clock }: VendorParts): Vendor<VoicegainRefusal> {
  const { perMinute = 75, perHour = 2000 } = options
  requireNumber(perMinute, 'perMinute', { min: 0, max: 1_000_000, integer: true, unit: '' })
  requireNumber(perHour, 'perHour', { min: 0, max: 1_000_000, integer: true, unit: '' })
  const rateLimit = new RateLimit({ perMinute, perHour }, clock)

  function mint(request: SandboxRequest): Verdict<VoicegainRefusal> {
    const verdict = judgeMint(request, tokens)
    if ('fault' in verdict) return { reply: refusalFor(verdict.fault), refused: verdict.fault }
    const { aud, lifetime, sub } = verdict.order
    const iat = Math.floor(clock.now() / 1000)
    const body = `${tokens.mint({ sub, aud, iat, exp: iat + lifetime })}\n`
    return { reply: { status: 200, body } }
  }

  function use(request: SandboxRequest): Verdict<VoicegainRefusal> {
    const fault = judgeUse(request, tokens, Math.floor(clock.now() / 1000))
    if (fault !== undefined) return { reply: refusalFor(fault), refused: fault }
    const refused = ledger.use(request.bearer ?? '')
    if (refused !== undefined) return { reply: errorReply(401), refused }
    return { reply: answerTo(request) }
  }

  function judge(request: SandboxRequest): Verdict<VoicegainRefusal> {
    const { allowed, headers } = rateLimit.take()
    if (!allowed) {
      const reply = errorReply(429, 'The limit of requests has been reached.')
      return { reply: { ...reply, headers }, refused: 'rate-limit' }
    }
    const verdict = request.path === '/v1/security/jwt' ? mint(request) : use(request)
    return { ...verdict, reply: { ...verdict.reply, headers } }
  }

  const displace = (token: string): void => ledger.displace(token)
  return { name: 'voicegain', judge, displace, failure: (status) => errorReply(status) }
}

function answerTo({ method, path }: SandboxRequest): SandboxReply {
  return path.startsWith('/v1/') ? { status: 200, body: { method, path } } : errorReply(404)
}
