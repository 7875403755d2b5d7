import { createHash, randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@mayfly/core'
import { invalid, refuseUnknownOptions } from '@mayfly/core/adapter'
import { finishProof, type ProofFault } from './proof-faults.ts'
import { createTestKey } from './signing.ts'

/** Options of {@link createTestProver}. */
export interface TestProverOptions {
  /** Default `ES256`. */
  readonly algorithm?: 'ES256' | 'PS256' | 'EdDSA'
  /** What `iat` is taken from. Default: the machine's clock. */
  readonly clock?: Clock
}

/** What a proof is for, and what is to be wrong with it. */
export interface ProveOptions {
  /** The URL of the request. */
  readonly url: string
  /** Default `GET`. */
  readonly method?: string
  /** The access token that goes with it. Default: none. */
  readonly accessToken?: string
  /** The nonce that the server gave. Default: none. */
  readonly nonce?: string
  /** Claims to add or to replace; `undefined` leaves one out. Nothing about them is checked. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header members to add or to replace; `undefined` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>
  /** What is to be wrong with the proof. Default: nothing. */
  readonly fault?: ProofFault
}

/** Makes proofs for tests: whatever it is asked to. */
export interface TestProver {
  /** The thumbprint of its key (RFC 7638): the `jkt` of tokens that are bound to it. */
  readonly thumbprint: string
  /** Makes a proof with `htm`, `htu`, `iat`, a new `jti`, and what the options say. */
  prove(options: ProveOptions): string
}

/**
 * Makes what proves the possession of a key (DPoP, RFC 9449), for the tests of servers. It shares no
 * code with the library, and its proofs can be wrong in any way.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { createTestIssuer, createTestProver } from '@mayfly/testing'
 *
 * const prover = createTestProver()
 * const issuer = createTestIssuer()
 * const token = issuer.mint({ claims: { cnf: { jkt: prover.thumbprint } } })
 * const url = 'https://api.example.com/orders'
 * const headers = {
 *   authorization: `DPoP ${token}`,
 *   dpop: prover.prove({ url, accessToken: token }),
 * }
 * ```
 */
export function createTestProver(options: TestProverOptions = {}): TestProver {
  refuseUnknownOptions(options, ['algorithm', 'clock'], 'createTestProver')
  const { algorithm = 'ES256', clock = systemClock } = options
  if (!['ES256', 'PS256', 'EdDSA'].includes(algorithm)) {
    throw invalid('algorithm', '"algorithm" must be ES256, PS256 or EdDSA.')
  }
  const key = createTestKey(algorithm)
  const jwk = key.publicKey?.export({ format: 'jwk' }) ?? {}
  // RFC 7638 section 3: the members of a public key, by name, without white space.
  const members = Object.entries(jwk).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const thumbprint = hashOf(JSON.stringify(Object.fromEntries(members)))

  function prove(wanted: ProveOptions): string {
    refuseUnknownOptions(wanted, PROVE_OPTIONS, 'prove')
    const { url, method = 'GET', accessToken, nonce, fault } = wanted
    const plain = {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: Math.floor(clock.now() / 1000),
      ath: accessToken === undefined ? undefined : hashOf(accessToken),
      nonce,
    }
    const header = { typ: 'dpop+jwt', alg: algorithm, jwk, ...wanted.header }
    return finishProof({ header, claims: { ...plain, ...wanted.claims }, key }, fault)
  }

  return { thumbprint, prove }
}

const PROVE_OPTIONS = ['url', 'method', 'accessToken', 'nonce', 'claims', 'header', 'fault']

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
