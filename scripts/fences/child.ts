import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import type { FenceContext, Harness } from './context.ts'
import { CapturedServers } from './servers.ts'

/** Past its last line a fence may take so long to come to rest. */
const REST_MS = 2000

const plainly: Harness = async ({ load, urls }) => {
  await load()
  await urls()
}

/** Keeps the fence's requests on this machine. */
function localFetch(routes: ReadonlyMap<string, string>): typeof fetch {
  const real = globalThis.fetch
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const target = routes.get(url.origin)
    if (target !== undefined) {
      return await real(new Request(target + url.pathname + url.search, request))
    }
    if (url.hostname === '127.0.0.1' || url.hostname === 'localhost') return await real(request)
    throw new Error(`The fence fetches from ${url.origin}: give it a harness that routes it.`)
  }
}

async function runFence(file: string, harness: Harness): Promise<string[]> {
  const printed: string[] = []
  const routes = new Map<string, string>()
  const servers = new CapturedServers()
  servers.capture()
  globalThis.fetch = localFetch(routes)
  console.log = (...values: unknown[]) => void printed.push(...format(...values).split('\n'))
  const context: FenceContext = {
    load: async () => {
      servers.beginFence()
      return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
    },
    printed,
    urls: async () => await servers.urls(),
    route: (origin, to) => void routes.set(origin, to),
  }
  try {
    await harness(context)
  } finally {
    servers.close()
  }
  return printed
}

/** Compares what was printed with the fence's own `// prints: …` comments, where it has any. */
function judgePrinted(text: string, printed: readonly string[]): void {
  const expected = [...text.matchAll(/\/\/ prints: (.*)$/gm)].map(([, line]) => line)
  if (expected.length === 0 || expected.join('\n') === printed.join('\n')) return
  throw new Error(
    `It says that it prints\n${expected.join('\n')}\nbut printed\n${printed.join('\n')}`,
  )
}

const [, , file = '', harnessFile = ''] = process.argv
const harness =
  harnessFile === ''
    ? plainly
    : ((await import(pathToFileURL(harnessFile).href)) as { readonly harness: Harness }).harness
judgePrinted(readFileSync(file, 'utf8'), await runFence(file, harness))
setTimeout(() => {
  const busy = process.getActiveResourcesInfo().filter((each) => each !== 'Timeout')
  console.error(`It does not end: still busy with ${[...new Set(busy)].join(', ') || 'a timer'}.`)
  process.exit(1)
}, REST_MS).unref()
