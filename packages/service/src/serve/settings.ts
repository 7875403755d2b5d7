import { readFile } from 'node:fs/promises'
import { OptionError } from '@mayfly/core'
import { requireDuration, requireOneOf } from '@mayfly/core/adapter'
import type { ClientBounds } from '../contracts/client-bounds.ts'
import { databaseKind } from '../ledger/database-kind.ts'
import { createLogger, type LogLevel, type ServiceLogger } from '../ops/log.ts'
import type { ListenOptions } from '../server/listen.ts'
import type { TokenServiceOptions } from '../service/options.ts'
import type { LedgerFlags, ServeFlags } from './options.ts'
import { readSecret } from './secret-file.ts'
import type { ServeWorld } from './world.ts'

/** What the command line asks for, read and named as the library names it. */
export interface ServeSettings {
  readonly listen: ListenOptions
  /** Without `issuer` where that is the place that it listens at. */
  readonly service: Partial<TokenServiceOptions>
  readonly logLevel: LogLevel
  /** How long all may take at the end, the drain included. */
  readonly shutdownTimeoutMs: number
}

/** What `createTokenService` is told about its ledger. */
type LedgerOptions = Pick<TokenServiceOptions, 'database' | 'sealKeys' | 'algorithm'>

/**
 * Reads the command line, and the files and environment variables that it points to.
 *
 * @throws {OptionError} which names the option of the command line, and never what a secret is.
 */
export async function readSettings(flags: ServeFlags, world: ServeWorld): Promise<ServeSettings> {
  const { issuer } = flags
  const drainMs = 1000 * requireDuration(flags.drain, '--drain', { max: 3600 })
  const shutdownTimeoutMs =
    1000 * requireDuration(flags.shutdownTimeout, '--shutdown-timeout', { max: 3600 })
  const logLevel = requireOneOf(flags.logLevel, '--log-level', LEVELS)
  const logger = createLogger({ level: logLevel }, world.stderr)
  warnOfPasswords(flags, world, logger)
  if (/^(?:0\.0\.0\.0|\[?::\]?)$/.test(flags.host) && flags.tlsCert === undefined) {
    logger.warn(
      { option: '--host' },
      'tokens go over http from every address of this machine: let a proxy with TLS be all that reaches it, or give --tls-cert',
    )
  }
  return {
    logLevel,
    shutdownTimeoutMs: drainMs + shutdownTimeoutMs,
    listen: {
      ...readListening(flags),
      drainMs,
      // The ledger is closed after the last answer, and gets a share for that.
      shutdownTimeoutMs: shutdownTimeoutMs - Math.min(1000, shutdownTimeoutMs / 5),
      clock: world.clock,
    },
    service: {
      ...(issuer !== undefined && { issuer }),
      ...(await readLedger(flags, world)),
      ...readStorage(flags),
      ...(await readTelesign(flags, world)),
      ...readLimits(flags),
      metrics: readMetrics(flags.metrics),
      ...(await readClients(flags.clientsFile)),
      clock: world.clock,
    },
  }
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Every user of the machine sees the command lines of all. */
function warnOfPasswords(flags: ServeFlags, { env }: ServeWorld, logger: ServiceLogger): void {
  const places = [
    ['--database', flags.database, 'MAYFLY_DATABASE'],
    ['--redis', flags.redis, 'MAYFLY_REDIS'],
  ] as const
  for (const [option, url, variable] of places) {
    const isOpen = url !== undefined && url !== env[variable] && URL.canParse(url)
    if (!isOpen || new URL(url).password === '') continue
    logger.warn(
      { option, variable },
      'a password on the command line can be seen by every user of this machine: set the variable instead',
    )
  }
}

/** Reads where the ledger is and what it is sealed with. */
export async function readLedger(
  flags: LedgerFlags & Pick<ServeFlags, 'ephemeral'>,
  world: ServeWorld,
): Promise<LedgerOptions> {
  const algorithm = flags.algorithm as TokenServiceOptions['algorithm']
  const named = flags.database
  const sealing = { flag: '--seal-key-file', file: flags.sealKeyFile, variable: 'MAYFLY_SEAL_KEY' }
  const seal = await readSecret(sealing, world)
  if (flags.ephemeral === true && named !== undefined && named !== world.env['MAYFLY_DATABASE']) {
    throw wrong('--ephemeral', 'It keeps nothing: leave --database out.')
  }
  if (named?.includes('://') === true && seal === undefined && flags.ephemeral !== true) {
    throw wrong(
      sealing.flag,
      `${databaseKind(named)} takes it, or ${sealing.variable}, the same on all nodes: signing keys are encrypted with it. Make one with: mayfly serve seal-key`,
    )
  }
  return {
    database: flags.ephemeral === true ? ':memory:' : (named ?? 'mayfly.db'),
    ...(seal !== undefined && { sealKeys: seal.split(/\s+/).filter((line) => line !== '') }),
    ...(algorithm !== undefined && { algorithm }),
  }
}

function readListening(flags: ServeFlags): ListenOptions {
  const { host, port, tlsCert, tlsKey } = flags
  if (!/^\d{1,5}$/.test(port)) throw wrong('--port', 'Give a number from 0 to 65535.')
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const missing = tlsCert === undefined ? '--tls-cert' : '--tls-key'
    throw wrong(missing, 'HTTPS takes both --tls-cert and --tls-key.')
  }
  return {
    host,
    port: Number(port),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { certFile: tlsCert, keyFile: tlsKey } }),
  }
}

function readStorage(flags: ServeFlags): Partial<TokenServiceOptions> {
  const { retention, maxLifetime, rotateEvery, storeTokens, ephemeral } = flags
  return {
    ...(ephemeral === true && { ephemeral }),
    ...(storeTokens === true && { storeTokens }),
    ...(retention !== undefined && { retention: requireDuration(retention, '--retention') }),
    ...(maxLifetime !== undefined && {
      maxLifetime: requireDuration(maxLifetime, '--max-lifetime', { min: 1 }),
    }),
    ...(rotateEvery !== undefined && {
      rotateEvery: requireDuration(rotateEvery, '--rotate-every', { min: 60 }),
    }),
  }
}

async function readTelesign(
  flags: ServeFlags,
  world: ServeWorld,
): Promise<Pick<TokenServiceOptions, 'telesign'>> {
  const { telesignCustomerId: customerId, telesignApiKeyFile: file, telesignAccess } = flags
  if (customerId === undefined) {
    const given = file === undefined ? '--telesign-access' : '--telesign-api-key-file'
    if (file === undefined && telesignAccess === undefined) return {}
    throw wrong(given, 'It goes with --telesign-customer-id.')
  }
  const place = { flag: '--telesign-api-key-file', file, variable: 'MAYFLY_TELESIGN_API_KEY' }
  const apiKey = await readSecret(place, world)
  if (apiKey === undefined) {
    throw wrong(place.flag, `Give it, or set ${place.variable}: tokens are signed with that key.`)
  }
  const access = requireOneOf(telesignAccess ?? 'public', '--telesign-access', ['public', 'client'])
  return { telesign: { customerId, apiKey, access } }
}

function readLimits({ redis, trustProxy, ...flags }: ServeFlags): Partial<TokenServiceOptions> {
  return {
    ...(redis !== undefined && { redis }),
    ...(!flags.rateLimits && { rateLimits: null }),
    ...(trustProxy !== undefined && { trustProxy: readProxies(trustProxy) }),
  }
}

/** Reads what clients may have. Durations may be written as on the command line. */
async function readClients(
  file: string | undefined,
): Promise<Pick<TokenServiceOptions, 'clients'>> {
  if (file === undefined) return {}
  const flag = '--clients-file'
  let clients: unknown
  try {
    clients = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : "it isn't JSON"
    throw wrong(flag, `${file} cannot be read (${code}).`)
  }
  if (typeof clients !== 'object' || clients === null) {
    throw wrong(flag, `${file} must hold an object: {"backend": {"audiences": ["orders"]}}.`)
  }
  const read = Object.entries(clients).map(([name, bounds]: [string, unknown]) => {
    const { maxLifetime }: { maxLifetime?: unknown } = Object(bounds)
    if (typeof maxLifetime !== 'string') return [name, bounds] as const
    const seconds = requireDuration(maxLifetime, `clients.${name}.maxLifetime`, { min: 1 })
    return [name, { ...Object(bounds), maxLifetime: seconds }] as const
  })
  return { clients: Object.fromEntries(read) as Record<string, ClientBounds> }
}

function readMetrics(who: string): 'public' | 'client' | null {
  const access = requireOneOf(who, '--metrics', ['public', 'client', 'none'])
  return access === 'none' ? null : access
}

/** A number of hops, or addresses and the words that Express knows for some. Never "all of them". */
function readProxies(text: string): number | readonly string[] {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  const addresses = text.split(',').map((each) => each.trim())
  if (addresses.every((each) => /^[\da-f.:/]+$|^(loopback|linklocal|uniquelocal)$/i.test(each))) {
    return addresses
  }
  throw wrong(
    '--trust-proxy',
    'Give how many proxies are in front, or their addresses with commas between: 1, loopback, 10.0.0.0/8.',
  )
}

function wrong(flag: string, message: string): OptionError {
  return new OptionError('ERR_OPTION_INVALID', flag, `${flag}: ${message}`)
}
