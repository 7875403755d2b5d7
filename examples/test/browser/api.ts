import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  closeAt,
  type IssueOptions,
  TokenIssuer,
  TokenVerifier,
  type VerifiedToken,
  originBinding,
} from '@mayfly/core'
import { type TokenPlaces, type UpgradeOptions } from '@mayfly/core/adapter'
import { FakeClock } from '@mayfly/testing'
import { WebSocketServer } from 'ws'
import { type Pages, servePage } from './pages.ts'

const NAME = 'orders'
/** Seconds that a token is good for. */
export const LIFE = 300

type Auth = VerifiedToken | undefined

/** What stands behind the guard of one path. */
export interface Route {
  readonly path: string
  readonly verifier: TokenVerifier
  readonly tokenFrom: TokenPlaces
  readonly handle: (request: IncomingMessage, response: ServerResponse, auth: Auth) => void
}

/** What a framework's application is made from. */
export interface AppParts {
  readonly issuer: TokenIssuer
  readonly verifier: TokenVerifier
  /** The origins whose pages may read answers. */
  readonly pages: readonly string[]
  /** What a token for a page of this origin says; nothing where that gets none. */
  readonly decide: (origin: string) => IssueOptions | undefined
  readonly publicOrigin: string
  readonly routes: readonly Route[]
}

/** What a framework makes of it. */
export interface App {
  readonly answer: (request: IncomingMessage, response: ServerResponse) => unknown
  readonly upgrade: (
    options: UpgradeOptions,
  ) => (request: IncomingMessage, socket: Duplex, accept: (auth: Auth) => void) => void
}

export type CreateApp = (parts: AppParts) => App

/** An API whose requests, and what they did, can be looked at. */
export interface Api extends AsyncDisposable {
  readonly origin: string
  readonly clock: FakeClock
  /**
   * What came in, before anything judged it: method, path, the page's name, `Sec-Fetch-Site`, and
   * whether there was a cookie.
   */
  readonly seen: readonly string[]
  /** What the API did for whom. */
  readonly done: readonly string[]
  /** Issues a token for pages of these origins. */
  issue(...origins: readonly string[]): Promise<string>
  /** Starts anew with what is seen and done, and cuts off whoever is connected still. */
  forget(): void
}

/** Starts an API at `api.shop.localhost`. The pages `app` and `partner` may read what it answers. */
export async function startApi(create: CreateApp, pages: Pages): Promise<Api> {
  const [seen, done, connections]: [string[], string[], Set<Duplex>] = [[], [], new Set()]
  const clock = new FakeClock()
  const note = ({ method, url = '', headers }: IncomingMessage): void => {
    const site = headers['sec-fetch-site'] ?? 'unsaid'
    const words = [method, url.split('?', 1)[0], pages.nameOf(headers.origin), site]
    seen.push([...words, ...(headers.cookie === undefined ? [] : ['cookie'])].join(' '))
  }
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://api.shop.localhost:${(server.address() as AddressInfo).port}`

  const issuer = new TokenIssuer({ issuer: NAME, clock })
  const verify = (missingOrigin: 'allow' | 'fetch-metadata'): TokenVerifier =>
    new TokenVerifier({
      issuer: NAME,
      audience: NAME,
      keys: issuer.keys,
      clock,
      origin: originBinding({ claim: 'aud', missingOrigin }),
    })
  const [verifier, strict] = [verify('allow'), verify('fetch-metadata')]
  const say = (origins: readonly string[]): IssueOptions => ({
    audience: NAME,
    origins,
    subject: 'alice',
    expiresIn: LIFE,
  })
  const { app: shop, partner } = pages.origins
  const app = create({
    issuer,
    verifier,
    pages: [shop, partner],
    decide: (page) => (page === shop ? say([page]) : undefined),
    publicOrigin: origin,
    routes: routes({ verifier, strict, done, clock }),
  })
  server.on('request', (request, response) => {
    if (servePage(request, response)) return
    note(request)
    void app.answer(request, response)
  })
  server.on('upgrade', (request, socket) => {
    note(request)
    connections.add(socket)
  })
  greetSockets(server, app, { done, clock })
  return {
    origin,
    clock,
    seen,
    done,
    issue: async (...origins) => (await issuer.issue(say(origins))).value,
    forget() {
      for (const list of [seen, done]) list.splice(0)
      for (const socket of connections) socket.destroy()
      connections.clear()
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}

interface Behind {
  readonly verifier: TokenVerifier
  readonly strict: TokenVerifier
  readonly done: string[]
  readonly clock: FakeClock
}

function routes({ verifier, strict, done, clock }: Behind): Route[] {
  const order: Route['handle'] = ({ method }, response, auth) => {
    done.push(`${method} for ${auth?.claims.sub}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ordered":true}')
  }
  const events: Route['handle'] = (_, response, auth) => {
    done.push(`events for ${auth?.claims.sub}`)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    // A browser comes back after so many milliseconds.
    response.write(`retry: 10\ndata: hello ${auth?.claims.sub}\n\n`)
    closeAt(auth?.claims.exp, response, { clock })
  }
  const places: Readonly<Record<string, TokenPlaces>> = {
    header: {},
    cookie: { cookie: 'token' },
    query: { query: 'access_token' },
    form: { body: 'access_token' },
  }
  const routesByPlace = Object.entries(places).flatMap(([name, tokenFrom]): Route[] => [
    { path: `/${name}/orders`, verifier, tokenFrom, handle: order },
    { path: `/${name}/events`, verifier, tokenFrom, handle: events },
  ])
  return [
    ...routesByPlace,
    { path: '/strict/orders', verifier: strict, tokenFrom: {}, handle: order },
    {
      path: '/strict-cookie/orders',
      verifier: strict,
      tokenFrom: { cookie: 'token' },
      handle: order,
    },
  ]
}

/** WebSockets at `/`, and at `/cookie` and `/query` where the token is there. */
function greetSockets(
  server: Server,
  app: App,
  { done, clock }: { readonly done: string[]; readonly clock: FakeClock },
): void {
  const sockets = new WebSocketServer({ noServer: true })
  const places = { '/': {}, '/cookie': { cookie: 'token' }, '/query': { query: 'access_token' } }
  const judges = new Map(
    Object.entries(places).map(([path, tokenFrom]) => [path, app.upgrade({ tokenFrom, clock })]),
  )
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    judges.get(path)?.(request, socket, (auth) => {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        done.push(`socket for ${auth?.claims.sub}`)
        closeAt(auth?.claims.exp, webSocket, { clock })
        webSocket.send(`hello ${auth?.claims.sub}`)
      })
    })
  })
}
