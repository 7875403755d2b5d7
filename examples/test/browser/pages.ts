import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type Running, serve } from '../../lib/serve.ts'

const SCRIPT = readFileSync(join(import.meta.dirname, 'page/page.js'), 'utf8')
const HTML = `<!doctype html><link rel="icon" href="data:,"><body><script src="/page.js"></script>`

/** The hosts of the tests. Browsers resolve them to loopback, and trust them as they trust https. */
const HOSTS = {
  /** The shop's page, for which tokens are. */
  app: 'app.shop.localhost',
  /** A page of somebody else's that may call the API too, with tokens of its own. */
  partner: 'partner.localhost',
  /** A page of another site. */
  evil: 'evil.localhost',
  /** A page of the same site that is not the shop's: what its users upload, or a forgotten host. */
  sibling: 'uploads.shop.localhost',
} as const

export type PageName = keyof typeof HOSTS

/** The servers of all pages, which are one. */
export interface Pages extends Running {
  readonly origins: Readonly<Record<PageName, string>>
  /** What a header named, in a word. */
  nameOf(origin: string | undefined): string
}

/** Answers with an empty page and its script; gives whether that was asked for. */
export function servePage(request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (pathname === '/page.js') {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(SCRIPT)
  } else if (pathname === '/favicon.ico') {
    response.writeHead(204).end()
  } else if (pathname === '/') {
    const referrer = searchParams.get('referrer') ?? 'strict-origin-when-cross-origin'
    response.writeHead(200, { 'content-type': 'text/html', 'referrer-policy': referrer }).end(HTML)
  } else {
    return false
  }
  return true
}

/** Starts the pages. Each has an open redirect, as many sites have. */
export async function startPages(): Promise<Pages> {
  const running = await serve((request, response) => {
    if (servePage(request, response)) return
    const location = new URL(request.url ?? '/', 'http://localhost').searchParams.get('to') ?? '/'
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'authorization')
    response.writeHead(request.method === 'OPTIONS' ? 204 : 307, { location }).end()
  })
  const { port } = new URL(running.origin)
  const entries = Object.entries(HOSTS).map(([name, host]) => [name, `http://${host}:${port}`])
  const origins = Object.fromEntries(entries) as Pages['origins']
  return {
    ...running,
    origins,
    nameOf: (origin) =>
      Object.entries(origins).find(([, one]) => one === origin)?.[0] ?? origin ?? 'none',
  }
}
