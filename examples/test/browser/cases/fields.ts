import { browserFields, type BrowserRequest } from '@mayfly/testing'
import { expect, it } from 'vitest'
import { type Bench, run, sandbox } from '../bench.ts'

const PAGES = ['app', 'partner', 'evil', 'sibling', 'api'] as const

/** Whether `browserFields` of `@mayfly/testing` says what the browser says. */
export function fieldCases(bench: Bench): void {
  /** The word that the API notes of a request, as `browserFields` foresees it. */
  function foreseen(page: string, path: string, request: Partial<BrowserRequest>): string {
    const { method = 'GET', by } = request
    const fields = browserFields({ page, url: bench.api.origin + path, ...request })
    const said = fields['sec-fetch-site'] ?? 'unsaid'
    const sent = by === 'preflight' ? 'OPTIONS' : method
    return [sent, path, bench.pages.nameOf(fields['origin']), said].join(' ')
  }

  it.each(PAGES)('are foreseen for the page %s', async (name) => {
    const { api, pages } = bench
    const page = await bench.open(name)
    const origin = name === 'api' ? api.origin : pages.origins[name]
    const expected: string[] = []
    for (const [path, init] of [
      ['/a', {}],
      ['/b', { method: 'POST' }],
      ['/c', { mode: 'no-cors', method: 'POST' }],
    ] as const) {
      await run(page, 'call', api.origin + path, init)
      expected.push(foreseen(origin, path, 'method' in init ? { method: init.method } : {}))
    }
    await run(page, 'call', `${api.origin}/d`, { headers: { authorization: 'x' } })
    if (name !== 'api') expected.push(foreseen(origin, '/d', { by: 'preflight' }))
    // CORS admits no other pages, so that their browser does not send the request itself.
    if (['app', 'partner', 'api'].includes(name)) expected.push(foreseen(origin, '/d', {}))
    await run(page, 'embed', 'img', `${api.origin}/e`)
    expected.push(foreseen(origin, '/e', { by: 'image' }))
    await run(page, 'submit', `${api.origin}/f`, { a: 'b' })
    expected.push(foreseen(origin, '/f', { by: 'form', method: 'POST' }))
    expect(api.seen.filter((one) => / \/[a-f] /.test(one))).toEqual(expected)
  })

  it('are foreseen for a sandboxed frame', async () => {
    const { api } = bench
    const frame = await sandbox(await bench.open('app'))
    await run(frame, 'call', `${api.origin}/a`, { method: 'POST', mode: 'no-cors' })
    await run(frame, 'call', `${api.origin}/b`, {})
    await run(frame, 'embed', 'img', `${api.origin}/e`)
    expect(api.seen).toEqual([
      foreseen('null', '/a', { method: 'POST' }),
      foreseen('null', '/b', {}),
      foreseen('null', '/e', { by: 'image' }),
    ])
  })

  it('are foreseen for a WebSocket', async () => {
    const { api, pages } = bench
    const page = await bench.open('evil')
    const url = `${api.origin.replace('http', 'ws')}/`
    await run(page, 'openSocket', url, 'none')
    const { origin } = browserFields({ page: pages.origins.evil, url, by: 'websocket' })
    expect(api.seen.map((one) => one.split(' ').slice(0, 3))).toEqual([
      ['GET', '/', pages.nameOf(origin)],
    ])
  })
}
