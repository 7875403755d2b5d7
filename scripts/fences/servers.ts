import { Server as HttpServer } from 'node:http'
import { type AddressInfo, Server } from 'node:net'

interface Captured {
  readonly server: Server
  /** Known once it listens, and still when it is closed again. */
  readonly url: Promise<string>
}

/** The servers of this process, wherever they were told to listen. */
export class CapturedServers {
  readonly #captured: Captured[] = []
  #first = 0

  /** From now on every server of this process listens on a free port of loopback. */
  capture(): void {
    const captured = this.#captured
    // oxlint-disable-next-line typescript/unbound-method -- the proxy hands the server on
    Server.prototype.listen = new Proxy(Server.prototype.listen, {
      apply(listen, server: Server, args: readonly unknown[]) {
        captured.push({ server, url: addressOf(server) })
        const listening = args.filter((each) => typeof each === 'function')
        return Reflect.apply(listen, server, [{ port: 0, host: '127.0.0.1' }, ...listening])
      },
    })
  }

  /** From now on they are the fence's; those before were its harness's. */
  beginFence(): void {
    this.#first = this.#captured.length
  }

  /** The addresses of the fence's servers; waits until each has listened. */
  async urls(): Promise<string[]> {
    return await Promise.all(this.#captured.slice(this.#first).map(({ url }) => url))
  }

  /** Closes all of them with every connection. */
  close(): void {
    for (const { server } of this.#captured) {
      server.close()
      if (server instanceof HttpServer) server.closeAllConnections()
    }
  }
}

async function addressOf(server: Server): Promise<string> {
  return await new Promise((resolve) => {
    server.once('listening', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
}
