import { type DpopOptions, DpopVerifier, type GuardOptions } from '@mayfly/core'
import {
  type ProofFault,
  createTestProver,
  type ProveOptions,
  type TestProver,
} from '@mayfly/testing'
import type { Bench, Site } from './bench.ts'
import { answerAuth, type Handle } from './handlers.ts'
import type { Fields } from './http-client.ts'

/** The URL that the clients of these cases know the server by. */
export const BASE_URL = 'https://api.example.com'

/** The faults of proofs, and what each is refused for. */
export const PROOF_VERDICTS: readonly (readonly [ProofFault, 'proof_invalid' | 'proof_expired'])[] =
  [
    ['unsigned', 'proof_invalid'],
    ['secret', 'proof_invalid'],
    ['other-algorithm', 'proof_invalid'],
    ['no-type', 'proof_invalid'],
    ['other-type', 'proof_invalid'],
    ['no-key', 'proof_invalid'],
    ['private-key', 'proof_invalid'],
    ['secret-key', 'proof_invalid'],
    ['other-key', 'proof_invalid'],
    ['other-curve', 'proof_invalid'],
    ['short-key', 'proof_invalid'],
    ['small-exponent', 'proof_invalid'],
    ['tampered', 'proof_invalid'],
    ['other-spelling', 'proof_invalid'],
    ['critical', 'proof_invalid'],
    ['no-method', 'proof_invalid'],
    ['other-method', 'proof_invalid'],
    ['method-in-lower-case', 'proof_invalid'],
    ['no-url', 'proof_invalid'],
    ['other-host', 'proof_invalid'],
    ['other-path', 'proof_invalid'],
    ['other-scheme', 'proof_invalid'],
    ['no-time', 'proof_invalid'],
    ['time-as-text', 'proof_invalid'],
    ['too-old', 'proof_expired'],
    ['too-new', 'proof_expired'],
    ['no-id', 'proof_invalid'],
    ['empty-id', 'proof_invalid'],
    ['id-as-number', 'proof_invalid'],
    ['no-hash', 'proof_invalid'],
    ['other-hash', 'proof_invalid'],
  ]

/** A route that takes bound tokens, and a client that has one. */
export interface ProofSite extends AsyncDisposable {
  readonly site: Site
  readonly prover: TestProver
  /** A token that is bound to the prover's key. */
  readonly token: string
  /** The fields of a request for `/me` with that token and a new proof. */
  readonly fields: (options?: Partial<ProveOptions>) => Fields
}

/** What {@link openProven} may be told. */
export interface ProofSetup {
  readonly dpop?: Partial<DpopOptions>
  readonly options?: GuardOptions
  readonly handle?: Handle
}

/** The fields that carry a bound token and its proof. */
export function proven(token: string, proof: string): Fields {
  return [
    ['Authorization', `DPoP ${token}`],
    ['DPoP', proof],
  ]
}

/** Starts a server whose route `/me` takes bound tokens. */
export async function openProven<Middleware>(
  bench: Bench<Middleware>,
  { dpop: dpopOptions = {}, options = {}, handle = answerAuth }: ProofSetup = {},
): Promise<ProofSite> {
  const { adapter, verifier, issuer, clock, open } = bench
  const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock, ...dpopOptions })
  const middleware = [adapter.bearerAuth(verifier(), { dpop, ...options })]
  const site = await open({ path: '/me', middleware, handle })
  const prover = createTestProver({ clock })
  const token = issuer.mint({ claims: { sub: 'alice', cnf: { jkt: prover.thumbprint } } })
  return {
    site,
    prover,
    token,
    fields: (wanted = {}) =>
      proven(token, prover.prove({ url: `${BASE_URL}/me`, accessToken: token, ...wanted })),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  }
}
