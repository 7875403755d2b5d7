import type { Reason, VerifierOptions } from '@mayfly/core'
import type { AttackTopic } from './topics.ts'

/** What an attacked verifier is told beside its keys, its issuer and its audience. */
export type AttackOptions = Pick<
  VerifierOptions,
  'maxTokenAge' | 'maxTokenLength' | 'requiredClaims' | 'type'
>

/** A token that must be refused, and how. */
export interface TokenAttack {
  /** What kind of attack it is: one of {@link ATTACK_TOPICS}. */
  readonly topic: AttackTopic
  /** The very attack, as words that go on from "refuses". */
  readonly name: string
  /** The token, made anew. */
  readonly token: string
  /** The reason that has to be given, with status 401. */
  readonly reason: Reason
  /** The claim, or `typ`, that has to be named. */
  readonly claim?: string
  /** What the verifier is told besides. Default: nothing. */
  readonly options?: AttackOptions
  /** Whether the signature of the token holds, so that its claims alone are wrong. */
  readonly signed: boolean
}

/** An attack on the signature layer, before it is aimed at anybody. */
export interface SignatureAttack<Setup> {
  readonly topic: AttackTopic
  readonly name: string
  readonly reason: Reason
  readonly token: (setup: Setup) => string
}
