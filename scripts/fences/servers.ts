import { once } from 'node:events'
import { Server as HttpServer } from 'node:http'
import { type AddressInfo, Server } from 'node:net'

/** Servers that a fence started, wherever it thinks that they listen. */
export class CapturedServers {
  readonly #servers: Server[] = []

  /** From now on every server of this process listens on a free port of loopback. */
  capture(): void {
    const servers = this.#servers
    // oxlint-disable-next-line typescript/unbound-method -- the proxy hands the server on
    Server.prototype.listen = new Proxy(Server.prototype.listen, {
      apply(listen, server: Server, args: readonly unknown[]) {
        servers.push(server)
        const listening = args.filter((each) => typeof each === 'function')
        return Reflect.apply(listen, server, [{ port: 0, host: '127.0.0.1' }, ...listening])
      },
    })
  }

  /** The servers' addresses; waits until they listen. */
  async urls(): Promise<string[]> {
    return await Promise.all(
      this.#servers.map(async (server) => {
        if (!server.listening) await once(server, 'listening')
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      }),
    )
  }

  /** Closes them with every connection. */
  close(): void {
    for (const server of this.#servers) {
      server.close()
      if (server instanceof HttpServer) server.closeAllConnections()
    }
  }
}
