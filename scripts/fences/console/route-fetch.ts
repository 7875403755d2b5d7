/** Loaded before `mayfly`: what it fetches stays on this machine. */
const routes = JSON.parse(process.env['FENCE_ROUTES'] ?? '{}') as Readonly<Record<string, string>>
delete process.env['FENCE_ROUTES']
const real = globalThis.fetch

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  const target = routes[url.origin]
  if (target !== undefined) {
    return await real(new Request(target + url.pathname + url.search, request))
  }
  if (url.hostname === '127.0.0.1' || url.hostname === 'localhost') return await real(request)
  throw new TypeError(`The fence fetches from ${url.origin}, which leads nowhere.`)
}
