import type { Clock } from '../base/clock.ts'
import { HiddenText } from '../base/hidden-text.ts'
import {
  describe,
  invalid,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
  requireString,
} from '../base/options.ts'

/** A token that is good for outgoing requests, and where it may go. */
export interface AccessToken {
  /**
   * The token itself. Never shown by `inspect`, `JSON.stringify`, a logger or an error; the object in
   * its place in a string throws.
   */
  readonly value: string
  /** What the `Authorization` header takes: `Bearer`, a space and the value. Not enumerable. */
  readonly header: string
  /** NumericDate (seconds): from when it counts, on the server's clock as far as it is known. */
  readonly issuedAt: number
  /** NumericDate (seconds): from when it is refused. */
  readonly expiresAt: number
  /** The origins that it may be sent to. Empty: it is not sent over HTTP at all. */
  readonly origins: readonly string[]
  /** The key that signed it, where there is one. */
  readonly keyId?: string
  /** The key's thumbprint (RFC 7638), where it has one that may be seen. */
  readonly keyFingerprint?: string
}

/** What a caller may ask of one `getToken` call. */
export interface GetTokenOptions {
  /** Abandons this caller's wait, and nobody else's. */
  readonly signal?: AbortSignal
  /** Skips what is cached. Joins a refresh that is under way where that cannot be stale. */
  readonly forceRefresh?: boolean
  /** Seconds that the token must still live when it is handed out. */
  readonly minLifetime?: number
  /** The server's clock as far as it is known: what `iat` and `exp` are taken from. */
  readonly clock?: Clock
}

/** How a vendor wants its tokens to be reused. In seconds. */
export interface ReuseHints {
  /** Use no token for longer than this after its `issuedAt`, whatever its `expiresAt` says. */
  readonly maxReuse?: number
  /** Mint no new token before the last one is this old, even when the last one was refused. */
  readonly minAge?: number
}

/** An answer that a source is asked about: whether it refuses the token. */
export interface RefusalResponse {
  /** From 400 to 499 but not 401, which needs no asking; from 200 to 299 with `judgesSuccess`. */
  readonly status: number
  readonly headers: Headers
  /** The body as text; empty where it is longer than 4096 bytes, or slow to come. */
  readonly body: string
}

/** What the next token will be made with. It tells keys apart, and shows none. */
export interface Credential {
  /** Another text for another key or secret. */
  readonly id: string
  readonly keyId?: string
  readonly keyFingerprint?: string
}

/** A header field that carries a token. */
export interface TokenHeader {
  /** Its name, such as `X-Shopify-Access-Token` or `PRIVATE-TOKEN`. Default `Authorization`. */
  readonly name?: string
  /**
   * What stands before the token and a space, such as `Token`; an empty text for the token alone. Default:
   * `Bearer` in `Authorization`, and nothing in any other field.
   */
  readonly scheme?: string
}

/**
 * Where tokens come from. A source composes: one that mints, wrapped in a `TokenManager`, is a source
 * that reuses.
 */
export interface TokenSource {
  /**
   * Names everything that changes the token: vendor, issuer, key fingerprint, audience, scope,
   * subject, host. Two sources of one `id` may share a token.
   */
  readonly id: string
  /** The origins that its tokens may be sent to. */
  readonly origins: readonly string[]
  /** Seconds from `issuedAt` to `expiresAt`, where it is known before the first token. */
  readonly lifetime?: number
  /** Seconds from `iat` to `exp` that the vendor takes at the most. */
  readonly maxLifetime?: number
  /** What a `TokenManager` goes by where its own options say nothing. */
  readonly reuse?: ReuseHints
  /**
   * For a vendor that refuses tokens by another status than 401: tells whether an answer does. The
   * request then goes out again with another token, as after a 401. `bearerFetch` asks it; what only
   * sees the heads of answers, as `injectBearer` does, cannot.
   */
  readonly isRefusal?: (answer: RefusalResponse) => boolean
  /**
   * For a server that refuses tokens with 200, as GraphQL's do: `isRefusal` is asked about answers of 200 to
   * 299 too, where they are JSON and no longer than 4096 bytes. Default `false`.
   */
  readonly judgesSuccess?: boolean
  /**
   * Tells whether an answer refuses the key behind the token, as APNs does with a 403. It then counts as
   * a refusal where that key was replaced since, by what {@link TokenSource.credential} says.
   */
  readonly isKeyRefusal?: (answer: RefusalResponse) => boolean
  /**
   * For a vendor whose servers hear late of a new token: the age, in seconds, up to which a refusal says
   * nothing about it. `bearerFetch` then keeps the token and sends it again, after one second, two and
   * three; `injectBearer` only keeps it.
   */
  readonly propagationDelay?: number
  /** The header field that the token goes into. Default: `Authorization`, as `Bearer` and the token. */
  readonly header?: TokenHeader
  /** Hosts that its tokens may go to over plain http. Default: loopback alone. */
  readonly allowHttp?: readonly string[]
  /**
   * A new token may end the ones before it: a `TokenManager` then never goes back to one, and mints none
   * beside other processes while its store does not answer.
   */
  readonly revokesPrevious?: boolean
  /**
   * Names the key or secret that the next token will be made with; calls back for it where it is given
   * by a callback. Asked after failures and refusals only: one that was replaced is tried at once.
   */
  readonly credential?: (() => Promise<Credential>) | undefined
  /**
   * Learns what has to be known before `origins` can tell where tokens go. Awaited before each request,
   * where a source has it: a grant's origins may be its own.
   */
  load?(): Promise<void>
  /** Gives a token that is good now. */
  getToken(options?: GetTokenOptions): Promise<AccessToken>
  /** Says that the server refused this token. */
  invalidate?(rejected: AccessToken): void
  /** Says that the server accepted this token. */
  confirm?(accepted: AccessToken): void
}

/** What stands beside `getToken`: a wrapper that loses one of these loses what depends on it. */
const SOURCE_MEMBERS = {
  id: 'value',
  origins: 'value',
  lifetime: 'value',
  maxLifetime: 'value',
  reuse: 'value',
  propagationDelay: 'value',
  revokesPrevious: 'value',
  judgesSuccess: 'value',
  header: 'value',
  allowHttp: 'value',
  isRefusal: 'method',
  isKeyRefusal: 'method',
  credential: 'method',
  load: 'method',
  getToken: 'method',
  invalidate: 'method',
  confirm: 'method',
} as const satisfies Record<keyof TokenSource, 'value' | 'method'>

/**
 * Wraps a source without loss: all that a source says and hears beside `getToken` is passed on, but for
 * what `changes` replaces. A wrapper that only writes a log around a `TokenManager` still turns a 401
 * into a 200.
 *
 * @throws {OptionError} when `changes` names what no source has.
 *
 * @example
 * ```ts
 * import { type TokenSource, wrapSource } from '@mayfly/core'
 *
 * export function logged(source: TokenSource): TokenSource {
 *   return wrapSource(source, {
 *     async getToken(options) {
 *       const token = await source.getToken(options)
 *       console.log(`${source.id}: a token until ${token.expiresAt}`)
 *       return token
 *     },
 *   })
 * }
 * ```
 */
export function wrapSource(source: TokenSource, changes: Partial<TokenSource>): TokenSource {
  requireOptions(changes, 'wrapSource')
  refuseUnknownOptions(changes, Object.keys(SOURCE_MEMBERS), 'wrapSource')
  const members = Object.entries(SOURCE_MEMBERS).flatMap(([name, kind]) => {
    const member: unknown = Reflect.get(source, name)
    if (member === undefined) return []
    if (kind === 'value' || typeof member !== 'function') return [[name, member] as const]
    return [[name, (...given: unknown[]): unknown => Reflect.apply(member, source, given)] as const]
  })
  return { ...(Object.fromEntries(members) as unknown as TokenSource), ...changes }
}

/** Names what a source makes tokens with, where it tells; what goes wrong there is no answer either. */
export async function credentialIdOf(source: TokenSource): Promise<string | undefined> {
  return (await credentialOf(source))?.id
}

/** Whether a source would sign with another key by now than a token was signed with. */
export async function keyHasChanged(source: TokenSource, token: AccessToken): Promise<boolean> {
  const now = await credentialOf(source)
  const differs = (name: 'keyId' | 'keyFingerprint'): boolean =>
    token[name] !== undefined && now?.[name] !== undefined && token[name] !== now[name]
  return differs('keyId') || differs('keyFingerprint')
}

async function credentialOf(source: TokenSource): Promise<Credential | undefined> {
  try {
    return await source.credential?.()
  } catch {
    return undefined
  }
}

/** A token as a {@link TokenStore} keeps it: plain data, the value included. Encrypt it at rest. */
export interface StoredToken {
  /** The source's `id`, to be checked when the token is read. */
  readonly id: string
  readonly value: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly origins: readonly string[]
  readonly keyId?: string
  /** A process was refused with it: no other is to use it. */
  readonly refused?: boolean
}

/** The turn to mint, until it is given back. */
export interface TokenLock {
  /** Gives it back, unless it has ended and another process has it. */
  release(): Promise<void>
  /**
   * Lets it live for so many milliseconds from now on, unless it has ended; tells whether it does. A
   * `TokenManager` calls it for as long as its mint runs. Without it a mint that takes longer than the
   * lock lives is not waited for.
   */
  extend?(lifetimeMs: number): Promise<boolean>
}

/** What {@link TokenStore.lock} is told. */
export interface TokenLockOptions {
  /** The lock ends by itself after so many milliseconds: its holder may have died. */
  readonly lifetimeMs: number
  /** Aborts when nobody waits for the lock any more. One that is taken later is to be given back. */
  readonly signal: AbortSignal
}

/**
 * Where tokens that cost something to get are shared between processes. Tokens that are signed here
 * need none. A store only saves work: one that fails or is slow never fails a request, unless a new token
 * would end the one that other processes use ({@link TokenSource.revokesPrevious}).
 */
export interface TokenStore {
  /** Reads the token of a source. What comes is checked before it is used. */
  get(id: string, options: { readonly signal: AbortSignal }): Promise<StoredToken | undefined>
  /** Keeps a token until it expires. */
  set(id: string, token: StoredToken, options: { readonly signal: AbortSignal }): Promise<void>
  /** Forgets the token of a source. */
  delete(id: string): Promise<void>
  /** Its locks have {@link TokenLock.extend}: one that outlasts its life has a holder that is at work. */
  readonly extendsLocks?: boolean
  /**
   * Takes the turn to mint a source's token, or gives `undefined` while another process has it. A
   * `TokenManager` that gets none waits for the other's token, for half of its `timeoutMs` at the most,
   * or for five quarters of it where locks are extended, and then mints one all the same, with all of its time left. Without this, processes that need a token at once mint one each.
   */
  lock?(id: string, options: TokenLockOptions): Promise<TokenLock | undefined>
}

const UNSHARED = ':unshared:'

/** Makes the `id` of a source that nothing can name but itself: it shares nothing. */
export function unsharedId(vendor: string): string {
  return `${vendor}${UNSHARED}${crypto.randomUUID()}`
}

/** Whether an `id` is such a one. */
export function isUnshared(id: string): boolean {
  return id.includes(UNSHARED)
}

/** What {@link createAccessToken} takes. */
export interface AccessTokenFields {
  readonly value: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly origins?: readonly string[]
  readonly keyId?: string
  readonly keyFingerprint?: string
}

/**
 * Makes an {@link AccessToken} whose value stays out of logs. For sources of your own.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` when the value is no text that a header can hold, or a date
 * is not in seconds, or ends before it begins.
 *
 * @example
 * ```ts
 * import { createAccessToken } from '@mayfly/core'
 *
 * const token = createAccessToken({
 *   value: 'opaque',
 *   issuedAt: 1_700_000_000,
 *   expiresAt: 1_700_003_600,
 *   origins: ['https://api.example.com'],
 * })
 * console.log(token) // no trace of "opaque"
 * ```
 */
export function createAccessToken(fields: AccessTokenFields): AccessToken {
  return new OpaqueAccessToken(fields)
}

/**
 * Takes what a source gave as an access token whose value stays out of logs.
 *
 * @throws {OptionError} when it is none; the message names the field.
 */
export function adoptAccessToken(token: AccessToken): AccessToken {
  if (token instanceof OpaqueAccessToken) return token
  if (typeof token !== 'object' || token === null) {
    throw invalid('token', `A source must give an access token, not ${describe(token)}.`)
  }
  if (!Array.isArray(token.origins)) {
    throw invalid('origins', 'An access token must have "origins": where it may be sent.')
  }
  return new OpaqueAccessToken(token)
}

class OpaqueAccessToken extends HiddenText implements AccessToken {
  readonly issuedAt: number
  readonly expiresAt: number
  readonly origins: readonly string[]
  readonly keyId?: string
  readonly keyFingerprint?: string

  constructor(fields: AccessTokenFields) {
    super(
      requireTokenValue(fields.value),
      'This is an access token, not its text: write token.value, or token.header for the whole Authorization header.',
    )
    this.issuedAt = requireNumber(fields.issuedAt, 'issuedAt')
    this.expiresAt = requireNumber(fields.expiresAt, 'expiresAt')
    if (this.expiresAt <= this.issuedAt) {
      throw invalid('expiresAt', '"expiresAt" must be after "issuedAt".')
    }
    this.origins = Object.freeze([...(fields.origins ?? [])])
    if (fields.keyId !== undefined) this.keyId = fields.keyId
    if (fields.keyFingerprint !== undefined) this.keyFingerprint = fields.keyFingerprint
    Object.freeze(this)
  }

  get header(): string {
    return `Bearer ${this.value}`
  }

  get [Symbol.toStringTag](): string {
    return 'AccessToken'
  }

  toJSON(): object {
    const { issuedAt, expiresAt, origins, keyId } = this
    return {
      value: '[hidden]',
      issuedAt,
      expiresAt,
      origins,
      ...(keyId !== undefined && { keyId }),
    }
  }
}

/** Refuses here what no header can hold: the runtime's own error would repeat the whole token. */
function requireTokenValue(given: unknown): string {
  const value = requireString(given, 'value', 65_536)
  if (/^[\x21-\x7E]+$/.test(value)) return value
  throw invalid(
    'value',
    '"value" must be printable ASCII without spaces, as a header needs it. Does it end in a line end?',
  )
}

/**
 * Names the key that a token was signed with; where nothing tells keys apart, those of the source are
 * one. Keys and tokens share one memory; no token has a space in it.
 */
export function keyName({ keyId, keyFingerprint }: AccessToken): string {
  return `key ${JSON.stringify([keyId, keyFingerprint])}`
}
