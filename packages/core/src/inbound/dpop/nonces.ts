import { type Clock } from '../../base/clock.ts'
import { encodeBase64url } from '../../base/base64url.ts'
import {
  clockOption,
  invalid,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'

/** What {@link DpopNonces} may be told. */
export interface DpopNoncesOptions {
  /**
   * At least 32 random bytes that all servers of one API share. Default: random bytes of this process
   * alone, so that another process does not know its nonces.
   */
  readonly secret?: Uint8Array
  /** Seconds between one nonce and the next. Each is good for one to two such periods. Default 150. */
  readonly period?: number
  readonly clock?: Clock
}

const MIN_SECRET_BYTES = 32

const LABEL = 'mayfly dpop nonce '

/**
 * Makes nonces for proofs, and knows them again without keeping any: each is the HMAC of the period that
 * it was made in (RFC 9449 sections 8 and 9). A proof that holds one was made after that, whatever the
 * clock of its maker says.
 *
 * @example
 * ```ts
 * import { DpopNonces, DpopVerifier } from '@mayfly/core'
 *
 * declare const secret: Uint8Array
 * const dpop = new DpopVerifier({
 *   baseUrl: 'https://api.example.com',
 *   nonces: new DpopNonces({ secret }),
 * })
 * ```
 */
export class DpopNonces {
  readonly #secret: Uint8Array<ArrayBuffer>
  readonly #period: number
  readonly #clock: Clock
  #key: Promise<HmacKey> | undefined
  readonly #made = new Map<number, Promise<string>>()

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(options: DpopNoncesOptions = {}) {
    requireOptions(options, 'DpopNonces')
    refuseUnknownOptions(options, ['secret', 'period', 'clock'], 'DpopNonces')
    this.#secret = requireSecret(options.secret)
    this.#period = requireNumber(options.period ?? 150, 'period', {
      min: 1,
      max: 3600,
      integer: true,
    })
    this.#clock = clockOption(options.clock)
  }

  /** Seconds for which a nonce is good at the longest, once it has been given. */
  get lifetime(): number {
    return 2 * this.#period
  }

  /** Gives the nonce of this time, to be sent as `DPoP-Nonce`. */
  current(): Promise<string> {
    return this.#nonceOf(this.#now())
  }

  /**
   * Tells whether a nonce is of this period or of the one before. One of the next is taken too: the
   * clock of the server that gave it may be ahead.
   */
  async accepts(nonce: string): Promise<boolean> {
    return (await this.expiry(nonce)) !== undefined
  }

  /** Tells until when a nonce is good, in seconds since the epoch; `undefined` for one that is not. */
  async expiry(nonce: string): Promise<number | undefined> {
    const now = this.#now()
    const periods = [now, now - 1, now + 1]
    const good = await Promise.all(periods.map((period) => this.#nonceOf(period)))
    // Everybody who asks is told the nonce: there is nothing here that time could give away.
    const period = periods[good.indexOf(nonce)]
    return period === undefined ? undefined : (period + 2) * this.#period
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000 / this.#period)
  }

  #nonceOf(period: number): Promise<string> {
    let nonce = this.#made.get(period)
    if (nonce === undefined) {
      nonce = this.#make(period)
      if (this.#made.size >= 4) this.#made.clear()
      this.#made.set(period, nonce)
    }
    return nonce
  }

  async #make(period: number): Promise<string> {
    this.#key ??= crypto.subtle.importKey(
      'raw',
      this.#secret,
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const data = new TextEncoder().encode(`${LABEL}${this.#period} ${period}`)
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', await this.#key, data))
    return encodeBase64url(mac.subarray(0, 16))
  }

  get [Symbol.toStringTag](): string {
    return 'DpopNonces'
  }
}

type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

function requireSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  if (secret === undefined) return crypto.getRandomValues(new Uint8Array(MIN_SECRET_BYTES))
  if (secret instanceof Uint8Array && secret.length >= MIN_SECRET_BYTES) {
    return new Uint8Array(secret)
  }
  throw invalid('secret', `"secret" must be at least ${MIN_SECRET_BYTES} random bytes.`)
}
