import { requireProver } from '../../outbound/fetch/proofs.ts'
import type { DpopProver } from '../../outbound/dpop/prover.ts'
import type { Asking, ExchangedSourceOptions } from '../../outbound/sources/exchanged-source.ts'
import { readRefusal } from '../../outbound/sources/exchanged-oauth-answer.ts'

/** How a request for a token has it bound to a key, or to none. */
export interface KeyBindingOfRequest {
  /** What the binding adds to the source's id: a token of one key is none for another. */
  readonly id: readonly string[]
  /** The request holds something that is dated. */
  readonly dated: boolean
  /** The header fields that prove the key. */
  readonly fields: (url: URL, asking: Asking) => Promise<Readonly<Record<string, string>>>
  readonly learnFrom: NonNullable<ExchangedSourceOptions['learnFrom']>
}

const NONE: KeyBindingOfRequest = {
  id: [],
  dated: false,
  fields: async () => ({}),
  learnFrom: () => false,
}

/** Compiles the option `dpop` (RFC 9449 sections 5 and 8). */
export function keyBinding(dpop: DpopProver | undefined): KeyBindingOfRequest {
  if (dpop === undefined) return NONE
  requireProver(dpop)
  return {
    id: [`dpop ${dpop.id}`],
    dated: true,
    fields: async (url, { clock }) => ({ dpop: await dpop.prove({ method: 'POST', url, clock }) }),
    learnFrom(answer, { url }) {
      dpop.learn(url, answer.headers)
      const { status, headers } = answer
      // Without a nonce to go with it, the demand can only be made again.
      const asks = (status === 400 || status === 401) && headers.has('dpop-nonce')
      return asks && readRefusal(answer).error === 'use_dpop_nonce'
    },
  }
}
