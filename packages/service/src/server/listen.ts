import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type Clock, OptionError } from '@mayfly/core'
import {
  clockOption,
  invalid,
  optionalFunction,
  optionalNumber,
  optionalString,
  refuseUnknownOptions,
  requireOptions,
} from '@mayfly/core/adapter'
import { boundWaiting } from './bound-waiting.ts'
import { Drain } from './shutdown.ts'
import {
  fileMarks,
  readCredentials,
  requireTlsOptions,
  type TlsEvent,
  type TlsOptions,
  watchCredentials,
} from './tls.ts'

/** How {@link listen} serves. */
export interface ListenOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** The address to listen on. Default `127.0.0.1`: this machine alone. */
  readonly host?: string
  /** Serves HTTPS, TLS 1.2 or later, and reads the files again when they change. */
  readonly tls?: TlsOptions
  /** How long answers on their way may take to finish after that. Default 10 000. */
  readonly shutdownTimeoutMs?: number
  /**
   * How long it goes on answering once it is to end, so that load balancers and clients hear of it: each
   * answer is then the last one of its connection. Default 0.
   */
  readonly drainMs?: number
  /** How long a client may take for its headers, and for the handshake of TLS. Default 10 000. */
  readonly headersTimeoutMs?: number
  /** How long a client may take for a whole request, its body included. Default 30 000. */
  readonly requestTimeoutMs?: number
  readonly clock?: Clock
  readonly observe?: (event: TlsEvent) => void
}

/** A server that runs. */
export interface RunningServer {
  /** Where it is: `https://127.0.0.1:8443`. */
  readonly url: string
  readonly port: number
  /** Whether it is being ended. */
  readonly draining: boolean
  /** Ends it: lets answers finish first. Gives how many connections had to be cut. */
  close(): Promise<number>
}

const MIN_VERSION = { minVersion: 'TLSv1.2' } as const

/** How often Node looks for clients that are too slow, at the least. */
const CHECKING_MS = 5000

/** What a client may take its time for. Whoever is slower gets 408, and its connection ends. */
function limitsOf({ headersTimeoutMs, requestTimeoutMs }: SlowLimits): ServerOptions {
  return {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: Math.min(CHECKING_MS, headersTimeoutMs, requestTimeoutMs),
    maxHeaderSize: 16_384,
    // Node looks for `Host` itself: without it RFC 9112 section 3.2 wants a 400.
    requireHostHeader: true,
  }
}

type SlowLimits = Required<Pick<ListenOptions, 'headersTimeoutMs' | 'requestTimeoutMs'>>

/** How long a connection may be silent while an answer is on its way, such as one that nobody reads. */
const SILENCE_MS = 60_000

/**
 * Serves an application until it is closed.
 *
 * @throws {OptionError} when an option is unknown or unsound, a file of `tls` is, or the port is taken.
 */
export async function listen(
  application: RequestListener,
  options: ListenOptions = {},
): Promise<RunningServer> {
  const settings = requireListenOptions(options)
  const { port, host, tls, shutdownTimeoutMs, drainMs, clock, observe } = settings
  const marks = tls === undefined ? '' : await fileMarks(tls)
  let drain: Drain | undefined
  const bounded = boundWaiting(
    (request, response) => drain?.admit(() => application(request, response)),
    (request) => drain?.isOver(request) === true,
  )
  const secure = tls === undefined ? undefined : await secureServer(tls, settings, bounded)
  const server: Server = secure ?? createServer(limitsOf(settings), bounded)
  server.setTimeout(SILENCE_MS)
  const draining = new Drain(server, clock)
  drain = draining
  await bind(server, port, host)
  const stopWatching =
    secure === undefined || tls === undefined
      ? () => {}
      : watchCredentials(tls, marks, {
          clock,
          use: (credentials) => secure.setSecureContext({ ...credentials, ...MIN_VERSION }),
          observe: observe ?? (() => {}),
        })
  const bound = portOf(server)
  return {
    url: `${secure === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    get draining() {
      return draining.draining
    },
    close: () => {
      stopWatching()
      return draining.close({ drainMs, timeoutMs: shutdownTimeoutMs })
    },
  }
}

function requireListenOptions(options: ListenOptions) {
  requireOptions(options, 'listen')
  refuseUnknownOptions(options, [...SERVICE_LISTEN_OPTIONS, 'clock', 'observe'], 'listen')
  return {
    ...readSlowLimits(options),
    port: optionalPort(options.port),
    host: optionalString(options.host, 'host', 255) ?? '127.0.0.1',
    tls: options.tls === undefined ? undefined : requireTlsOptions(options.tls),
    shutdownTimeoutMs:
      optionalNumber(options.shutdownTimeoutMs, 'shutdownTimeoutMs', { unit: 'milliseconds' }) ??
      10_000,
    drainMs:
      optionalNumber(options.drainMs, 'drainMs', { max: 3_600_000, unit: 'milliseconds' }) ?? 0,
    clock: clockOption(options.clock),
    observe: optionalFunction(options.observe, 'observe'),
  }
}

/** The options that whoever listens chooses. The others belong to what is served. */
export const SERVICE_LISTEN_OPTIONS: readonly string[] = [
  'port',
  'host',
  'tls',
  'shutdownTimeoutMs',
  'drainMs',
  'headersTimeoutMs',
  'requestTimeoutMs',
]

function readSlowLimits(options: ListenOptions): SlowLimits {
  const bounds = { min: 1, max: 3_600_000, integer: true, unit: 'milliseconds' }
  const headersTimeoutMs =
    optionalNumber(options.headersTimeoutMs, 'headersTimeoutMs', bounds) ?? 10_000
  const requestTimeoutMs =
    optionalNumber(options.requestTimeoutMs, 'requestTimeoutMs', bounds) ??
    Math.max(30_000, headersTimeoutMs)
  if (headersTimeoutMs <= requestTimeoutMs) return { headersTimeoutMs, requestTimeoutMs }
  throw invalid(
    'headersTimeoutMs',
    '"headersTimeoutMs" must be at most "requestTimeoutMs": headers are a part of the request.',
  )
}

function optionalPort(port: unknown = 0): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw invalid('port', '"port" must be a whole number from 0 to 65535; 0 takes any that is free.')
}

async function secureServer(
  tls: TlsOptions,
  limits: SlowLimits,
  application: RequestListener,
): Promise<TlsServer> {
  const credentials = await readCredentials(tls)
  const handshakeTimeout = limits.headersTimeoutMs
  return createTlsServer(
    { ...limitsOf(limits), ...MIN_VERSION, handshakeTimeout, ...credentials },
    application,
  )
}

async function bind(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new OptionError('ERR_OPTION_INVALID', 'port', `${whyNot(cause)} (${host}:${port}).`, {
      cause,
    })
  }
}

function whyNot(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') return 'Another program listens there: choose another "port"'
  if (code === 'EACCES') return 'Listening there needs more rights: choose a port from 1024'
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'This machine has no such address'
  return `It cannot listen there: ${typeof code === 'string' ? code : 'unknown reason'}`
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It has no port.')
  return address.port
}
