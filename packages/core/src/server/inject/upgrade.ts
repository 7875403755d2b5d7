import { type Clock } from '../../base/clock.ts'
import { asError, RequestError } from '../../base/errors.ts'
import { clockOption, invalid, optionalFunction } from '../../base/options.ts'
import type { HttpResponse } from '../../http/answer.ts'
import { denial } from '../guard/challenge.ts'
import { refuseUpgrade, type UpgradeSocket } from '../upgrade/refuse.ts'
import { type UpgradeRequest, withoutTokens, writeToConsole } from '../upgrade/upgrade.ts'
import { BearerInjector } from './inject.ts'
import type { InjectOptions } from './options.ts'
import type { SourceChoice } from './upstream.ts'

/** Options of {@link injectUpgrade}. */
export interface InjectUpgradeOptions extends Omit<InjectOptions, 'watchResponses'> {
  /** Gets what is not the request's fault. Default: it is written to the console. */
  readonly onError?: (error: Error) => void
}

/**
 * What {@link injectUpgrade} makes: it puts a token on an upgrade, and calls `next` with what it was
 * given; or it answers on the connection itself.
 */
export type InjectUpgrade<Request extends UpgradeRequest = UpgradeRequest> = <
  Incoming extends Request,
  Socket extends UpgradeSocket,
  Head,
>(
  request: Incoming,
  socket: Socket,
  head: Head,
  next: (request: Incoming, socket: Socket, head: Head) => unknown,
) => void

const BROKEN: HttpResponse = { status: 500, headers: { 'cache-control': 'no-store' }, body: '' }

/**
 * Does for WebSocket upgrades what `injectBearer` does for requests: the caller's own credentials go,
 * those in the list of protocols too, and a fresh bearer token comes in their place. No middleware sees
 * an upgrade, so give it to the server's `upgrade`, with what hands the connection to the proxy as
 * `next`. Where no token can be had, the answer on the connection is 503, and `next` is not called.
 *
 * What the server behind answers is written to the connection by the proxy: a 401 to an upgrade drops no
 * token.
 *
 * @throws {OptionError} when an option is unsound, or the upstream is not for the source's tokens.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import type { Socket } from 'node:net'
 * import type { TokenManager } from '@mayfly/core'
 * import { injectUpgrade } from '@mayfly/core/adapter'
 * import { createProxyMiddleware } from 'http-proxy-middleware'
 *
 * export function gateway(manager: TokenManager, target: string): void {
 *   const proxy = createProxyMiddleware({ target, changeOrigin: true })
 *   const inject = injectUpgrade(manager)
 *   const server = createServer().listen(3000)
 *   server.on('upgrade', (req, socket, head) => inject(req, socket as Socket, head, proxy.upgrade))
 * }
 * ```
 */
export function injectUpgrade<Request extends UpgradeRequest = UpgradeRequest>(
  source: SourceChoice<Request>,
  options: InjectUpgradeOptions = {},
): InjectUpgrade<Request> {
  const { onError, ...inject } = Object(options) as InjectUpgradeOptions
  if ('watchResponses' in inject) {
    throw invalid(
      'watchResponses',
      '"watchResponses" does not go with upgrades: their answers are written to the connection by the proxy.',
    )
  }
  const injector = new BearerInjector<Request>(source, inject)
  const parts: Parts<Request> = {
    injector,
    clock: clockOption(options.clock),
    report: optionalFunction(onError, 'onError') ?? writeToConsole,
  }
  const judge: InjectUpgrade<Request> = (request, socket, head, next) => {
    // Without a listener a client that resets the connection meanwhile would end the process.
    socket.on('error', () => {})
    void handle(request, socket, parts, () => next(request, socket, head))
  }
  return Object.defineProperty(judge, 'name', { value: 'injectUpgrade' })
}

interface Parts<Request> {
  readonly injector: BearerInjector<Request>
  readonly clock: Clock
  readonly report: (error: Error) => void
}

async function handle<Request extends UpgradeRequest>(
  request: Request,
  socket: UpgradeSocket,
  parts: Parts<Request>,
  goOn: () => unknown,
): Promise<void> {
  const { injector, clock } = parts
  const written = socket.bytesWritten
  try {
    await injector.inject(request, undefined, request)
    withoutTokens(request)
    if (!socket.destroyed) await goOn()
  } catch (error) {
    if (socket.bytesWritten !== written) socket.destroy()
    else refuseUpgrade(socket, error instanceof RequestError ? denial(error) : BROKEN, clock)
    if (!(error instanceof RequestError)) report(error, parts.report)
  }
}

function report(error: unknown, tell: (error: Error) => void): void {
  try {
    tell(asError(error))
  } catch (failure) {
    // Nobody waits for this work: what it rejects with would end the process.
    writeToConsole(asError(failure))
  }
}
