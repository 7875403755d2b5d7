import type { Answer } from './answer.ts'
import type { Client } from './authenticate.ts'
import type { MEDIA_TYPES } from './body.ts'
import type { Parameters } from './parameters.ts'
import type { LimitName } from './rate-limits/options.ts'
import type { Scope } from './scopes.ts'

/** One request, as an operation sees it. */
export interface Call {
  /** The parts of the path, decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly query: Parameters
  /** Empty where there was none. */
  readonly body: Uint8Array
  /** Who asks; for operations without `access`, nobody. */
  readonly client: Client | undefined
  /** Gives each value of a header. */
  header(name: string): readonly string[]
  /** Counts the request against one more limit, and refuses it where it is one too many. */
  count(limit: LimitName, key: string): Promise<void>
}

/** One method of one path. */
export interface Operation {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE'
  /** As Express writes it: `/v1/token/:phone`. */
  readonly path: string
  /** The scopes that a console token needs for it; an empty list: any console token will do. */
  readonly access?: readonly Scope[]
  /** The parameters that its query may have. Default: none. */
  readonly query?: readonly string[]
  /** The body that it takes. Default: none is looked at. */
  readonly body?: { readonly type: keyof typeof MEDIA_TYPES; readonly required: boolean }
  /** Whether requests are counted. Default `true`. */
  readonly counted?: boolean
  handle(call: Call): Promise<Answer> | Answer
}
