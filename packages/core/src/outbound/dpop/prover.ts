import { type Algorithm, requireAlgorithm } from '../../keys/algorithms.ts'
import { type Clock, nowInSeconds } from '../../base/clock.ts'
import { clockOption, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import { signCompact } from '../../jws/sign.ts'
import type { KeyMaterial } from '../../keys/load.ts'
import { sha256 } from '../../base/base64url.ts'
import { prepareProverKey, type ProverKey } from './prover-key.ts'

/** Servers whose nonce is remembered. One that was forgotten asks for it again. */
const MAX_ORIGINS = 100

/** What a nonce may be (RFC 9449 section 8), and no longer than any is. */
const NONCE = /^[\x21\x23-\x5B\x5D-\x7E]{1,512}$/

/** Remembers the last nonce of each server. */
class KnownNonces {
  readonly #nonces = new Map<string, string>()

  of(origin: string): string | undefined {
    return this.#nonces.get(origin)
  }

  /** Takes the nonce of an answer, if it has one that can be sent back. */
  learn(origin: string, headers: Pick<Headers, 'get'>): void {
    const nonce = headers.get('dpop-nonce')
    if (nonce === null || !NONCE.test(nonce)) return
    // Set anew, so that the map stays in the order in which its origins were last heard of.
    this.#nonces.delete(origin)
    this.#nonces.set(origin, nonce)
    if (this.#nonces.size <= MAX_ORIGINS) return
    for (const oldest of this.#nonces.keys()) {
      this.#nonces.delete(oldest)
      break
    }
  }
}

/** What a `DpopProver` may be told. */
export interface DpopProverOptions {
  /**
   * The key to prove: anything that `importKey` takes, for a private key, or a signer outside of this
   * process with its public key. Default: a new one in memory, made when it is first needed. Tokens that
   * are bound to it die with the process.
   */
  readonly privateKey?: KeyMaterial
  /** What proofs are signed with. Default: the algorithm of a `Key` or of a signer, else `ES256`. */
  readonly algorithm?: Algorithm
  readonly clock?: Clock
}

/** What a proof is for. */
export interface DpopProofRequest {
  readonly method: string
  /** The URL of the request. Its query and fragment do not go into the proof. */
  readonly url: string | URL
  /** The access token that the request carries. Left out: none, as at a token endpoint. */
  readonly accessToken?: string | undefined
  /** The server's clock, where it is known. Default: the prover's own. */
  readonly clock?: Clock | undefined
}

/**
 * Proves with each request that its sender holds a key (DPoP, RFC 9449): what a token is bound to is of
 * no use to whoever finds the token. Give one prover to `clientCredentials`, so that tokens come bound,
 * and to `bearerFetch`, so that they go out with proofs.
 *
 * It remembers the nonce that each server wants in its proofs, for a hundred servers.
 *
 * @example
 * ```ts
 * import { bearerFetch, DpopProver, TokenManager } from '@mayfly/core'
 * import { clientCredentials } from '@mayfly/core/vendors'
 *
 * export function client(clientSecret: string): typeof fetch {
 *   const dpop = new DpopProver()
 *   const source = clientCredentials({
 *     issuer: 'https://auth.example.com',
 *     clientId: 'orders',
 *     clientSecret,
 *     origins: ['https://api.example.com'],
 *     dpop,
 *   })
 *   return bearerFetch(new TokenManager(source), { dpop })
 * }
 * ```
 */
export class DpopProver {
  /** Names the key among provers: its thumbprint where that is known at once, else something random. */
  readonly id: string
  readonly algorithm: Algorithm
  readonly #load: () => Promise<ProverKey>
  readonly #clock: Clock
  readonly #nonces = new KnownNonces()
  #key: Promise<ProverKey> | undefined

  /**
   * @throws {OptionError} when an option is unknown or unsound.
   * @throws {KeyError} for key material that cannot sign, as far as that can be seen at once.
   */
  constructor(options: DpopProverOptions = {}) {
    requireOptions(options, 'DpopProver')
    refuseUnknownOptions(options, ['privateKey', 'algorithm', 'clock'], 'DpopProver')
    const wanted =
      options.algorithm === undefined ? undefined : requireAlgorithm(options.algorithm, 'algorithm')
    const { algorithm, id, load } = prepareProverKey(options, wanted)
    this.algorithm = algorithm
    this.id = id
    this.#load = load
    this.#clock = clockOption(options.clock)
  }

  /**
   * Gives the key's thumbprint (RFC 7638): the `jkt` of tokens that are bound to it.
   *
   * @throws {KeyError} when the key cannot be used.
   */
  async thumbprint(): Promise<string> {
    return (await this.#loaded()).thumbprint
  }

  /**
   * Makes the proof for one request, to be sent as its `DPoP` header; `bearerFetch` does so itself. It
   * holds the nonce that the server gave last.
   *
   * @throws {KeyError} when the key cannot be used, or its public half is not known; `ERR_KEY_SIGNER`
   * when a signer's first signature does not fit its `publicJwk`.
   */
  async prove(request: DpopProofRequest): Promise<string> {
    const { method, accessToken, clock = this.#clock } = request
    const { origin, pathname } = new URL(request.url)
    const { signer, jwk } = await this.#loaded()
    const nonce = this.#nonces.of(origin)
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: origin + pathname,
      iat: nowInSeconds(clock),
      ...(accessToken !== undefined && { ath: await sha256(accessToken) }),
      ...(nonce !== undefined && { nonce }),
    }
    const header = { typ: 'dpop+jwt', alg: this.algorithm, jwk }
    return signCompact(new TextEncoder().encode(JSON.stringify(claims)), header, signer)
  }

  /** Gives the nonce that the server of a URL wants, as far as it is known. */
  nonceFor(url: string | URL): string | undefined {
    return this.#nonces.of(new URL(url).origin)
  }

  /** Takes the nonce of an answer (`DPoP-Nonce`), whatever its status. `bearerFetch` does so itself. */
  learn(url: string | URL, headers: Pick<Headers, 'get'>): void {
    this.#nonces.learn(new URL(url).origin, headers)
  }

  #loaded(): Promise<ProverKey> {
    if (this.#key !== undefined) return this.#key
    const key = this.#load()
    this.#key = key
    // A failed import is not kept: what is asked for the key may answer the next time.
    key.catch(() => {
      if (this.#key === key) this.#key = undefined
    })
    return key
  }

  get [Symbol.toStringTag](): string {
    return 'DpopProver'
  }
}
