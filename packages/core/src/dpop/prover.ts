import { type Algorithm, algorithmFacts, requireAlgorithm } from '../algorithms.ts'
import { type Clock, nowInSeconds } from '../clock.ts'
import { clockOption, invalid, refuseUnknownOptions, requireOptions } from '../encoding/options.ts'
import { signCompact } from '../jws/sign.ts'
import { generateKey } from '../keys/generate.ts'
import { importKey } from '../keys/import.ts'
import type { PublicJwk } from '../keys/jwk.ts'
import { Key } from '../keys/key.ts'
import type { KeyMaterial } from '../keys/material.ts'
import { prepareKey } from '../keys/prepare.ts'
import { sha256 } from './digest.ts'
import { KnownNonces } from './known-nonces.ts'

/** What a `DpopProver` may be told. */
export interface DpopProverOptions {
  /**
   * The key to prove: anything that `importKey` takes, for a private key. Default: a new one in memory,
   * made when it is first needed. Tokens that are bound to it die with the process.
   */
  readonly privateKey?: KeyMaterial
  /** What proofs are signed with. Default: the algorithm of a `Key`, else `ES256`. */
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
  readonly #material: KeyMaterial | undefined
  readonly #clock: Clock
  readonly #nonces = new KnownNonces()
  #key: Promise<Key> | undefined

  /**
   * @throws {OptionError} when an option is unknown or unsound.
   * @throws {KeyError} for key material that cannot sign, as far as that can be seen at once.
   */
  constructor(options: DpopProverOptions = {}) {
    requireOptions(options, 'DpopProver')
    refuseUnknownOptions(options, ['privateKey', 'algorithm', 'clock'], 'DpopProver')
    const { privateKey } = options
    const own = privateKey instanceof Key ? privateKey.algorithm : 'ES256'
    this.algorithm = requireAlgorithm(options.algorithm ?? own, 'algorithm')
    if (algorithmFacts(this.algorithm).family === 'HMAC') {
      throw invalid(
        'algorithm',
        `"algorithm": ${this.algorithm} takes a secret; a proof needs a pair.`,
      )
    }
    if ('privateKey' in options && !(privateKey instanceof Key)) {
      prepareKey(privateKey, this.algorithm, { use: 'sign' })
    }
    this.id = privateKey instanceof Key ? privateKey.fingerprint : crypto.randomUUID()
    this.#material = privateKey
    this.#clock = clockOption(options.clock)
  }

  /**
   * Gives the key's thumbprint (RFC 7638): the `jkt` of tokens that are bound to it.
   *
   * @throws {KeyError} when the key cannot be used.
   */
  async thumbprint(): Promise<string> {
    return (await this.#loaded()).fingerprint
  }

  /**
   * Makes the proof for one request, to be sent as its `DPoP` header; `bearerFetch` does so itself. It
   * holds the nonce that the server gave last.
   *
   * @throws {KeyError} when the key cannot be used, or its public half is not known.
   */
  async prove(request: DpopProofRequest): Promise<string> {
    const { method, accessToken, clock = this.#clock } = request
    const { origin, pathname } = new URL(request.url)
    const key = await this.#loaded()
    const nonce = this.#nonces.of(origin)
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: origin + pathname,
      iat: nowInSeconds(clock),
      ...(accessToken !== undefined && { ath: await sha256(accessToken) }),
      ...(nonce !== undefined && { nonce }),
    }
    const header = { typ: 'dpop+jwt', alg: this.algorithm, jwk: bareJwk(key.publicJwk()) }
    return signCompact(new TextEncoder().encode(JSON.stringify(claims)), header, key)
  }

  /** Gives the nonce that the server of a URL wants, as far as it is known. */
  nonceFor(url: string | URL): string | undefined {
    return this.#nonces.of(new URL(url).origin)
  }

  /** Takes the nonce of an answer (`DPoP-Nonce`), whatever its status. `bearerFetch` does so itself. */
  learn(url: string | URL, headers: Pick<Headers, 'get'>): void {
    this.#nonces.learn(new URL(url).origin, headers)
  }

  #loaded(): Promise<Key> {
    this.#key ??= this.#load()
    return this.#key
  }

  async #load(): Promise<Key> {
    try {
      const material = this.#material
      const key =
        material === undefined
          ? await generateKey(this.algorithm)
          : await importKey(material, this.algorithm, { use: 'sign' })
      // The key itself is in the proof, so its id need not be.
      return key.withKeyId(undefined)
    } catch (error) {
      this.#key = undefined
      throw error
    }
  }

  get [Symbol.toStringTag](): string {
    return 'DpopProver'
  }
}

/** The members that make the key, and no others. */
function bareJwk({ kty, crv, x, y, n, e }: PublicJwk): object {
  if (kty === 'RSA') return { kty, n, e }
  return kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }
}
