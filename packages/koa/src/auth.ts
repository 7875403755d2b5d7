import type { JwtPayload, VerifiedToken } from '@mayfly/core'
import type { Challenger } from '@mayfly/core/adapter'

/**
 * Says what type `ctx.state.auth.payload` has, where a verifier's `schema` gives it another than `JwtPayload`.
 * Augment it once per program: `declare module '@mayfly/koa' { interface AuthTypes { payload: Order } }`.
 */
export interface AuthTypes {}

/** The type of `ctx.state.auth.payload`: that of {@link AuthTypes}, else `JwtPayload`. */
export type AuthPayload = AuthTypes extends { readonly payload: infer Payload }
  ? Payload
  : JwtPayload

/** What the payloads of a verifier may be: where a program has {@link AuthTypes}, those alone. */
export type AnyPayload = AuthTypes extends { readonly payload: infer Payload } ? Payload : unknown

// oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- until a program augments it
type Auth = VerifiedToken<AuthPayload>

declare module 'koa' {
  interface DefaultState {
    /** The token that `bearerAuth` accepted; `undefined` where it is optional and there was none. */
    auth?: Auth | undefined
  }
}

/** Where `bearerAuth` leaves word for `requireScope`; shared by all copies of this package. */
const CHALLENGER: unique symbol = Symbol.for('mayfly.challenger')

interface Guarded {
  readonly state: { auth?: Auth | undefined }
  [CHALLENGER]?: Challenger
  [ACCEPTED]?: Accepted
}

/** What each guard of a request let it pass with, the last one first; a guard is known by its challenger. */
interface Accepted {
  readonly challenger: Challenger
  readonly auth: VerifiedToken<unknown> | undefined
  readonly before: Accepted | undefined
}

const ACCEPTED: unique symbol = Symbol('mayfly.accepted')

/** Notes that a guard has let a request pass, and what with. */
export function noteAuth(
  ctx: Guarded,
  auth: VerifiedToken<unknown> | undefined,
  challenger: Challenger,
): void {
  ctx.state.auth = auth as Auth | undefined
  ctx[CHALLENGER] = challenger
  ctx[ACCEPTED] = { challenger, auth, before: ctx[ACCEPTED] }
}

/** The challenger of the guard that let a request pass; `undefined` where there was none. */
export function challengerOf(ctx: object): Challenger | undefined {
  return (ctx as Guarded)[CHALLENGER]
}

/** What the guard with this challenger let a request pass with; `undefined` where it did not. */
export function authOf(ctx: object, challenger: Challenger): VerifiedToken<unknown> | undefined {
  let note = (ctx as Guarded)[ACCEPTED]
  while (note !== undefined && note.challenger !== challenger) note = note.before
  return note?.auth
}
