export { browserFields, type BrowserRequest } from './browser-fields.ts'
export { FakeClock } from './fake-clock.ts'
export { MemoryTokenStore } from './memory-token-store.ts'
export type { TokenFault } from './issuer/faults.ts'
export type { ProofFault } from './issuer/proof-faults.ts'
export {
  createTestProver,
  type ProveOptions,
  type TestProver,
  type TestProverOptions,
} from './issuer/test-prover.ts'
export {
  createTestIssuer,
  type MintOptions,
  type TestIssuer,
  type TestIssuerOptions,
} from './issuer/test-issuer.ts'
