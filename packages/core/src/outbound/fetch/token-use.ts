import type { ClockTrial } from '../learned-clock.ts'
import type { AccessToken } from '../token.ts'
import type { RequestName } from './refusal-brake.ts'

/** One use of a token: which, where, and since when. */
export interface TokenUse {
  readonly token: AccessToken
  readonly origin: string
  /** The local clock when the request was sent, in milliseconds. */
  readonly sentAt: number
  /** The local clock when the token was issued, in milliseconds. */
  readonly bornAt: number
  readonly attempt: number
  /** What the request was for. */
  readonly name: RequestName
  /** The server's clock that was being tried when the token came. */
  readonly trial: ClockTrial | undefined
}

/** A request that is about to be sent. */
export interface RequestTarget {
  readonly method: string
  /** Its path and query. */
  readonly path: string
}

/** Another token for a request that was refused. */
export interface Replacement {
  readonly use: TokenUse
  /** Is told how it went, for the requests that wait to know. */
  readonly conclude: (helped: boolean) => void
}

/** How a request goes on whose token the server may not know yet. */
export interface PropagationWait {
  /** How long to wait first. */
  readonly pauseMs: number
  /** Begins the next use, then. */
  readonly resume: () => TokenUse
}

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number
  readonly date: string | null | undefined
  readonly age: string | null | undefined
}

/** An answer that refused, its body as far as it was read. */
export interface RefusedResponse {
  readonly status: number
  readonly body: string
  readonly headers?: Headers
}
