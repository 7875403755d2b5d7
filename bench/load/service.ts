import { createTokenService, SCOPES } from '@mayfly/service'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// The service in a process of its own: the database is the first argument.
const [database = ':memory:'] = process.argv.slice(2)
const issuer = 'https://auth.example.com'
const telesign = {
  customerId: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  apiKey: 'dGVsZXNpZ24tYmVuY2gta2V5LTAxMjM0NTY3ODlhYmNkZWY=',
}
// Whoever asks for a load does not want to be told that there is one.
const quiet = { debug() {}, info() {}, warn() {}, error: console.error }
const service = await createTokenService({
  issuer,
  database,
  telesign,
  rateLimits: null,
  logger: quiet,
})
const server = createServer(service.router)
const token = await service.createConsoleToken('bench', { scope: SCOPES })
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port, token })
})
process.once('disconnect', () => {
  server.closeAllConnections()
  server.close(() => void service.close())
})
