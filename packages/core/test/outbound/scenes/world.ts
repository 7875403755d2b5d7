import {
  type AccessToken,
  type BearerEvent,
  type BearerFetchOptions,
  bearerFetch,
  createAccessToken,
  type GetTokenOptions,
  TokenManager,
  type TokenManagerOptions,
  type TokenSource,
} from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'

/** One odd thing that users meet, what they are to see, and how it is made. */
export interface Scene {
  readonly scene: string
  readonly expected: string
  /** Makes it, and says what was seen, in the words of `expected`. */
  readonly run: () => Promise<string>
}

export const API = 'https://api.example.com'

/** What an answer of the API is made of. */
export interface Ask {
  readonly token: string
  readonly path: string
  readonly method: string
}

export interface WorldOptions {
  /** How far the server's clock is ahead of the local one. */
  readonly serverMs?: number
  /** How far its `Date` is ahead of its clock: what stands before it may have another. */
  readonly dateMs?: number | (() => number) | 'none'
  readonly lifetime?: number
  /** The source asks a server that the local clock does not matter to. */
  readonly opaque?: boolean
  /** Answers before the token is judged. */
  readonly answer?: (ask: Ask, world: World) => Response | undefined
  readonly source?: Partial<TokenSource>
  readonly manager?: TokenManagerOptions
  readonly fetch?: BearerFetchOptions
}

interface Claims {
  readonly iat: number
  readonly exp: number
  readonly key: string
}

/**
 * A source that signs by the clock it is given, a manager, and an API that judges by its own clock: no
 * `iat` in its future, no `exp` in its past or beyond twenty minutes.
 */
export class World {
  readonly clock = new FakeClock()
  readonly manager: TokenManager
  readonly fetch: typeof fetch
  readonly source: TokenSource
  readonly events: BearerEvent[] = []
  readonly sent: string[] = []
  readonly statuses: number[] = []
  readonly revoked = new Set<string>()
  serverMs: number
  key = 'k1'
  mints = 0
  readonly #options: WorldOptions

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.serverMs = options.serverMs ?? 0
    this.source = {
      id: 'world',
      origins: [API],
      getToken: async (asked) => this.#mint(asked),
      ...options.source,
    }
    this.manager = new TokenManager(this.source, {
      clock: this.clock,
      random: () => 0,
      ...options.manager,
    })
    this.fetch = this.wrap(this.manager)
  }

  /** One more wrapper, of the same manager where no other source is given. */
  wrap(source: TokenSource = this.manager, more: BearerFetchOptions = {}): typeof fetch {
    return bearerFetch(source, {
      clock: this.clock,
      fetch: this.api,
      observe: (event) => void this.events.push(event),
      ...this.#options.fetch,
      ...more,
    })
  }

  readonly api: typeof fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    const token = new Headers(init?.headers).get('authorization')?.replace(/^\w+ /, '') ?? ''
    const ask = { token, path: pathname, method: init?.method ?? 'GET' }
    this.sent.push(token)
    const answer = this.#options.answer?.(ask, this) ?? new Response(null, this.judge(token))
    const { dateMs = 0 } = this.#options
    if (dateMs !== 'none' && !answer.headers.has('date')) {
      const off = typeof dateMs === 'function' ? dateMs() : dateMs
      answer.headers.set('date', new Date(this.clock.now() + this.serverMs + off).toUTCString())
    }
    return answer
  }

  /** Whether the API takes a token now. */
  judge(token: string): { readonly status: number } {
    const { iat, exp, key } = JSON.parse(atob(token)) as Claims
    const now = (this.clock.now() + this.serverMs) / 1000
    const lifetime = this.#options.lifetime ?? 1200
    const dated =
      this.#options.opaque === true || (iat <= now && exp > now && exp <= now + lifetime)
    const good = dated && key === this.key && !this.revoked.has(token)
    return { status: good ? 200 : 401 }
  }

  /** Calls so many times in a row, so many seconds apart; gives what came of it. */
  async calls(count: number, { every = 1, path = '/things' } = {}): Promise<number[]> {
    const seen: number[] = []
    for (let call = 0; call < count; call++) {
      seen.push((await this.fetch(API + path).catch(() => ({ status: 0 }))).status)
      // Uneven: tokens that are fresh, stale and ended all come up.
      await settled(this.manager)
      this.clock.advance(every * 1000)
    }
    this.statuses.push(...seen)
    return seen
  }

  #mint({ clock = this.clock }: GetTokenOptions = {}): AccessToken {
    this.mints++
    const lifetime = this.#options.lifetime ?? 1200
    const issuedAt = Math.floor(clock.now() / 1000) - (this.#options.opaque === true ? 0 : 60)
    const claims = { iat: issuedAt, exp: issuedAt + lifetime, key: this.key, n: this.mints }
    return createAccessToken({
      value: btoa(JSON.stringify(claims)),
      issuedAt,
      expiresAt: issuedAt + lifetime,
      origins: [API],
    })
  }
}

/** Waits until no refresh runs in the background. */
async function settled(manager: TokenManager): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while (manager.stats().refreshing)
}

/** Counts what was seen, as `90×200` or `1×401 89×200`. */
export function tally(values: readonly (number | string)[]): string {
  const counts = new Map<number | string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([value, count]) => `${count}×${value}`).join(' ')
}

/** What an error says of itself, for a table. */
export async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
    return 'no error'
  } catch (error) {
    const { code, retryAfterMs } = error as { code?: string; retryAfterMs?: number }
    return `${code ?? String(error)}${retryAfterMs === undefined ? '' : ` in ${retryAfterMs} ms`}`
  }
}
