import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  type AcceptUpgrade,
  type GuardVerifier,
  UpgradeGuard,
  type UpgradeOptions,
} from '@mayfly/core/adapter'
import type { AnyPayload, AuthPayload } from './auth.ts'

/** What {@link upgradeAuth} makes: it decides about one upgrade, and calls `accept` if it is let through. */
export type UpgradeMiddleware<Payload = AuthPayload> = (
  req: IncomingMessage,
  socket: Duplex,
  accept: AcceptUpgrade<Payload>,
) => void

/**
 * Lets WebSocket upgrades with a good bearer token pass, with what it says, and answers all others on
 * the connection itself, with a challenge (RFC 6750) and problem details (RFC 9457).
 *
 * Koa does not see upgrades: call it where the HTTP server tells of them. The token is looked for
 * in the `Authorization` header and, since a page cannot set that on a WebSocket, in the list of
 * protocols, as `bearer.` and the token beside the application's own protocol. Pair it with
 * `closeAt`: a WebSocket outlives its token otherwise.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { closeAt, type TokenVerifier } from '@mayfly/core'
 * import { upgradeAuth } from '@mayfly/koa'
 * import Koa from 'koa'
 * import { WebSocketServer } from 'ws'
 *
 * export function serve(verifier: TokenVerifier): void {
 *   const sockets = new WebSocketServer({ noServer: true })
 *   const authenticate = upgradeAuth(verifier)
 *   const server = createServer(new Koa().callback()).listen(8080)
 *   server.on('upgrade', (req, socket, head) => {
 *     authenticate(req, socket, (auth) => {
 *       sockets.handleUpgrade(req, socket, head, (ws) => {
 *         closeAt(auth?.claims.exp, ws)
 *         ws.send(`Hello ${auth?.claims.sub}`)
 *       })
 *     })
 *   })
 * }
 * ```
 */
export function upgradeAuth<Payload extends AnyPayload>(
  verifier: GuardVerifier<Payload>,
  options: UpgradeOptions = {},
): UpgradeMiddleware<Payload> {
  const guard = new UpgradeGuard(verifier, options)
  const judge: UpgradeMiddleware<Payload> = (req, socket, accept) =>
    guard.handle(req, socket, accept)
  return Object.defineProperty(judge, 'name', { value: 'upgradeAuth' })
}
