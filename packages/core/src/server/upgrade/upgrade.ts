import type { Clock } from '../../base/clock.ts'
import { clockOption, optionalFunction } from '../../base/options.ts'
import { asError, RequestError } from '../../base/errors.ts'
import { Guard } from '../guard/guard.ts'
import { challenged, denial } from '../guard/challenge.ts'
import type { DenyEvent, GuardVerifier, Outcome } from '../guard/options.ts'
import { offeredProtocols, PROTOCOL_FIELD } from '../guard/token-places.ts'
import { type NodeRequest, nodeRequest, type RequestLike } from '../guard/request.ts'
import type { HttpResponse } from '../../http/answer.ts'
import { type EditableRequest, withField, withoutFields } from '../incoming-request.ts'
import { notify, type Observe } from '../../base/observe.ts'
import { requireHandshake } from './handshake.ts'
import {
  beginJudging,
  endJudging,
  JUDGED_TWICE,
  refuseUpgrade,
  type UpgradeSocket,
} from './refuse.ts'
import { requireUpgradeOptions, type UpgradeOptions } from './options.ts'
import type { VerifiedToken } from '../../inbound/verifier/verified-token.ts'

/** An upgrade request as Node has it: an `IncomingMessage`. */
export type UpgradeRequest = NodeRequest & EditableRequest

/**
 * Gets each upgrade that was let through, with what its token says, and hands the connection to the
 * WebSocket server. A `RequestError` that it throws before it does so is the answer; what it throws
 * later ends the connection. It is not called for an upgrade that was refused, or whose client has
 * gone.
 */
export type AcceptUpgrade<Payload> = (
  auth: VerifiedToken<Payload> | undefined,
) => void | Promise<void>

const BROKEN: HttpResponse = Object.freeze({
  status: 500,
  headers: Object.freeze({ 'cache-control': 'no-store' }),
  body: '',
})

/**
 * Decides about WebSocket upgrades by the rules that a {@link Guard} has for requests. No framework
 * sees an upgrade: it comes with a connection alone, so refusals are written there, as HTTP.
 *
 * `upgradeAuth` of the adapters is this, and any server of Node's own can use it as it is.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { type TokenVerifier } from '@mayfly/core'
 * import { UpgradeGuard } from '@mayfly/core/adapter'
 * import { WebSocketServer } from 'ws'
 *
 * export function serve(verifier: TokenVerifier): void {
 *   const guard = new UpgradeGuard(verifier)
 *   const sockets = new WebSocketServer({ noServer: true })
 *   const server = createServer().listen(8080)
 *   server.on('upgrade', (req, socket, head) => {
 *     guard.handle(req, socket, (auth) => {
 *       sockets.handleUpgrade(req, socket, head, (ws) => ws.send(`Hello ${auth?.claims.sub}`))
 *     })
 *   })
 * }
 * ```
 */
export class UpgradeGuard<Payload = unknown> {
  readonly #guard: Guard<Payload>
  readonly #clock: Clock
  readonly #observe: Observe<DenyEvent> | undefined
  readonly #onError: (error: Error) => void

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(verifier: GuardVerifier<Payload>, options: UpgradeOptions = {}) {
    requireUpgradeOptions(options, verifier)
    const { clock, onError, tokenFrom, ...guardOptions } = options
    this.#guard = new Guard(verifier, {
      ...guardOptions,
      tokenFrom: { protocol: true, ...tokenFrom },
    })
    this.#clock = clockOption(clock)
    this.#observe = options.observe
    this.#onError = optionalFunction(onError, 'onError') ?? writeToConsole
  }

  /**
   * Decides about one upgrade, and either calls `accept` or answers and closes the connection. It
   * never throws. `accept` sees the request without the token in its list of protocols, so that a
   * WebSocket server that answers with the first of them answers with the application's.
   */
  handle(request: UpgradeRequest, socket: UpgradeSocket, accept: AcceptUpgrade<Payload>): void {
    // Without a listener a client that resets the connection meanwhile would end the process.
    socket.on('error', () => {})
    if (!beginJudging(socket)) {
      socket.destroy()
      this.#report(new Error(JUDGED_TWICE))
      return
    }
    void this.#handle(request, socket, accept)
  }

  async #handle(
    request: UpgradeRequest,
    socket: UpgradeSocket,
    accept: AcceptUpgrade<Payload>,
  ): Promise<void> {
    const written = socket.bytesWritten
    let accepted = false
    try {
      const outcome = await this.#judge(nodeRequest(request))
      if (!outcome.ok) return refuseUpgrade(socket, denial(outcome.error), this.#clock)
      if (socket.destroyed) return
      withoutTokens(request)
      endJudging(socket)
      accepted = true
      await accept(outcome.auth)
    } catch (error) {
      const isOpen = accepted && socket.bytesWritten !== written
      if (error instanceof RequestError && !isOpen) {
        const refusal = challenged(error, this.#guard.challenger)
        return refuseUpgrade(socket, denial(refusal), this.#clock)
      }
      if (accepted) socket.destroy()
      else refuseUpgrade(socket, BROKEN, this.#clock)
      this.#report(asError(error))
    }
  }

  #report(error: Error): void {
    try {
      this.#onError(error)
    } catch (failure) {
      // Nobody waits for this work: what it rejects with would end the process.
      writeToConsole(asError(failure))
    }
  }

  #judge(request: RequestLike): Promise<Outcome<Payload>> | Outcome<Payload> {
    try {
      requireHandshake(request)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      notify(this.#observe, { type: 'deny', reason: error.reason })
      return { ok: false, error: challenged(error, this.#guard.challenger) }
    }
    return this.#guard.authenticate(request)
  }
}

/** Takes tokens out of the list of protocols: the first of it is what a server answers with. */
export function withoutTokens(request: UpgradeRequest): void {
  const { protocols, tokens } = offeredProtocols(nodeRequest(request))
  if (tokens.length === 0) return
  withoutFields(request, new Set([PROTOCOL_FIELD]))
  withField(request, PROTOCOL_FIELD, protocols.join(', '))
}

/** What is done with an error that nothing waits for. */
export function writeToConsole(error: Error): void {
  // oxlint-disable-next-line no-console -- what Express and Koa do with an error that nobody takes
  console.error(error)
}
