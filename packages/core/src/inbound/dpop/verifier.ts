import type { Algorithm } from '../../keys/algorithms.ts'
import type { KeyProof } from '../claims/key-binding.ts'
import type { JsonObject } from '../../base/json.ts'
import { askStore, isBoolean } from '../state/ask.ts'
import { sha256 } from '../../base/base64url.ts'
import { type DpopOptions, type DpopParts, requireDpopOptions } from './options.ts'
import { readProof, nonceRequired, proofRefused } from './proof.ts'
import { normalTarget } from './target.ts'

/** What a `DpopVerifier` looks at of a request. A `RequestLike` is one. */
export interface DpopRequest {
  readonly method: string
  /** The request target as it came in: path and query. */
  readonly url: string
  /** Gives every value of a header field, as many as were sent, by its lower-case name. */
  header(name: string): readonly string[]
}

/** Seconds by which the clocks of servers that share nonces may differ. */
const SERVERS_APART = 60

/** A proof that was found good for its request, and is not used up yet. */
export interface DpopProof extends KeyProof {
  /** Header fields for the answer, where the client is to have a newer nonce. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Verifies that whoever sent a request holds a key: proofs of possession by RFC 9449. A `Guard` takes
 * one as its option `dpop`, and an endpoint that issues tokens binds them with it.
 *
 * @example
 * ```ts
 * import { DpopVerifier, Guard, type TokenVerifier } from '@mayfly/core'
 *
 * const dpop = new DpopVerifier({ baseUrl: 'https://api.example.com' })
 *
 * export function mount(verifier: TokenVerifier): Guard {
 *   return new Guard(verifier, { dpop })
 * }
 * ```
 */
export class DpopVerifier {
  readonly #parts: DpopParts

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: DpopOptions) {
    this.#parts = requireDpopOptions(options)
  }

  /** The algorithms that proofs may be signed with. */
  get algorithms(): readonly Algorithm[] {
    return this.#parts.algorithms
  }

  /**
   * Verifies the proof of a request by all rules of RFC 9449 section 4.3, but for its once: call
   * `use()` on what it gives once the request was found good in everything else. A store that anybody
   * could fill with proofs of nothing would shut everybody out.
   *
   * @param accessToken the token that came with the request. Left out, none did, as at an endpoint that
   * issues tokens.
   * @throws {RequestError} 401 `ERR_DPOP_PROOF`; `ERR_DPOP_NONCE` where the proof has to hold a newer
   * nonce, which is in its `headers`. `use()` rejects with `ERR_DPOP_PROOF` for a proof that was used
   * before, and with 503 `ERR_STORE_UNAVAILABLE`.
   */
  async verify(request: DpopRequest, accessToken?: string): Promise<DpopProof> {
    const { algorithms } = this.#parts
    const { thumbprint, claims } = await readProof(theProof(request), algorithms)
    const tokenId = requireTokenId(claims)
    this.#checkRequest(claims, request)
    if (accessToken !== undefined && claims['ath'] !== (await sha256(accessToken))) {
      throw proofRefused('The "ath" of the proof is not the hash of the token.')
    }
    const { neededUntil, nonce } = await this.#checkAge(claims)
    let used: Promise<void> | undefined
    return {
      thumbprint,
      // What differs with the nonce is for nobody else's cache (RFC 9449 section 8.2).
      headers: nonce === undefined ? {} : { 'dpop-nonce': nonce, 'cache-control': 'no-store' },
      use: () => (used ??= this.#use(`${thumbprint}.${tokenId}`, neededUntil)),
    }
  }

  #checkRequest({ htm, htu }: JsonObject, { method, url }: DpopRequest): void {
    if (htm !== method)
      throw proofRefused('The "htm" of the proof is not the method of the request.')
    const target = typeof htu === 'string' ? normalTarget(htu) : undefined
    if (target !== undefined && this.#parts.targetsOf(url).includes(target)) return
    throw proofRefused('The "htu" of the proof is not the URL of the request.')
  }

  /** Tells until when the proof has to be remembered, and which nonce the client is to have next. */
  async #checkAge({ iat, nonce }: JsonObject): Promise<{ neededUntil: number; nonce?: string }> {
    const { nonces, clock, maxAge, clockTolerance } = this.#parts
    if (typeof iat !== 'number' || !Number.isFinite(iat)) {
      throw proofRefused('The "iat" of the proof is missing or no number.')
    }
    const now = clock.now() / 1000
    if (nonces === undefined) {
      if (iat < now - maxAge) throw tooOld()
      if (iat > now + clockTolerance) {
        throw proofRefused('The proof is of a later time than this server has.', 'proof_expired')
      }
      return { neededUntil: Math.ceil(iat + maxAge + clockTolerance) + 1 }
    }
    const current = await nonces.current()
    const expiry = typeof nonce === 'string' ? await nonces.expiry(nonce) : undefined
    if (expiry === undefined) throw nonceRequired(current)
    const neededUntil = expiry + SERVERS_APART
    return { neededUntil, ...(nonce !== current && { nonce: current }) }
  }

  /** Asks by a hash: neither the length of a `jti` nor its letters are the store's concern. */
  async #use(proofId: string, neededUntil: number): Promise<void> {
    const key = `dpop:${await sha256(proofId)}`
    // The keys of the token, and stores, may have taken their time, and this store forgets old proofs.
    if (this.#parts.clock.now() / 1000 >= neededUntil) throw tooOld()
    const first = await askStore(() => this.#parts.once.consume(key, neededUntil), isBoolean)
    if (!first) throw proofRefused('The proof has been used before.', 'proof_replayed')
  }

  get [Symbol.toStringTag](): string {
    return 'DpopVerifier'
  }
}

function tooOld(): Error {
  return proofRefused('The proof is too old.', 'proof_expired')
}

function theProof(request: DpopRequest): string {
  const [proof, ...others] = request.header('dpop')
  if (proof === undefined) throw proofRefused('There is no DPoP header.', 'proof_missing')
  if (others.length > 0) throw proofRefused('The request has more than one DPoP header.')
  return proof
}

function requireTokenId({ jti }: JsonObject): string {
  if (typeof jti === 'string' && jti !== '') return jti
  throw proofRefused('The "jti" of the proof is missing or no text.')
}
