import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenVerifier, type VerifierOptions } from '@mayfly/core'
import { FakeClock, createTestIssuer, type TestIssuer } from '@mayfly/testing'
import type { AdapterDriver, AdapterExports, ConformanceRoute } from './driver.ts'
import { type Answer, type Fields, type Sent, send } from './http-client.ts'

/** The API that the suite's verifiers stand before. */
export const AUDIENCE = 'https://api.example.com'

/** A server that listens, for the length of one case. */
export interface Site extends AsyncDisposable {
  readonly origin: string
  readonly server: Server
  /** What reached the framework's error handling. */
  readonly errors: readonly unknown[]
  send(path: string, request?: Sent): Promise<Answer>
  /** Sends a GET request with a bearer token, or without. */
  get(path: string, token?: string, fields?: Fields): Promise<Answer>
}

/** What a case works with: an adapter, a clock, an issuer, and the means to mount routes. */
export interface Bench<Middleware> {
  readonly adapter: AdapterExports<Middleware>
  readonly clock: FakeClock
  readonly issuer: TestIssuer
  /** A verifier for the tokens of {@link issuer}, or of the one that the options name. */
  readonly verifier: (options?: Partial<VerifierOptions>) => TokenVerifier
  readonly open: (...routes: readonly ConformanceRoute<Middleware>[]) => Promise<Site>
  readonly WebSocketServer: AdapterDriver<Middleware>['WebSocketServer']
}

/** Makes what one case works with. */
export function createBench<Middleware>(driver: AdapterDriver<Middleware>): Bench<Middleware> {
  const clock = new FakeClock()
  const issuer = createTestIssuer({ audience: AUDIENCE, clock })
  return {
    adapter: driver.adapter,
    clock,
    issuer,
    verifier: (options = {}) =>
      new TokenVerifier({
        issuer: issuer.issuer,
        audience: AUDIENCE,
        keys: issuer.keys,
        clock,
        ...options,
      }),
    open: async (...routes) => {
      const { server, errors } = driver.mount(routes)
      return openSite(server, errors)
    },
    WebSocketServer: driver.WebSocketServer,
  }
}

/** Starts a server that is there already. */
export async function openServer(server: Server): Promise<Site> {
  return openSite(server, [])
}

/** Starts a plain server beside the adapter's: the one behind a proxy. */
export async function openPlainSite(listener: RequestListener): Promise<Site> {
  return openServer(createServer(listener))
}

/** Starts an adapter's server, whose framework notes its errors. */
export async function openSite(server: Server, errors: readonly unknown[]): Promise<Site> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    server,
    errors,
    send: (path, request) => send(origin + path, request),
    get: (path, token, fields = []) =>
      send(origin + path, { fields: [...(token === undefined ? [] : bearer(token)), ...fields] }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The field that carries a token. */
export function bearer(token: string): Fields {
  return [['Authorization', `Bearer ${token}`]]
}
