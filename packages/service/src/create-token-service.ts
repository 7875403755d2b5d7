import type { Express } from 'express'
import {
  type ConsoleTokenOptions,
  consoleVerifier,
  createConsoleToken,
  firstConsoleToken,
} from './contracts/console-tokens.ts'
import { consolePage } from './console/page.ts'
import type { ServiceContext } from './contracts/context.ts'
import type { ServiceEvent } from './contracts/events.ts'
import { seconds } from './contracts/seconds.ts'
import { publishedDocuments } from './contracts/documents.ts'
import { guardLedger } from './contracts/guarded-ledger.ts'
import { healthOperations } from './contracts/health.ts'
import type { RotatedKey } from './contracts/keyring.ts'
import { keyOperations } from './contracts/keys.ts'
import { Mint } from './contracts/mint.ts'
import { oauthOperations } from './contracts/oauth.ts'
import { recordOperations } from './contracts/records.ts'
import { telesignOperations } from './contracts/telesign.ts'
import { tokenOperations } from './contracts/tokens.ts'
import { voicegainOperations } from './contracts/voicegain.ts'
import { consoleAuthentication } from './http/authenticate.ts'
import { bodyReader } from './http/body.ts'
import type { Operation } from './http/operation.ts'
import { RateLimiter } from './http/rate-limits.ts'
import { connectLimiterRedis, type LimiterRedis } from './http/rate-limits/redis.ts'
import { createRouter } from './http/router.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openLedger } from './ledger/open.ts'
import { memoryKeyStore } from './keys/memory-store.ts'
import { ServiceKeys } from './keys/service-keys.ts'
import { createLogger } from './ops/log.ts'
import { ServiceMetrics } from './ops/metrics.ts'
import { watchRequests } from './ops/watch-requests.ts'
import { openSealer } from './seal/open.ts'
import type { Sealer } from './seal/sealer.ts'
import {
  readServiceOptions,
  type TokenServiceOptions,
  type TokenServiceSettings,
} from './service/options.ts'

/** A token service that runs. */
export interface TokenService {
  /** An Express application: mount it, or serve it as it is. Mount it before any body parser. */
  readonly router: Express
  /** What it counts, for Prometheus. */
  readonly metrics: ServiceMetrics
  /** Makes a new signing key. `now`: one that signs at once, though caches do not know it yet. */
  rotateKeys(options?: { readonly now?: boolean }): Promise<RotatedKey>
  /**
   * Makes a console token for a client, beside those that it has. It is shown this once.
   *
   * @throws {OptionError} when the client's name or an option is unsound.
   */
  createConsoleToken(client: string, options?: ConsoleTokenOptions): Promise<string>
  /** Forgets records and keys whose time is over. Gives how many tokens. */
  purge(): Promise<number>
  /** Lets go of the ledger and of Redis. End the server before. */
  close(): Promise<void>
}

/**
 * Makes a service that issues tokens over HTTP, publishes the keys that they are checked with, remembers
 * what it issued, and revokes it. `/openapi.json` tells all that it answers.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 * @throws {LedgerError} when the ledger cannot be opened.
 * @throws {SealError} when the signing keys in it cannot be decrypted.
 *
 * @example
 * ```ts
 * import { createTokenService } from '@mayfly/service'
 *
 * const service = await createTokenService({
 *   issuer: 'http://localhost:3000',
 *   database: ':memory:',
 *   onConsoleToken: (token) => console.log(token),
 * })
 * const server = service.router.listen(3000, '127.0.0.1')
 * ```
 */
export async function createTokenService(options: TokenServiceOptions): Promise<TokenService> {
  const settings = readServiceOptions(options)
  const { clock, database } = settings
  const telling = observation(settings)
  const ledger = settings.ledger ?? (await openLedger({ database, clock }))
  const context = await contextOf(settings, ledger, telling.onEvent).catch(
    async (error: unknown) => {
      if (settings.ledger === undefined) await ledger.close()
      throw error
    },
  )
  const redis = await connectRedis(settings, telling.onEvent)
  const router = routerOf({ settings, context, redis, telling })
  const first = settings.onConsoleToken === undefined ? undefined : await firstConsoleToken(context)
  if (first !== undefined) await settings.onConsoleToken?.(first.value)
  return {
    router,
    metrics: telling.metrics,
    rotateKeys: async ({ now = false } = {}) => context.keys.rotate({ now }),
    createConsoleToken: async (client, given) =>
      (await createConsoleToken(context, client, given)).value,
    purge: async () => {
      const now = seconds(clock)
      return ledger.purge({ expiredBefore: now - settings.retention, now })
    },
    close: async () => {
      await redis?.close()
      if (settings.ledger === undefined) await ledger.close()
    },
  }
}

async function contextOf(
  settings: TokenServiceSettings,
  ledger: Ledger,
  observe: (event: ServiceEvent) => void,
): Promise<ServiceContext> {
  const { issuer, clock, maxLifetime, storeTokens } = settings
  const sealer = await sealerOf(settings, ledger)
  const keys = guardLedger(await keysOf(settings, ledger, sealer))
  const guarded = guardLedger(ledger)
  const seal = storeTokens ? sealer.purpose('token') : undefined
  const sealing = seal !== undefined && { seal }
  const mint = new Mint({ issuer, keys, ledger: guarded, clock, observe, ...sealing })
  return { issuer, ledger: guarded, keys, mint, clock, maxLifetime, ...sealing }
}

function sealerOf(settings: TokenServiceSettings, ledger: Ledger): Promise<Sealer> {
  const { sealKeys, ephemeral, storeTokens } = settings
  const database = settings.ledger === undefined ? settings.database : undefined
  // What is kept of tokens stays in the ledger, even where the signing keys do not.
  return openSealer({ database, ledger, sealKeys, ephemeral: ephemeral && !storeTokens })
}

function keysOf(
  { ephemeral, algorithm, rotateEvery, clock }: TokenServiceSettings,
  ledger: Ledger,
  sealer: Sealer,
): Promise<ServiceKeys> {
  return ServiceKeys.open({
    ledger: ephemeral ? memoryKeyStore() : ledger,
    sealer,
    algorithm,
    clock,
    ...(rotateEvery !== undefined && { rotateEvery }),
  })
}

interface Telling {
  readonly metrics: ServiceMetrics
  readonly watch: ReturnType<typeof watchRequests>
  readonly onEvent: (event: ServiceEvent) => void
}

/** Tells the log, the metrics and the observer what happens. None of them can stop it. */
function observation({ clock, logger: given, observe }: TokenServiceSettings): Telling {
  const logger = given ?? createLogger({ level: 'warn' })
  const metrics = new ServiceMetrics()
  const onEvent = (event: ServiceEvent): void => {
    if (event.type === 'issue') metrics.issued(event.kind)
    if (event.type === 'refuse') metrics.denied(event.code)
    if (event.type === 'failure') {
      metrics.failed(event.what)
      logger.error({ what: event.what, err: event.error }, 'failure')
    }
    try {
      observe?.(event)
    } catch (error) {
      logger.warn({ err: error }, 'the observer failed')
    }
  }
  return { metrics, onEvent, watch: watchRequests({ clock, metrics, logger }) }
}

async function connectRedis(
  { redis: url }: TokenServiceSettings,
  onEvent: (event: ServiceEvent) => void,
): Promise<LimiterRedis | undefined> {
  if (url === undefined) return undefined
  return connectLimiterRedis(url, (error) => onEvent({ type: 'failure', what: 'redis', error }))
}

function routerOf({
  settings,
  context,
  redis,
  telling,
}: {
  readonly settings: TokenServiceSettings
  readonly context: ServiceContext
  readonly redis: LimiterRedis | undefined
  readonly telling: Telling
}): Express {
  const { rateLimits, trustProxy, bodyLimit } = settings
  return createRouter(operationsOf(settings, context, { redis, onEvent: telling.onEvent }), {
    before: [telling.watch, consolePage()],
    authenticate: consoleAuthentication(consoleVerifier(context)),
    limiter: new RateLimiter(rateLimits, redis),
    readBody: bodyReader(bodyLimit),
    trustProxy,
    onRefusal: ({ status, code }) => telling.onEvent({ type: 'refuse', status, code }),
    onFailure: (error) => telling.onEvent({ type: 'failure', what: 'request', error }),
  })
}

function operationsOf(
  { telesign, voicegain, clock }: TokenServiceSettings,
  context: ServiceContext,
  { redis, onEvent }: { redis: LimiterRedis | undefined; onEvent: (event: ServiceEvent) => void },
): readonly Operation[] {
  const access = telesign?.access
  const checks = {
    ledger: () => context.ledger.ping(),
    ...(redis !== undefined && { redis: () => redis.ping() }),
  }
  return [
    ...(telesign === undefined ? [] : telesignOperations(telesign, context)),
    ...(voicegain ? voicegainOperations(context) : []),
    ...tokenOperations(context),
    ...recordOperations(context),
    ...oauthOperations(context),
    ...keyOperations(context.keys),
    ...publishedDocuments(context, {
      voicegain,
      ...(access !== undefined && { telesign: access }),
    }),
    ...healthOperations(checks, {
      clock,
      onFailure: (_check, error) => onEvent({ type: 'failure', what: 'ready', error }),
    }),
  ]
}
