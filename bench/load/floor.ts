import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// What Node's own HTTP server can do: it answers every request with as many bytes as a token has.
const body = 'x'.repeat(Number(process.argv[2] ?? 300))
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.setHeader('cache-control', 'no-store')
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port, token: '' })
})
process.once('disconnect', () => {
  server.closeAllConnections()
  server.close()
})
