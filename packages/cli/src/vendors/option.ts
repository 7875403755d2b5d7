import type { CliIo } from '../io.ts'

/** How an option's text becomes what the vendor's function takes. */
export type OptionKind =
  /** Text, as it is. */
  | 'text'
  /** May be given several times: an array. */
  | 'list'
  /** A duration: seconds. */
  | 'duration'
  /** A duration: milliseconds, for what waits. */
  | 'wait'
  /** A whole number. */
  | 'number'
  /** An ISO date or seconds since the epoch: a NumericDate. */
  | 'time'
  /** May be given several times: `name=text` or `name:=json`, an object. */
  | 'assignments'
  /** No value: true. */
  | 'switch'
  /** No value: a function that draws ids. */
  | 'ids'

/** One option of a vendor's command. */
export interface VendorOption {
  /** As commander takes it: `--key-id <id>`. */
  readonly flags: string
  readonly description: string
  /** Default `'text'`. */
  readonly kind?: OptionKind
  /** The name in the options of the vendor's function. Default: the flag's, in camel case. */
  readonly property?: string
  readonly choices?: readonly string[]
  /** What the vendor's own pages write for a choice: `{ 1: 'host' }`. */
  readonly numbers?: Readonly<Record<string, string>>
  readonly required?: boolean
  /** For assignments: what `name` alone stands for. Default: it is refused. */
  readonly bare?: BareValue
}

/** What a name without a value stands for: `true`, or an empty object at the top. */
export type BareValue = 'true' | 'object'

/** Which ways there are to hand over what is secret. */
export type Credential =
  | { readonly kind: 'key'; readonly property: string; readonly what: string }
  | { readonly kind: 'secret'; readonly property: string; readonly what: string }
  /** One of both. */
  | {
      readonly kind: 'either'
      readonly key: string
      readonly secret: string
      readonly what: string
      readonly keyIs: string
      readonly secretIs: string
    }

/** The values of a vendor's options by property, the credential included. */
export type Settings = Readonly<Record<string, unknown>>

/** What a vendor's function is called with beside the settings. */
export type Surroundings = Pick<CliIo, 'clock' | 'fetch'>

/** Seconds from `iat` to `exp`, for tokens that are signed here. */
export const LIFETIME: VendorOption = {
  flags: '--lifetime <duration>',
  description: 'how long the token lives: 90s, 20m, 48h',
  kind: 'duration',
}

/** What tokens take that are signed here and may have further claims. */
export const SIGNED: readonly VendorOption[] = [
  LIFETIME,
  {
    flags: '--backdate <duration>',
    description: 'how far iat lies in the past; part of the lifetime',
    kind: 'duration',
  },
  {
    flags: '--claim <name=value>',
    description: 'a further claim, name=text or name:=json; may be repeated',
    kind: 'assignments',
    property: 'claims',
  },
  {
    flags: '--jti',
    description: 'put a random id into the token',
    kind: 'ids',
    property: 'tokenId',
  },
]

/** What tokens take that are signed here and have no further claims. */
export const SIGNED_PLAINLY: readonly VendorOption[] = SIGNED.slice(0, 2)

/** Where the tokens may go. */
export const ORIGIN: VendorOption = {
  flags: '--origin <url>',
  description: 'where the token may go instead of to the vendor: a sandbox; may be repeated',
  kind: 'list',
  property: 'origins',
}

/** What tokens take that a server hands out. */
export const EXCHANGED: readonly VendorOption[] = [
  {
    flags: '--timeout <duration>',
    description: 'how long the vendor may take to hand out the token (default: 10s)',
    kind: 'wait',
    property: 'timeoutMs',
  },
]

/** The choice that a number of the vendor's stands for; any other text as it is. */
export function choiceOf({ numbers = {} }: VendorOption, text: string): string {
  return Object.hasOwn(numbers, text) ? (numbers[text] ?? text) : text
}

/** The name of an option in the vendor's function. */
export function propertyOf({ flags, property }: VendorOption): string {
  return property ?? attributeOf(flags)
}

/** The name under which commander keeps an option. */
export function attributeOf(flags: string): string {
  return longOf(flags)
    .slice(2)
    .replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** The long form of an option, without its value: `--key-id`. */
export function longOf(flags: string): string {
  return /--[a-z0-9-]+/.exec(flags)?.[0] ?? flags
}
