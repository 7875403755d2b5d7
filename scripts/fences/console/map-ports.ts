/** Loaded before `mayfly`: the ports that a page names are others on this machine, of which it is told nothing. */
import { type AddressInfo, Server } from 'node:net'

const ports = JSON.parse(process.env['FENCE_PORTS'] ?? '{}') as Readonly<Record<string, number>>
delete process.env['FENCE_PORTS']
const shown = new Map(Object.entries(ports).map(([port, used]) => [used, Number(port)]))

// oxlint-disable-next-line typescript/unbound-method -- the proxy hands the server on
Server.prototype.listen = new Proxy(Server.prototype.listen, {
  apply(listen, server: Server, [port, ...rest]: readonly unknown[]) {
    return Reflect.apply(listen, server, [ports[String(port)] ?? port, ...rest])
  },
})
// oxlint-disable-next-line typescript/unbound-method -- the proxy hands the server on
Server.prototype.address = new Proxy(Server.prototype.address, {
  apply(address, server: Server) {
    const found: AddressInfo | string | null = address.call(server)
    if (typeof found !== 'object' || found === null) return found
    return { ...found, port: shown.get(found.port) ?? found.port }
  },
})
