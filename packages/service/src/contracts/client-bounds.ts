import { checkOrigin, compileOriginPatterns, parseOriginPattern } from '@mayfly/core'
import {
  invalid,
  optionalNumber,
  optionalStrings,
  refuseUnknownOptions,
  requireOptions,
} from '@mayfly/core/adapter'
import { ServiceProblem } from '../http/problem.ts'

/** A list of what is allowed, or `*` for anything. */
export type Allowed = readonly string[] | '*'

/** What a client may have in the tokens that it asks for. */
export interface ClientBounds {
  /** Names of APIs. Default: this service's issuer. */
  readonly audiences?: Allowed
  /** Sites, as `aud` of Voicegain's contract and as `origins`. Default: this service's own. */
  readonly origins?: Allowed
  /** Whom tokens may speak of. Default: the client itself. */
  readonly subjects?: Allowed
  /** The words that the claim `scope` may have. Default: none. */
  readonly scopes?: Allowed
  /** Seconds that a token may live at the most. Default: `maxLifetime` of the service. */
  readonly maxLifetime?: number
}

const LISTS = ['audiences', 'origins', 'subjects', 'scopes'] as const

/**
 * Checks the bounds of a client.
 *
 * @param option what errors call them.
 * @throws {OptionError} when they are unknown or unsound.
 */
export function readClientBounds(bounds: unknown, option: string): ClientBounds {
  requireOptions(bounds, option)
  refuseUnknownOptions(bounds, [...LISTS, 'maxLifetime'], option)
  const { maxLifetime, ...given }: ClientBounds = bounds
  const lifetime = optionalNumber(maxLifetime, `${option}.maxLifetime`, { min: 1, integer: true })
  const lists = LISTS.flatMap((name) => {
    if (given[name] === undefined) return []
    const list = given[name] === '*' ? '*' : optionalStrings(given[name], `${option}.${name}`)
    return [[name, name === 'origins' ? normalOrigins(list, option) : list] as const]
  })
  return { ...Object.fromEntries(lists), ...(lifetime !== undefined && { maxLifetime: lifetime }) }
}

/** Checks the option `clients`: bounds by the client's name. */
export function readClients(clients: unknown): ReadonlyMap<string, ClientBounds> {
  if (clients === undefined) return new Map()
  requireOptions(clients, 'clients')
  return new Map(
    Object.entries(clients).map(([name, bounds]) => [
      name,
      readClientBounds(bounds, `clients.${name}`),
    ]),
  )
}

function normalOrigins(list: Allowed | undefined, option: string): Allowed | undefined {
  if (list === undefined || list === '*') return list
  return list.map((origin) => {
    try {
      return parseOriginPattern(origin).text
    } catch (cause) {
      throw invalid(`${option}.origins`, `"${option}.origins" holds what isn't a site.`, cause)
    }
  })
}

/** What of a token its client answers for. */
export interface TokenRequest {
  readonly audiences: readonly string[]
  /** In their normal form. */
  readonly origins: readonly string[]
  readonly subject: string | undefined
  /** The value of the claim `scope`. */
  readonly scope: string | undefined
  readonly lifetime: number
}

/** The client that asks for a token. */
export interface BoundClient {
  readonly id: string
  readonly isAdmin: boolean
  /** What its console token lets it have in tokens, where that says so. */
  readonly bounds?: ClientBounds
}

/** Holds clients to their bounds. */
export class BoundClients {
  readonly #clients: ReadonlyMap<string, ClientBounds>
  readonly #issuer: string

  constructor(clients: ReadonlyMap<string, ClientBounds>, issuer: string) {
    this.#clients = clients
    this.#issuer = issuer
  }

  /** The longest life that a client may give a token, of these many seconds at the most. */
  maxLifetime(client: BoundClient, most: number): number {
    return Math.min(most, ...this.#boundsOf(client).map((each) => each.maxLifetime ?? most))
  }

  /** Whom a token speaks of whose request names no subject. */
  usualSubject(client: BoundClient): string | undefined {
    return client.isAdmin ? undefined : client.id
  }

  /**
   * Refuses what a client may not have: 403, with the parameter that is at fault. Where the service and
   * the console token both have bounds, both count. A client with the scope `admin` has none.
   */
  require(
    client: BoundClient,
    asked: TokenRequest,
    names: Readonly<Record<string, string>> = {},
  ): void {
    for (const bounds of this.#boundsOf(client)) {
      const { subject, scope } = asked
      const { audiences = [this.#issuer], subjects = [client.id], scopes = [] } = bounds
      const { origins = ownSite(this.#issuer), maxLifetime = asked.lifetime } = bounds
      const words = scope?.split(' ').filter((word) => word !== '') ?? []
      const fault =
        (!asked.audiences.every((one) => isAmong(one, audiences)) && 'audience') ||
        (!asked.origins.every((one) => isSiteAmong(one, origins)) && 'origins') ||
        (subject !== undefined && !isAmong(subject, subjects) && 'subject') ||
        (!words.every((one) => isAmong(one, scopes)) && 'claims') ||
        (asked.lifetime > maxLifetime && 'expiresIn')
      if (fault !== false) throw notAllowed(client, names[fault] ?? fault)
    }
  }

  #boundsOf(client: BoundClient): readonly ClientBounds[] {
    if (client.isAdmin) return []
    const known = [this.#clients.get(client.id), client.bounds]
    const given = known.filter((each) => each !== undefined)
    return given.length === 0 ? [{}] : given
  }
}

function isAmong(value: string, allowed: Allowed): boolean {
  return allowed === '*' || allowed.includes(value)
}

/** A pattern is allowed as it stands, and a site where a pattern has it. */
function isSiteAmong(origin: string, allowed: Allowed): boolean {
  if (isAmong(origin, allowed) || origin.includes('*')) return isAmong(origin, allowed)
  const header = origin.includes('://') ? origin : `https://${origin}`
  return checkOrigin(compileOriginPatterns(allowed), header).allowed
}

function ownSite(issuer: string): readonly string[] {
  try {
    return [parseOriginPattern(new URL(issuer).origin).text]
  } catch {
    return []
  }
}

function notAllowed({ id }: BoundClient, parameter: string): ServiceProblem {
  const message = `The client "${id}" may not have this in a token: "${parameter}". Whoever runs the service can allow it.`
  return new ServiceProblem('ERR_NOT_ALLOWED', message, {
    status: 403,
    parameter,
    headers: { 'www-authenticate': 'Bearer realm="mayfly", error="insufficient_scope"' },
  })
}
