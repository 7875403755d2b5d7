import type { TokenSource } from '@mayfly/core'
import type * as vendors from '@mayfly/core/vendors'
import type { Credential, Settings, Surroundings, VendorOption } from './option.ts'

/** The name of a function of `@mayfly/core/vendors`. */
export type VendorFunction = keyof typeof vendors

/** A vendor's command: a table of options, and the call that they lead to. */
export interface VendorCommand {
  /** The command's name: `app-store-connect`. */
  readonly name: string
  readonly function: VendorFunction
  readonly title: string
  /** Whose it is, for the help. */
  readonly group: string
  readonly credential: Credential
  readonly options: readonly VendorOption[]
  /** Why a token is not to be used twice, where it is not: then there is no `--cache`. */
  readonly single?: string
  /** Why no request can be sent with it from here, where none can: then there is no `mayfly curl`. */
  readonly noRequests?: string
  /** Options of an example, without the name of the command and without a URL. */
  readonly example: string
  /** A URL that such a token is good for, where there is one. */
  readonly url?: string
  readonly create: (settings: Settings, surroundings: Surroundings) => TokenSource
}
