import { DpopVerifier, type DpopOptions, type Reason, type RequestLike } from '@mayfly/core'
import {
  createTestIssuer,
  createTestProver,
  FakeClock,
  type ProofFault,
  type ProveOptions,
  type TestIssuer,
  type TestProver,
} from '@mayfly/testing'
import { AUDIENCE } from './inbound.ts'
import { received, type SentRequest } from './requests.ts'

/** The URL that the servers of these tests are known by. */
export const BASE_URL = 'https://api.example.com'

/** What each fault of a proof is refused for. */
export const FAULTS: Readonly<Record<ProofFault, Reason>> = {
  unsigned: 'proof_invalid',
  secret: 'proof_invalid',
  'other-algorithm': 'proof_invalid',
  'no-type': 'proof_invalid',
  'other-type': 'proof_invalid',
  'no-key': 'proof_invalid',
  'private-key': 'proof_invalid',
  'secret-key': 'proof_invalid',
  'other-key': 'proof_invalid',
  'other-curve': 'proof_invalid',
  'short-key': 'proof_invalid',
  'small-exponent': 'proof_invalid',
  tampered: 'proof_invalid',
  'other-spelling': 'proof_invalid',
  critical: 'proof_invalid',
  'no-method': 'proof_invalid',
  'other-method': 'proof_invalid',
  'method-in-lower-case': 'proof_invalid',
  'no-url': 'proof_invalid',
  'other-host': 'proof_invalid',
  'other-path': 'proof_invalid',
  'other-scheme': 'proof_invalid',
  'no-time': 'proof_invalid',
  'time-as-text': 'proof_invalid',
  'too-old': 'proof_expired',
  'too-new': 'proof_expired',
  'no-id': 'proof_invalid',
  'empty-id': 'proof_invalid',
  'id-as-number': 'proof_invalid',
  'no-hash': 'proof_invalid',
  'other-hash': 'proof_invalid',
}

export interface ProofBench {
  readonly clock: FakeClock
  readonly prover: TestProver
  readonly issuer: TestIssuer
  readonly dpop: DpopVerifier
  /** A token that is bound to the prover's key. */
  readonly token: string
  /** A request with that token and a proof of it. */
  readonly proven: (options?: Partial<ProveOptions>, sent?: SentRequest) => RequestLike
}

/** A prover, an issuer whose tokens are bound to its key, and a verifier of proofs: all of one clock. */
export function proofBench(options: Partial<DpopOptions> = {}): ProofBench {
  const clock = new FakeClock()
  const prover = createTestProver({ clock })
  const issuer = createTestIssuer({ clock, audience: AUDIENCE })
  const dpop = new DpopVerifier({ baseUrl: BASE_URL, clock, ...options })
  const token = issuer.mint({ claims: { sub: 'alice', cnf: { jkt: prover.thumbprint } } })
  const proven = (wanted: Partial<ProveOptions> = {}, sent: SentRequest = {}): RequestLike => {
    const url = BASE_URL + (sent.url ?? '/orders')
    const method = sent.method ?? 'GET'
    const proof = prover.prove({ url, method, accessToken: token, ...wanted })
    return received({ ...sent, fields: sent.fields ?? fieldsOf(token, proof) })
  }
  return { clock, prover, issuer, dpop, token, proven }
}

/** The fields of a request with a bound token. */
export function fieldsOf(token: string, proof: string): readonly (readonly [string, string])[] {
  return [
    ['Authorization', `DPoP ${token}`],
    ['DPoP', proof],
  ]
}
