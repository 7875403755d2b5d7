import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { BearerInjector, denial, RequestError } from '@mayfly/core'
import { injectUpgrade } from '@mayfly/core/adapter'
import { type Handle, proxyRawHeaders } from '../../src/handlers.ts'
import type { Gateway, GatewayDriver } from '@mayfly/conformance'

/** What to do otherwise than right. */
export interface Faults {
  /** Changes what the suite asked for. */
  readonly gateway?: (asked: Gateway) => Gateway
  /** Stands in the place of the proxy. */
  readonly proxy?: (target: string) => Handle
  /** What becomes of a request for which there is no token. Default: it is refused. */
  readonly refuse?: boolean
  /** Passes upgrades on as they come in, as a proxy does that listens for them. */
  readonly tunnel?: boolean
}

/** A gateway over `node:http` alone. It is here to try the suite on, right and wrong. */
export function nodeGateway({ gateway, proxy, refuse = true, tunnel }: Faults = {}): GatewayDriver {
  return {
    name: 'node:http',
    mount(asked) {
      const { target, source, options, look } = gateway?.(asked) ?? asked
      const injector = new BearerInjector<IncomingMessage>(source, options)
      const forward = (proxy ?? proxyRawHeaders)(target)

      async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
        try {
          await injector.inject(request, response, request)
        } catch (error) {
          if (!(error instanceof RequestError)) throw error
          const { status, headers, body } = denial(error)
          if (refuse) return void response.writeHead(status, headers).end(body)
        }
        look(request)
        await forward(request, response, undefined)
      }

      const server = createServer((request, response) => {
        serve(request, response).catch(() => response.destroy())
      })
      const passOn = (request: IncomingMessage, socket: Duplex): void =>
        tunnelTo(target, request, socket)
      const { watchResponses: _, ...own } = options
      const inject = injectUpgrade<IncomingMessage>(source, own)
      server.on('upgrade', (request, socket, head) => {
        if (tunnel) passOn(request, socket)
        else inject(request, socket, head, passOn)
      })
      return server
    },
  }
}

function tunnelTo(target: string, request: IncomingMessage, socket: Duplex): void {
  const { method, url, rawHeaders } = request
  const onward = connect(Number(new URL(target).port), '127.0.0.1')
  for (const side of [onward, socket]) side.on('error', () => {})
  socket.once('close', () => onward.destroy())
  const fields = rawHeaders.map((text, at) => text + (at % 2 === 0 ? ': ' : '\r\n')).join('')
  onward.write(`${method} ${url} HTTP/1.1\r\n${fields}\r\n`)
  onward.pipe(socket).pipe(onward)
}
