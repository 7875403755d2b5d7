import { once } from 'node:events'
import path from 'node:path'
import express, { type Request, type Response, Router } from 'express'
import type { Result } from './actions.ts'
import type { Journal } from './journal.ts'
import type { Snapshot } from './outbound.ts'

const PUBLIC = path.join(import.meta.dirname, 'public')

/** Between two events for a page, so that 200 requests are not 200 events. */
const PAUSE_MS = 50

/** What the page is told once. */
export interface PageConfig {
  readonly gateways: Readonly<Record<string, string>>
  /** The origin of the page that tries somebody else's token. */
  readonly foreign: string
  readonly life: Readonly<Record<string, number>>
}

/** What the page needs of the rest of the demo. */
export interface PageParts {
  /** The page's own origin. */
  readonly origin: string
  readonly config: PageConfig
  readonly journal: Journal
  readonly snapshot: () => Snapshot
  readonly actions: Readonly<Record<string, () => Promise<Result>>>
}

/** Makes the page: its files, its events, and its buttons' endpoints. */
export function createPage({ origin, config, journal, snapshot, actions }: PageParts): Router {
  const { gateways, foreign } = config
  const router = Router()
  router.use(
    headers({
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'"],
      'connect-src': ["'self'", ...Object.values(gateways)],
      'frame-src': [foreign],
      'frame-ancestors': ["'none'"],
    }),
  )
  router.get('/config', (_request, response) => void response.json(config))
  router.get('/state', (_request, response) => void response.json(snapshot()))
  router.get('/events', (_request, response) =>
    sendEvents(response, journal, () => ({ ...snapshot(), entries: journal.entries })),
  )
  for (const [name, act] of Object.entries(actions)) {
    router.post(`/actions/${name}`, (request, response) => answer(request, response))
    // Other sites can make a browser send a POST here, but not with this page's origin.
    async function answer(request: Request, response: Response): Promise<void> {
      if (request.get('origin') === origin) response.json(await act())
      else response.sendStatus(403)
    }
  }
  router.use(express.static(path.join(PUBLIC, 'page')))
  return router
}

/** Makes the page of another origin, which only the demo's page may frame. */
export function createForeignPage(origin: string, { gateways }: PageConfig): Router {
  const router = Router()
  router.use(
    headers({
      'script-src': ["'self'"],
      'connect-src': Object.values(gateways),
      'frame-ancestors': [origin],
    }),
  )
  router.use(express.static(path.join(PUBLIC, 'foreign')))
  return router
}

function headers(sources: Readonly<Record<string, readonly string[]>>): express.RequestHandler {
  const policy = [
    "default-src 'none'",
    ...Object.entries(sources).map(([directive, list]) => `${directive} ${list.join(' ')}`),
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  return function securityHeaders(_request, response, next) {
    response.set({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    next()
  }
}

/** Sends what `read` gives, at once and after every change (server-sent events). */
async function sendEvents(response: Response, journal: Journal, read: () => object): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const send = (): void => {
    timer = undefined
    response.write(`data: ${JSON.stringify(read())}\n\n`)
  }
  response.set({ 'content-type': 'text/event-stream' })
  send()
  const stop = journal.listen(() => {
    timer ??= setTimeout(send, PAUSE_MS)
  })
  await once(response, 'close')
  stop()
  clearTimeout(timer)
}
