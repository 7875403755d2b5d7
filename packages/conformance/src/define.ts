import type { Bench } from './bench.ts'

/** A case before it is bound to an adapter. */
export interface CaseDefinition {
  readonly name: string
  readonly run: <Middleware>(bench: Bench<Middleware>) => Promise<void>
}
