import { createRequire } from 'node:module'
import { join } from 'node:path'
import express, { type Response, type Router } from 'express'

/** Beside `src` and `dist`: what a browser runs is neither compiled nor bundled. */
const FOLDER = join(
  createRequire(import.meta.url).resolve('@mayfly/service/package.json'),
  '../console',
)

/** The page may load what lies beside it and talk to its own service, and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'clipboard-write=(self), camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // The page itself holds nothing; a browser asks whether there is a newer one.
  'cache-control': 'no-cache',
}

/** Serves the console at `/console/`, where `/` leads browsers, beside the service that it talks to. */
export function consolePage(): Router {
  const files = express.static(FOLDER, {
    dotfiles: 'ignore',
    setHeaders: (res: Response) => void res.set(HEADERS),
  })
  return express
    .Router({ strict: true })
    .get('/', (req, res, next) => {
      const isPage = req.path === '/' && req.get('accept')?.includes('text/html') === true
      // Relative, so that it holds wherever the service is mounted.
      if (isPage) res.set(HEADERS).redirect(302, './console/')
      else next()
    })
    .use('/console', files)
}
