import { createServer, type ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import type { AdapterDriver, AdapterExports, ConformanceRoute } from '../src/driver.ts'
import type { Middleware, Request } from './node-adapter.ts'

/** Makes a driver for an adapter over `node:http`. */
export function nodeDriver(adapter: AdapterExports<Middleware>): AdapterDriver<Middleware> {
  return {
    name: 'node:http',
    adapter,
    WebSocketServer,
    mount(routes) {
      const errors: unknown[] = []
      const server = createServer((request: Request, response) => {
        const [path] = (request.url ?? '/').split('?')
        const route = routes.find((one) => one.path === path)
        const done = route === undefined ? missing(response) : run(route, request, response)
        done.catch((error: unknown) => {
          errors.push(error)
          if (response.headersSent) response.destroy()
          else response.writeHead(500).end()
        })
      })
      return { server, errors }
    },
  }
}

async function missing(response: ServerResponse): Promise<void> {
  response.writeHead(404).end()
}

async function run(
  { middleware, handle }: ConformanceRoute<Middleware>,
  request: Request,
  response: ServerResponse,
): Promise<void> {
  const step = async (index: number): Promise<void> => {
    const current = middleware[index]
    if (current === undefined) return handle(request, response, request.auth)
    await current(request, response, () => step(index + 1))
  }
  await step(0)
}
