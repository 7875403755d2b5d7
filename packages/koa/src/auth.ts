import type { JwtPayload, RequestError, VerifiedToken } from '@mayfly/core'
import type { Challenger } from '@mayfly/core/adapter'
import type { ParameterizedContext } from 'koa'

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

/** What a guard let a request pass with, and how it refuses; a guard is known by its challenger. */
interface Accepted {
  readonly challenger: Challenger
  readonly auth: VerifiedToken<unknown> | undefined
  /** The key of `ctx.state` that has `auth` for the application. */
  readonly property: string
  readonly refuse: Refuse
}

/** Answers a request that is refused, or hands the refusal to the application. */
export type Refuse = (ctx: ParameterizedContext, error: RequestError) => boolean | Promise<boolean>

/** Where `bearerAuth` leaves word for `requireScope`; shared by all copies of this package. */
const ACCEPTED: unique symbol = Symbol.for('mayfly.accepted')

interface Note extends Accepted {
  readonly before: Note | undefined
}

interface Guarded {
  readonly state: object
  [ACCEPTED]?: Note
}

/** Notes that a guard has let a request pass, and what with. */
export function noteAuth(ctx: Guarded, accepted: Accepted): void {
  Reflect.set(ctx.state, accepted.property, accepted.auth)
  ctx[ACCEPTED] = { ...accepted, before: ctx[ACCEPTED] }
}

/** What the last guard let a request pass with, unless the application has taken it away since. */
export function acceptedOf(ctx: object): Accepted | undefined {
  const { [ACCEPTED]: note, state } = ctx as Guarded
  if (note === undefined || Reflect.get(state, note.property) !== undefined) return note
  return { ...note, auth: undefined }
}

/** What the guard with this challenger let a request pass with; `undefined` where it did not. */
export function authOf(ctx: object, challenger: Challenger): VerifiedToken<unknown> | undefined {
  let note = (ctx as Guarded)[ACCEPTED]
  while (note !== undefined && note.challenger !== challenger) note = note.before
  return note?.auth
}
