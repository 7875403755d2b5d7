import { once } from 'node:events'
import { Server as HttpServer } from 'node:http'
import { type AddressInfo, Server } from 'node:net'

/** The servers of this process, wherever they were told to listen. */
export class CapturedServers {
  readonly #servers: Server[] = []
  #first = 0

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

  /** From now on they are the fence's; those before were its harness's. */
  beginFence(): void {
    this.#first = this.#servers.length
  }

  /** The addresses of the fence's servers; waits until they listen. */
  async urls(): Promise<string[]> {
    return await Promise.all(
      this.#servers.slice(this.#first).map(async (server) => {
        if (!server.listening) await once(server, 'listening')
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      }),
    )
  }

  /** Closes all of them with every connection. */
  close(): void {
    for (const server of this.#servers) {
      server.close()
      if (server instanceof HttpServer) server.closeAllConnections()
    }
  }
}
