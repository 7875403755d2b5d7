import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { closeAt, type VerifiedToken } from '@mayfly/core'
import { type GuardVerifier, type UpgradeOptions } from '@mayfly/core/adapter'
import type { Bench, Site } from './bench.ts'
import type { WebSocketLike } from './driver.ts'
import { answerAuth } from './handlers.ts'
import { type SentUpgrade, sendUpgrade, type UpgradeClient } from './upgrade-client.ts'

/** An upgrade as it was when it was let through. */
export interface Accepted {
  readonly auth: VerifiedToken<unknown> | undefined
  /** All header fields that could be seen then. */
  readonly fields: string
  readonly webSocket: WebSocketLike
}

/** A server whose upgrades are guarded. A WebSocket says who it takes its client for, and echoes. */
export interface UpgradeSite extends AsyncDisposable {
  readonly site: Site
  readonly accepted: readonly Accepted[]
  /** What `onError` got. */
  readonly errors: readonly Error[]
  connect(sent?: SentUpgrade): Promise<UpgradeClient>
}

/** What {@link openUpgrades} may be told. */
export interface UpgradeSetup {
  readonly verifier?: GuardVerifier<unknown>
  readonly options?: UpgradeOptions
  /** Called before an upgrade is handed to the WebSocket server. */
  readonly beforeAccept?: (auth: VerifiedToken<unknown> | undefined) => void
}

/** Starts a server that takes upgrades beside requests. `/me` is a route like any other. */
export async function openUpgrades<Middleware>(
  bench: Bench<Middleware>,
  { verifier = bench.verifier(), options = {}, beforeAccept }: UpgradeSetup = {},
): Promise<UpgradeSite> {
  const { adapter, clock, WebSocketServer } = bench
  const [accepted, errors, connections]: [Accepted[], Error[], Set<Duplex>] = [[], [], new Set()]
  const onError = (error: Error): void => void errors.push(error)
  const authenticate = adapter.upgradeAuth(verifier, { clock, onError, ...options })
  const sockets = new WebSocketServer({ noServer: true })

  const route = { path: '/me', middleware: [adapter.bearerAuth(verifier)], handle: answerAuth }
  const site = await bench.open(route)
  site.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    connections.add(socket)
    authenticate(request, socket, (auth) => {
      beforeAccept?.(auth)
      const fields = JSON.stringify([request.headers, request.rawHeaders, request.headersDistinct])
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        accepted.push({ auth, fields, webSocket })
        closeAt(auth?.claims.exp, webSocket, { clock })
        webSocket.send(`Hello ${auth === undefined ? 'stranger' : auth.claims.sub}`)
        webSocket.on('message', (data) => webSocket.send(`You said ${String(data)}`))
      })
    })
  })
  return {
    site,
    accepted,
    errors,
    connect: (sent) => sendUpgrade(site.origin, sent),
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.destroy()
      await site[Symbol.asyncDispose]()
    },
  }
}
