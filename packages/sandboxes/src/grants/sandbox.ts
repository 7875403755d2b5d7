import { randomUUID } from 'node:crypto'
import { type Clock } from '@mayfly/core'
import { refuseUnknownOptions, requireNumber, requireOneOf } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import { DIALECTS, type GrantDialect, type GrantRefusal } from './dialects.ts'

/** Options of {@link startGrantSandbox}. */
export interface GrantSandboxOptions extends SandboxOptions {
  /** Whose words it speaks. Default `oauth`. */
  readonly dialect?: GrantDialect
  /** Seconds that access tokens live. Default: what the dialect's vendor says. */
  readonly expiresIn?: number
  /** Whether each use gives a new refresh token and ends the old one. Default: as the vendor does. */
  readonly rotates?: boolean
  /** For so many milliseconds a used refresh token still works, once the new one is unused. Default 0. */
  readonly forgivesMs?: number
}

/** One user's consent, with the refresh tokens that came of it. */
export interface GrantFamily {
  readonly name: string
  /** How often it was refreshed. */
  readonly rotations: number
  readonly ended: boolean
  /** It ended since a refresh token came that had been used. */
  readonly reused: boolean
  /** Requests with one of its refresh tokens, good or bad. */
  readonly requests: number
  /** The `User-Agent` that got the newest refresh token, and when, in milliseconds. */
  readonly refreshedBy: string | undefined
  readonly refreshedAt: number
  /** The `User-Agent` that used a refresh token again. */
  readonly reusedBy: string | undefined
}

/** A running sandbox. */
export interface GrantSandbox extends HttpSandbox<GrantRefusal> {
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly families: readonly GrantFamily[]
  /** Gives the answer to a code exchange, of a new family. Its tokens may live for other seconds. */
  connect(options?: { readonly expiresIn?: number }): {
    readonly access_token: string
    readonly refresh_token: string
    readonly [field: string]: unknown
  }
  /** Ends the access tokens that are out, and no refresh token. */
  endAccessTokens(): void
  /** Ends a family, as its user does in the vendor's settings. Default: all. */
  endFamily(name?: string): void
}

interface Family {
  readonly name: string
  current: string
  before: { readonly token: string; readonly until: number } | undefined
  access: { readonly value: string; readonly expiresAt: number }[]
  rotations: number
  requests: number
  ended: boolean
  reused: boolean
  readonly expiresIn: number
  refreshedBy: string | undefined
  refreshedAt: number
  reusedBy: string | undefined
}

/**
 * Starts an authorization server that gives refresh tokens, with an API behind it, on a free port of
 * 127.0.0.1. `POST /token` refreshes, `POST /revoke` revokes (RFC 7009), every other path is an API that
 * wants one of its access tokens. It is as strict as RFC 9700 section 4.14 asks: a refresh token that
 * comes twice ends its family.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch } from '@mayfly/core'
 * import { GrantManager, MemoryGrantStore } from '@mayfly/core/grants'
 * import { startGrantSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startGrantSandbox()
 * const { tokenEndpoint: endpoint, clientId, clientSecret, origin } = sandbox
 * await using grants = new GrantManager({
 *   store: new MemoryGrantStore(),
 *   sealing: null,
 *   endpoint,
 *   client: { clientId, clientSecret },
 *   origins: [origin],
 * })
 * await grants.save('shop-1', sandbox.connect())
 * sandbox.endAccessTokens()
 * const response = await bearerFetch(grants.source('shop-1'))(`${origin}/orders`)
 * console.log(response.status, sandbox.families[0]?.rotations) // 200 1
 * ```
 */
export async function startGrantSandbox(options: GrantSandboxOptions = {}): Promise<GrantSandbox> {
  const own = ['dialect', 'expiresIn', 'rotates', 'forgivesMs']
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, ...own], 'startGrantSandbox')
  const state = new GrantState(options)
  const sandbox = new HttpSandbox<GrantRefusal>((clock) => state.vendor(clock), options)
  await sandbox.listen()
  return Object.assign(sandbox, {
    tokenEndpoint: `${sandbox.origin}/token`,
    revocationEndpoint: `${sandbox.origin}/revoke`,
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    families: state.families,
    connect: ({ expiresIn }: { readonly expiresIn?: number } = {}) =>
      state.connect(sandbox.origin, expiresIn),
    endAccessTokens: () => {
      for (const family of state.families) family.access = []
    },
    endFamily: (name?: string) => {
      for (const family of state.families) {
        if (name === undefined || family.name === name) family.ended = true
      }
    },
  })
}

class GrantState {
  readonly clientId = 'sandbox-client'
  readonly clientSecret = `sandbox-secret-${randomUUID()}`
  readonly families: Family[] = []
  readonly #dialect: (typeof DIALECTS)[GrantDialect]
  readonly #expiresIn: number
  readonly #rotates: boolean
  readonly #forgivesMs: number
  #clock: Clock | undefined
  #origin = ''

  constructor(options: GrantSandboxOptions) {
    const names = Object.keys(DIALECTS) as GrantDialect[]
    this.#dialect = DIALECTS[requireOneOf(options.dialect ?? 'oauth', 'dialect', names)]
    const bounds = { min: 1, max: 1_000_000_000, integer: true }
    const { expiresIn = this.#dialect.expiresIn, forgivesMs = 0 } = options
    this.#expiresIn = requireNumber(expiresIn, 'expiresIn', bounds)
    this.#rotates = options.rotates ?? this.#dialect.rotates
    this.#forgivesMs = requireNumber(forgivesMs, 'forgivesMs', { unit: 'milliseconds' })
  }

  vendor(clock: Clock): Vendor<GrantRefusal> {
    this.#clock = clock
    return {
      name: 'grants',
      judge: (request) => this.#judge(request),
      failure: (status) => ({ status, body: status >= 500 ? 'Something went wrong.' : 'No.' }),
    }
  }

  connect(origin: string, expiresIn = this.#expiresIn): ReturnType<GrantSandbox['connect']> {
    this.#origin = origin
    const family: Family = {
      name: `family-${this.families.length}`,
      current: '',
      before: undefined,
      access: [],
      rotations: 0,
      requests: 0,
      ended: false,
      reused: false,
      expiresIn,
      refreshedBy: undefined,
      refreshedAt: this.#now(),
      reusedBy: undefined,
    }
    this.families.push(family)
    return this.#issue(family, true)
  }

  #judge(request: SandboxRequest): Verdict<GrantRefusal> {
    if (request.path === '/token') return this.#refresh(request)
    if (request.path === '/revoke') return this.#revoke(request)
    const { bearer } = request
    const token = bearer ?? request.header('x-shopify-access-token')
    if (token === undefined) return refusal(401, 'token-missing', { error: 'no token' })
    for (const { access, ended, name } of this.families) {
      const found = access.find(({ value }) => value === token)
      if (found === undefined || ended) continue
      if (found.expiresAt <= this.#now()) return refusal(401, 'token-expired', { error: 'expired' })
      return { reply: { status: 200, body: { family: name } }, credential: token }
    }
    return refusal(401, 'token-unknown', { error: 'invalid_token' })
  }

  #refresh(request: SandboxRequest): Verdict<GrantRefusal> {
    const form = formOf(request)
    const refuse = (reason: GrantRefusal): Verdict<GrantRefusal> => ({
      reply: this.#dialect.refusal(reason),
      refused: reason,
    })
    if (request.method !== 'POST' || form.get('grant_type') !== 'refresh_token') {
      return refuse('request')
    }
    if (!this.#isClient(request, form)) return refuse('client')
    const token = form.get('refresh_token') ?? ''
    const family = this.families.find(({ name }) => token.startsWith(`${name}.`))
    if (family === undefined) return refuse('refresh-token-unknown')
    family.requests++
    if (family.ended) return refuse('family-ended')
    const { before } = family
    const isForgiven = before?.token === token && this.#now() < before.until
    if (token !== family.current && !isForgiven) {
      family.ended = true
      family.reused = true
      family.reusedBy = request.header('user-agent')
      return refuse('refresh-token-reused')
    }
    family.rotations++
    family.refreshedBy = request.header('user-agent')
    family.refreshedAt = this.#now()
    return { reply: { status: 200, body: this.#issue(family, false) }, credential: token }
  }

  #revoke(request: SandboxRequest): Verdict<GrantRefusal> {
    const form = formOf(request)
    if (!this.#isClient(request, form)) return refusal(401, 'client', { error: 'invalid_client' })
    const token = form.get('token') ?? ''
    for (const family of this.families) {
      if (token.startsWith(`${family.name}.`)) family.ended = true
    }
    return { reply: { status: 200 } }
  }

  #issue(family: Family, isFirst: boolean) {
    const { current } = family
    if (isFirst || this.#rotates) {
      family.before = { token: current, until: this.#now() + this.#forgivesMs }
      family.current = `${family.name}.refresh-${randomUUID()}`
    }
    const value = `access-${randomUUID()}`
    family.access.push({ value, expiresAt: this.#now() + family.expiresIn * 1000 })
    const tokens = { access: value, expiresIn: family.expiresIn, origin: this.#origin }
    const refresh = isFirst || this.#rotates ? family.current : undefined
    return this.#dialect.tokens({ ...tokens, refresh }) as ReturnType<GrantSandbox['connect']>
  }

  #isClient(request: SandboxRequest, form: URLSearchParams): boolean {
    const basic = /^Basic (.*)$/.exec(request.header('authorization') ?? '')?.[1]
    const pair = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString()
    const [id, secret] = pair?.split(':').map(decodeURIComponent) ?? [
      form.get('client_id'),
      form.get('client_secret'),
    ]
    return id === this.clientId && secret === this.clientSecret
  }

  #now(): number {
    return this.#clock?.now() ?? 0
  }
}

function formOf({ body }: SandboxRequest): URLSearchParams {
  return new URLSearchParams(new TextDecoder().decode(body))
}

function refusal(status: number, refused: GrantRefusal, body: object): Verdict<GrantRefusal> {
  const reply: SandboxReply = { status, body }
  return { reply, refused }
}
