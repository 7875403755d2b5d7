import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire to a server that can go dead: nothing arrives any more, and nothing breaks. */
export interface Wire extends AsyncDisposable {
  readonly port: number
  /** Lets nothing through from now on. Resolves with what a client sends next. */
  goDead(): Promise<void>
  /** Ends all connections, and takes new ones again. */
  mend(): void
}

/** Lays a wire to a port of this machine. */
export async function layWire(to: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let isDead = false
  let onAttempt: (() => void) | undefined
  const server = createServer((client) => {
    const far = connect(to, '127.0.0.1')
    for (const [from, other] of [
      [client, far],
      [far, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => from.destroy())
      from.on('close', () => {
        sockets.delete(from)
        if (!isDead) other.destroy()
      })
      from.on('data', (chunk) => {
        if (!isDead) other.write(chunk)
        else if (from === client) onAttempt?.()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    goDead: () => {
      isDead = true
      return new Promise((resolve) => {
        onAttempt = resolve
      })
    },
    mend: () => {
      isDead = false
      cut()
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
