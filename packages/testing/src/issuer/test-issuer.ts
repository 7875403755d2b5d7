import { randomUUID } from 'node:crypto'
import {
  type Algorithm,
  ALGORITHMS,
  type Clock,
  isAlgorithm,
  type JwkSet,
  type VerificationKey,
  systemClock,
} from '@mayfly/core'
import { requireNumber, invalid, refuseUnknownOptions } from '@mayfly/core/adapter'
import { finishDraft, isTokenFault, spoilDraft, type TokenFault } from './faults.ts'
import { createTestKey } from './signing.ts'

/** Options of {@link createTestIssuer}. */
export interface TestIssuerOptions {
  /** Goes into `iss`. Default `https://issuer.example`. */
  readonly issuer?: string
  /** Goes into `aud`, unless the claims say otherwise. Default: no `aud`. */
  readonly audience?: string | readonly string[]
  /** Default `ES256`. */
  readonly algorithm?: Algorithm
  /** What `iat` and `exp` are taken from. Default: the machine's clock. */
  readonly clock?: Clock
}

/** Options of {@link TestIssuer.mint}. */
export interface MintOptions {
  /** Claims to add or to replace; `undefined` leaves one out. Nothing about them is checked. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header members to add or to replace; `undefined` leaves one out. They change no signature. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Seconds from `iat` to `exp`; negative: it ended before it began. Default 300. */
  readonly lifetime?: number
  /** What is to be wrong with the token. Default: nothing. */
  readonly fault?: TokenFault
}

/** An issuer for tests: it signs whatever it is asked to. */
export interface TestIssuer {
  /** The value of `iss`. */
  readonly issuer: string
  readonly algorithm: Algorithm
  /** The `kid` of its tokens. */
  readonly keyId: string
  /** What a `TokenVerifier` takes as `keys`. */
  readonly keys: readonly VerificationKey[]
  /** The public keys as a JWK set, to serve or to compare with. Empty for an HMAC algorithm. */
  readonly jwks: JwkSet
  /** Makes a token with `iss`, `iat`, `exp`, a new `jti`, and what the options say. */
  mint(options?: MintOptions): string
}

/**
 * Makes an issuer for the tests of code that verifies tokens, with a new key of its own. Its tokens
 * can be wrong in any way: claims, header, clock, and the known attacks on signatures.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { TokenVerifier } from '@mayfly/core'
 * import { createTestIssuer } from '@mayfly/testing'
 *
 * const audience = 'https://api.example.com'
 * const issuer = createTestIssuer({ audience })
 * const verifier = new TokenVerifier({ issuer: issuer.issuer, audience, keys: issuer.keys })
 *
 * await verifier.verify(issuer.mint({ claims: { sub: 'user-1' } })) // accepted
 * await verifier.verify(issuer.mint({ fault: 'expired' })) // throws ERR_TOKEN_EXPIRED
 * ```
 */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  refuseUnknownOptions(options, ['issuer', 'audience', 'algorithm', 'clock'], 'createTestIssuer')
  const { issuer = 'https://issuer.example', audience, clock = systemClock } = options
  const algorithm = requireAlgorithm(options.algorithm ?? 'ES256')
  const key = createTestKey(algorithm)
  const { keyId } = key
  const publicJwk = key.publicKey?.export({ format: 'jwk' })
  const jwk = publicJwk && { ...publicJwk, kid: keyId, alg: algorithm, use: 'sig' }

  function mint(mintOptions: MintOptions = {}): string {
    refuseUnknownOptions(mintOptions, ['claims', 'header', 'lifetime', 'fault'], 'mint')
    const { fault } = mintOptions
    requireFault(fault)
    const now = Math.floor(clock.now() / 1000)
    const lifetime = requireNumber(mintOptions.lifetime ?? 300, 'lifetime', {
      min: -Number.MAX_SAFE_INTEGER,
      unit: 'seconds',
    })
    const plain = {
      key,
      header: { alg: algorithm, typ: 'JWT', kid: keyId },
      claims: { iss: issuer, aud: audience, iat: now, exp: now + lifetime, jti: randomUUID() },
    }
    const draft = fault === undefined ? plain : spoilDraft(plain, fault, now)
    const header = { ...draft.header, ...mintOptions.header }
    const claims = { ...draft.claims, ...mintOptions.claims }
    return finishDraft({ header, claims, key: draft.key }, fault)
  }

  return {
    issuer,
    algorithm,
    keyId,
    keys: [{ algorithm, keyId, key: jwk ?? { secret: key.privateKey.export() } }],
    jwks: { keys: jwk === undefined ? [] : [jwk] },
    mint,
  }
}

function requireAlgorithm(value: unknown): Algorithm {
  if (isAlgorithm(value)) return value
  throw invalid('algorithm', `"algorithm" must be one of ${ALGORITHMS.join(', ')}.`)
}

function requireFault(value: unknown): void {
  if (value === undefined || isTokenFault(value)) return
  throw invalid('fault', '"fault" is none of those that a test issuer can make.')
}
