import type { Express } from 'express'
import { refuseUnknownOptions, requireOptions } from '@mayfly/core/adapter'
import {
  type ConsoleTokenOptions,
  createConsoleToken,
  firstConsoleToken,
} from './contracts/console-tokens.ts'
import type { ServiceContext } from './contracts/context.ts'
import { seconds } from './contracts/seconds.ts'
import type { RotatedKey } from './contracts/keyring.ts'
import { openLedger } from './ledger/open.ts'
import { LedgerProbe } from './ledger/probe.ts'
import { purgeRegularly } from './ledger/purge-regularly.ts'
import type { ServiceMetrics } from './ops/metrics.ts'
import {
  type ListenOptions,
  listen,
  type RunningServer,
  SERVICE_LISTEN_OPTIONS,
} from './server/listen.ts'
import { connectRedis, openContext } from './service/context.ts'
import {
  readServiceOptions,
  type TokenServiceOptions,
  type TokenServiceSettings,
} from './service/options.ts'
import { type ReadyState, serviceRouter } from './service/router.ts'
import { openObservers } from './service/telling.ts'

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
  /** Forgets records and keys whose time is over, as it does by itself every ten minutes. Gives how many tokens. */
  purge(): Promise<number>
  /**
   * Serves by itself until the service is closed, or the server that it gives.
   *
   * @throws {OptionError} when an option is unknown or unsound, a file of `tls` is, or the port is taken.
   */
  listen(options?: ServiceListenOptions): Promise<RunningServer>
  /** Makes `/readyz` answer 503 from now on, so that load balancers send requests elsewhere. */
  drain(): void
  /**
   * Ends the servers that `listen` has started, letting answers on their way finish, and lets go of the
   * ledger and of Redis. End a server of your own before.
   */
  close(): Promise<void>
}

/**
 * Makes a service that issues tokens over HTTP, publishes the keys that they are checked with, remembers
 * what it issued, and revokes it. `/openapi.json` tells all that it answers.
 *
 * @throws {OptionError} when an option is missing, unknown or unsound.
 * @throws {LedgerError} when the ledger cannot be opened.
 * @throws {SealError} when what is kept there cannot be decrypted.
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
 * const { url } = await service.listen({ port: 3000 })
 * ```
 */
export async function createTokenService(options: TokenServiceOptions): Promise<TokenService> {
  const settings = readServiceOptions(options)
  const held: Closable[] = []
  try {
    return await openService(settings, held)
  } catch (error) {
    await closeAll(held)
    throw error
  }
}

/** Where and how {@link TokenService.listen} serves. */
export type ServiceListenOptions = Omit<ListenOptions, 'clock' | 'observe'>

interface Closable {
  close(): Promise<unknown>
}

/** @param held gets what was opened, and has to be closed. */
async function openService(
  settings: TokenServiceSettings,
  held: Closable[],
): Promise<TokenService> {
  const { clock, database, retention, onConsoleToken } = settings
  const telling = openObservers(settings)
  const ledger = settings.ledger ?? (await openLedger({ database, retention, clock }))
  if (settings.ledger === undefined) held.push(ledger)
  const redis = await connectRedis(settings, telling.onEvent)
  if (redis !== undefined) held.push(redis)
  const context = await openContext(settings, ledger, telling.onEvent)
  const probe = new LedgerProbe(ledger, clock)
  const ready: ReadyState = { draining: false, probe }
  const router = serviceRouter({ settings, context, redis, telling, ready })
  if (onConsoleToken !== undefined) await handOverFirst(context, onConsoleToken)
  const purge = async (): Promise<number> => {
    const now = seconds(clock)
    return ledger.purge({ expiredBefore: now - retention, now })
  }
  const onFailure = (error: unknown): void =>
    telling.onEvent({ type: 'failure', what: 'purge', error })
  held.push({ close: purgeRegularly(purge, { clock, onFailure }) })
  const stopProbing = probe.start()
  const drain = (): void => {
    ready.draining = true
    void stopProbing()
  }
  return {
    router,
    metrics: telling.metrics,
    rotateKeys: (given = {}) => context.keys.rotate(given),
    createConsoleToken: async (client, given) =>
      (await createConsoleToken(context, client, given)).value,
    purge,
    listen: async (given = {}) => {
      requireOptions(given, 'listen')
      refuseUnknownOptions(given, SERVICE_LISTEN_OPTIONS, 'listen')
      const server = await listen(router, { ...given, clock, observe: telling.onTlsEvent })
      const running: RunningServer = {
        url: server.url,
        port: server.port,
        get draining() {
          return server.draining
        },
        close: () => {
          drain()
          return server.close()
        },
      }
      held.push(running)
      return running
    },
    drain,
    close: () => {
      drain()
      return closeAll(held)
    },
  }
}

/** A token that could not be handed over is nobody's: it is revoked, and the next start makes another. */
async function handOverFirst(
  context: ServiceContext,
  onConsoleToken: NonNullable<TokenServiceSettings['onConsoleToken']>,
): Promise<void> {
  const first = await firstConsoleToken(context)
  if (first === undefined) return
  try {
    await onConsoleToken(first.value)
  } catch (error) {
    await context.ledger.revoke('console', first.tokenId, seconds(context.clock))
    throw error
  }
}

/** Closes each once, the last one first. One that fails keeps none of the others open. */
async function closeAll(held: Closable[]): Promise<void> {
  const failures: unknown[] = []
  for (const one of held.splice(0).toReversed()) {
    try {
      await one.close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
