import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { TokenIssuer } from '@mayfly/core'
import type { Bench, Site } from '../bench.ts'
import type { CaseDefinition } from '../define.ts'
import { assertNoCors, assertProblem } from '../expectations.ts'
import { createTrap } from '../handlers.ts'
import { jsonOf } from '../http-client.ts'

const RESOURCE = 'https://api.example.com/orders'
const SERVERS = ['https://auth.example.com']

const PATHS = ['/token', '/jwks', '/metadata'] as const
const DOCUMENTS = ['/jwks', '/metadata'] as const

async function openEndpoints<Middleware>(bench: Bench<Middleware>): Promise<Site> {
  const { adapter, clock, open } = bench
  const issuer = new TokenIssuer({ issuer: 'https://tokens.example.com', clock })
  const metadata = { resource: RESOURCE, authorizationServers: SERVERS }
  const { handle } = createTrap()
  return open(
    { path: '/token', middleware: [adapter.issueToken(issuer, () => undefined)], handle },
    { path: '/jwks', middleware: [adapter.jwks(issuer)], handle },
    { path: '/metadata', middleware: [adapter.resourceMetadata(metadata)], handle },
  )
}

/** What the endpoints have in common, and the document that tells where to get a token. */
export const documentCases: readonly CaseDefinition[] = [
  {
    name: 'resourceMetadata publishes where to get a token (RFC 9728)',
    async run(bench) {
      await using site = await openEndpoints(bench)
      const answer = await site.get('/metadata')
      equal(answer.status, 200)
      match(answer.headers['content-type'] ?? '', /^application\/json(?:;|$)/)
      const document = jsonOf(answer) as Record<string, unknown>
      equal(document['resource'], RESOURCE)
      deepEqual(document['authorization_servers'], SERVERS)
    },
  },
  {
    name: 'a client that has a document already is not sent it again',
    async run(bench) {
      await using site = await openEndpoints(bench)
      for (const path of DOCUMENTS) {
        const { headers } = await site.get(path)
        const etag = headers.etag ?? ''
        ok(etag !== '', 'the document has no ETag')
        match(headers['cache-control'] ?? '', /\bmax-age=\d+/)
        const same = await site.get(path, undefined, [['If-None-Match', `"x", W/${etag}`]])
        deepEqual([same.status, same.text, same.headers.etag], [304, '', etag])
        const other = await site.get(path, undefined, [['If-None-Match', '"x"']])
        equal(other.status, 200)
      }
    },
  },
  {
    name: 'a HEAD request for a document is answered like GET, without the body',
    async run(bench) {
      await using site = await openEndpoints(bench)
      for (const path of DOCUMENTS) {
        const [get, head] = [await site.get(path), await site.send(path, { method: 'HEAD' })]
        deepEqual([head.status, head.text], [200, ''])
        for (const name of ['content-type', 'content-length', 'etag', 'cache-control']) {
          equal(head.headers[name], get.headers[name], name)
        }
      }
    },
  },
  {
    name: 'an endpoint answers a method that it does not have with 405 and those that it has',
    async run(bench) {
      await using site = await openEndpoints(bench)
      for (const path of PATHS) {
        const allowed = path === '/token' ? ['POST'] : ['GET', 'HEAD']
        for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
          if (allowed.includes(method)) continue
          const answer = await site.send(path, { method, body: '' })
          equal(answer.status, 405, `${method} ${path}`)
          deepEqual(answer.headers.allow?.split(/\s*,\s*/), allowed)
          assertProblem(answer, 'request_invalid')
          assertNoCors(answer)
        }
      }
    },
  },
]
