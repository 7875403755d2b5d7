import type { IncomingMessage, Server } from 'node:http'
import type { TokenSource } from '@mayfly/core'
import type { InjectOptions } from '@mayfly/core/adapter'

/**
 * A gateway that a driver has to build: `injectBearer` for requests and `injectUpgrade` for upgrades,
 * and a real proxy behind both.
 */
export interface Gateway {
  /** The origin that the proxy sends every request on to, path and query unchanged. */
  readonly target: string
  /** The source, or what chooses one by Node's own request. */
  readonly source: TokenSource | ((request: IncomingMessage) => TokenSource)
  readonly options: InjectOptions
  /** To be called between `injectBearer` and the proxy, with Node's own request. */
  readonly look: (request: IncomingMessage) => void
}

/** What the gateway suite needs to know of an adapter and a proxy. */
export interface GatewayDriver {
  /** Goes before the name of each case. */
  readonly name: string
  /** Builds a gateway on a server that does not listen yet. The suite starts it and closes it. */
  readonly mount: (gateway: Gateway) => Server
}
