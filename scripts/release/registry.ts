import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Published {
  readonly 'dist-tags': Record<string, string>
  readonly versions: Record<string, { dist: { tarball: string } & Record<string, unknown> }>
  readonly _attachments?: Record<string, { readonly data: string }>
}

/** A registry of this machine's own, with what was published to it; for the rest it asks another. */
export interface Registry extends AsyncDisposable {
  readonly url: string
  /** The names of what was published. */
  readonly published: () => readonly string[]
}

/**
 * Starts a registry on loopback. It takes what `npm publish` sends and gives it to `npm install`; names
 * that nobody published come from `upstream`, by a redirect.
 */
export async function startRegistry(upstream: string): Promise<Registry> {
  const packages = new Map<string, Published>()
  const tarballs = new Map<string, Buffer>()
  let url = ''

  const put = async (name: string, request: IncomingMessage): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { _attachments = {}, ...published } = JSON.parse(
      Buffer.concat(parts).toString(),
    ) as Published
    const [[, attachment] = []] = Object.entries(_attachments)
    const bytes = Buffer.from(attachment?.data ?? '', 'base64')
    for (const [version, { dist }] of Object.entries(published.versions)) {
      const path = `/-/tarballs/${encodeURIComponent(name)}-${version}.tgz`
      tarballs.set(path, bytes)
      dist['integrity'] = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      dist.tarball = url + path
    }
    packages.set(name, published)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/'
    const name = decodeURIComponent(path.slice(1))
    if (request.method === 'PUT') {
      await put(name, request)
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}')
    } else if (tarballs.has(path)) response.end(tarballs.get(path))
    else if (packages.has(name)) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(packages.get(name)))
    } else if (name.startsWith('@mayfly/')) response.writeHead(404).end('{}')
    else response.writeHead(302, { location: new URL(path, upstream).href }).end()
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    published: () => [...packages.keys()],
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}
