import { type Algorithm, type Clock, ALGORITHMS } from '@mayfly/core'
import { telesign } from '@mayfly/core/vendors'
import {
  clockOption,
  invalid,
  optionalBoolean,
  optionalFunction,
  optionalNumber,
  optionalString,
  optionalStrings,
  refuseUnknownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
  requireString,
} from '@mayfly/core/adapter'
import { type ClientBounds, readClients } from '../contracts/client-bounds.ts'
import type { ServiceEvent } from '../contracts/events.ts'
import type { MetricsAccess } from '../contracts/metrics.ts'
import type { TelesignContract } from '../contracts/telesign.ts'
import {
  type RateLimitOptions,
  type RateLimits,
  readRateLimits,
} from '../http/rate-limits/options.ts'
import { MIN_ROTATE_EVERY } from '../keys/options.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ServiceLogger } from '../ops/log.ts'

/** What {@link createTokenService} is told. */
export interface TokenServiceOptions {
  /** The `iss` of the tokens: the https URL at which the service is reached (http is for loopback). */
  readonly issuer: string
  /**
   * Where the service keeps what must outlive it: the path of a SQLite file, `:memory:`, or the URL of a
   * database of PostgreSQL, `postgres://…`, or MongoDB, `mongodb://…`, for several nodes. Default `mayfly.db`. Not with `ledger`.
   */
  readonly database?: string
  /** A ledger of one's own. It is not closed with the service. */
  readonly ledger?: Ledger
  /**
   * What encrypts the signing keys in the ledger, and the texts of tokens: 32 random bytes each, as
   * base64url, the same for all nodes. The first one encrypts, the others read what older ones have.
   * Default: the file `<database>.key` beside a SQLite file, made where there is none. Required with
   * PostgreSQL, MongoDB and `ledger`, unless the service is `ephemeral`.
   */
  readonly sealKeys?: readonly string[]
  /** Keeps the signing keys in memory only: all tokens end with the process. Default `false`. */
  readonly ephemeral?: boolean
  /** Keeps the texts of tokens too, encrypted, but for console tokens. Default `false`. */
  readonly storeTokens?: boolean
  /** What tokens are signed with. Default `ES256`. */
  readonly algorithm?: Algorithm
  /** Seconds that a key signs before the next one does. Default 2 592 000, 30 days. */
  readonly rotateEvery?: number
  /** Issues tokens of Telesign. Default: it does not. */
  readonly telesign?: TelesignContract
  /**
   * What each client may have in the tokens that it asks for, by its name. A client that is not named
   * here, and whose console token has no bounds either, gets tokens for this issuer that speak of itself.
   */
  readonly clients?: Readonly<Record<string, ClientBounds>>
  /** Answers as Voicegain does. Default `true`. */
  readonly voicegain?: boolean
  /** Seconds that a token of `POST /tokens` may live at the most. Default 86 400, a day. */
  readonly maxLifetime?: number
  /** Seconds that records are kept after their tokens have expired. Default 2 592 000, 30 days. */
  readonly retention?: number
  /** How many requests are answered; `null`: as many as come. */
  readonly rateLimits?: RateLimitOptions | null
  /** The Redis in which nodes count requests together, such as `redis://localhost`. Default: in memory. */
  readonly redis?: string
  /** Whose word counts on where requests come from: Express's `trust proxy`. Default `false`: nobody's. */
  readonly trustProxy?: boolean | number | string | readonly string[]
  /**
   * Who may read `/metrics`: `public`, everybody who reaches the service; `client`, who has a console
   * token with the scope `metrics:read`; `null`, nobody. Default `public`: they hold no token and no name.
   */
  readonly metrics?: MetricsAccess | null
  /** The longest body that is read, in bytes. Default 16 384. */
  readonly bodyLimit?: number
  /** Gets the first console token, with all scopes, when the ledger has none. Keep it: nobody has it again. */
  readonly onConsoleToken?: (token: string) => void | Promise<void>
  readonly clock?: Clock
  /** Default: a log of warnings and errors on the standard output. */
  readonly logger?: ServiceLogger
  /** Is told of what is issued, refused and failing. What it throws is logged, and stops nothing. */
  readonly observe?: (event: ServiceEvent) => void
}

const OPTIONS: readonly (keyof TokenServiceOptions)[] = [
  'issuer',
  'database',
  'ledger',
  'sealKeys',
  'ephemeral',
  'storeTokens',
  'algorithm',
  'rotateEvery',
  'telesign',
  'clients',
  'voicegain',
  'maxLifetime',
  'retention',
  'rateLimits',
  'redis',
  'trustProxy',
  'metrics',
  'bodyLimit',
  'onConsoleToken',
  'clock',
  'logger',
  'observe',
]

/** The options, checked and completed. */
export interface TokenServiceSettings {
  readonly issuer: string
  readonly database: string
  readonly ledger: Ledger | undefined
  readonly sealKeys: readonly string[] | undefined
  readonly ephemeral: boolean
  readonly storeTokens: boolean
  readonly algorithm: Algorithm
  readonly rotateEvery: number | undefined
  readonly telesign: TelesignContract | undefined
  readonly clients: ReadonlyMap<string, ClientBounds>
  readonly voicegain: boolean
  readonly maxLifetime: number
  readonly retention: number
  readonly rateLimits: RateLimits
  readonly redis: string | undefined
  readonly trustProxy: TokenServiceOptions['trustProxy']
  readonly metrics: MetricsAccess | null
  readonly bodyLimit: number
  readonly onConsoleToken: TokenServiceOptions['onConsoleToken']
  readonly clock: Clock
  readonly logger: ServiceLogger | undefined
  readonly observe: TokenServiceOptions['observe']
}

/** Checks the options of the service, before anything is opened. */
export function readServiceOptions(options: TokenServiceOptions): TokenServiceSettings {
  requireOptions(options, 'createTokenService')
  refuseUnknownOptions(options, OPTIONS, 'createTokenService')
  const whole = { min: 1, integer: true }
  if (options.database !== undefined && options.ledger !== undefined) {
    throw invalid('ledger', 'Give "database" or "ledger", not both.')
  }
  const database = optionalString(options.database, 'database') ?? 'mayfly.db'
  return {
    issuer: requireIssuer(options.issuer),
    database,
    ledger: options.ledger,
    sealKeys: optionalStrings(options.sealKeys, 'sealKeys'),
    ephemeral: optionalBoolean(options.ephemeral, 'ephemeral') ?? false,
    storeTokens: optionalBoolean(options.storeTokens, 'storeTokens') ?? false,
    algorithm: requireAlgorithm(options.algorithm),
    rotateEvery: optionalNumber(options.rotateEvery, 'rotateEvery', { min: MIN_ROTATE_EVERY }),
    telesign: options.telesign === undefined ? undefined : requireTelesign(options.telesign),
    clients: readClients(options.clients),
    voicegain: optionalBoolean(options.voicegain, 'voicegain') ?? true,
    maxLifetime: requireNumber(options.maxLifetime ?? 86_400, 'maxLifetime', whole),
    retention: requireNumber(options.retention ?? 30 * 86_400, 'retention', { integer: true }),
    rateLimits: readRateLimits(options.rateLimits),
    redis: optionalString(options.redis, 'redis'),
    trustProxy: options.trustProxy ?? false,
    metrics: requireMetrics(options.metrics),
    bodyLimit: requireNumber(options.bodyLimit ?? 16_384, 'bodyLimit', {
      min: 1024,
      max: 1_048_576,
      integer: true,
      unit: 'bytes',
    }),
    onConsoleToken: optionalFunction(options.onConsoleToken, 'onConsoleToken'),
    clock: clockOption(options.clock),
    logger: options.logger,
    observe: optionalFunction(options.observe, 'observe'),
  }
}

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/

function requireIssuer(value: unknown): string {
  const text = requireString(value, 'issuer', 512)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSecure =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  if (url === undefined || !isSecure) {
    throw invalid('issuer', '"issuer" must be an https URL (http is for loopback).')
  }
  if (!/^[\w.~/-]*$/.test(url.pathname)) {
    throw invalid('issuer', 'The path of "issuer" must be letters, digits, ".", "_", "~" and "-".')
  }
  if (!/[?#]/.test(text) && url.username === '' && url.password === '') return text
  throw invalid('issuer', '"issuer" must be a URL without user, query and fragment.')
}

function requireAlgorithm(value: unknown = 'ES256'): Algorithm {
  // A secret has no public half to publish.
  const known = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))
  return requireOneOf(value, 'algorithm', known)
}

function requireMetrics(value: unknown = 'public'): MetricsAccess | null {
  return value === null ? null : requireOneOf<MetricsAccess>(value, 'metrics', ['public', 'client'])
}

function requireTelesign(contract: TelesignContract): TelesignContract {
  requireOptions(contract, 'telesign')
  refuseUnknownOptions(contract, ['customerId', 'apiKey', 'access'], 'telesign')
  const { customerId, apiKey } = contract
  const access = requireOneOf(contract.access ?? 'public', 'telesign.access', ['public', 'client'])
  // It says now what is wrong with them, and not with the first request.
  telesign({ customerId, apiKey, phoneNumber: '15555551212' })
  return { customerId, apiKey, access }
}
