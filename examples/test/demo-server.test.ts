import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Result } from '../demo/actions.ts'
import type { Entry } from '../demo/journal.ts'
import type { Snapshot } from '../demo/outbound.ts'
import type { PageConfig } from '../demo/page.ts'
import { type Demo, startDemo } from '../demo/server.ts'

type PageEvent = Snapshot & { readonly entries: readonly Entry[] }

let demo: Demo

beforeEach(async () => {
  demo = await startDemo()
})

afterEach(async () => {
  await demo.close()
})

async function act(name: string): Promise<Result> {
  const headers = { origin: demo.origin }
  const answer = await fetch(`${demo.origin}/actions/${name}`, { method: 'POST', headers })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Result
}

async function state(): Promise<Snapshot> {
  return (await (await fetch(`${demo.origin}/state`)).json()) as Snapshot
}

/** Calls as a page does: it gets a token for its own origin and shows it from `from`. */
async function call(gateway: string, path: string, from: string = demo.origin): Promise<Response> {
  const url = demo.config.gateways[gateway] ?? ''
  const headers = { origin: demo.origin }
  const issued = await fetch(`${url}/token`, { method: 'POST', headers })
  const { access_token: token } = (await issued.json()) as { access_token: string }
  return fetch(url + path, { headers: { origin: from, authorization: `Bearer ${token}` } })
}

describe('the page', () => {
  it('may load its own files, call the gateways, frame the other page, and nothing else', async () => {
    const answer = await fetch(demo.origin)
    const policy = answer.headers.get('content-security-policy') ?? ''
    const { Express, Koa } = demo.config.gateways

    expect(await answer.text()).toContain('<title>Mayfly: the life of a token</title>')
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ${Express} ${Koa}`,
      `frame-src ${demo.config.foreign}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
  })

  it('has every file that it refers to', async () => {
    const html = await (await fetch(demo.origin)).text()
    const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, file]) => file)

    expect(files).toContain('app.js')
    for (const file of files) {
      expect((await fetch(`${demo.origin}/${file}`)).status, file).toBe(200)
    }
  })

  it('learns where the gateways and the other page are', async () => {
    const config = (await (await fetch(`${demo.origin}/config`)).json()) as PageConfig

    expect(config).toEqual(demo.config)
  })

  it('hears of a call by a server-sent event', async () => {
    const answer = await fetch(`${demo.origin}/events`)
    const events = readEvents(answer)
    expect(await next(events)).toMatchObject({ stats: { state: 'empty' }, entries: [] })

    await call('Express', '/apps')

    const texts: string[] = []
    while (!texts.includes('Accepted the token, answered 200.')) {
      texts.splice(0, Infinity, ...(await next(events)).entries.map(({ text }) => text))
    }
    expect(texts).toContain('Minted the first token.')
    await events.return()
  })
})

describe('the page of another origin', () => {
  it('may be framed by the demo’s page alone', async () => {
    const answer = await fetch(demo.config.foreign)

    expect(answer.headers.get('content-security-policy')).toContain(
      `frame-ancestors ${demo.origin};`,
    )
    expect(demo.config.foreign).not.toBe(demo.origin)
  })

  it.each(['Express', 'Koa'])(
    'may call the %s gateway, but not with the page’s token',
    async (name) => {
      const answer = await call(name, '/apps', demo.config.foreign)

      expect(answer.status).toBe(403)
      expect(answer.headers.get('access-control-allow-origin')).toBe(demo.config.foreign)
      expect(await answer.json()).toMatchObject({ reason: 'origin_mismatch' })
      expect((await state()).tally.requests).toBe(0)
    },
  )
})

describe('the buttons', () => {
  it('share one outbound token between the gateways', async () => {
    for (const gateway of ['Express', 'Koa']) {
      for (const path of ['/apps', '/v1/apps']) {
        expect((await call(gateway, path)).status).toBe(200)
      }
    }
    expect((await state()).stats).toMatchObject({ state: 'fresh', mints: 1, served: 4 })
  })

  it('revoke the token at the API', async () => {
    expect((await act('revoke')).head).toBe('Nothing to revoke')
    await call('Koa', '/v1/apps')

    expect((await act('revoke')).head).toBe('The API no longer takes this token')

    expect((await call('Koa', '/v1/apps')).status).toBe(401)
    expect((await call('Koa', '/v1/apps')).status).toBe(200)
    expect((await state()).tally).toMatchObject({ refused: 1, mints: { cold: 1, rejected: 1 } })
  })

  it('put the API’s clock ahead and back, which the next answer teaches', async () => {
    await call('Express', '/apps')
    await act('clock-ahead')
    expect(await state()).toMatchObject({ apiAheadMs: 120_000, stats: { clockOffsetMs: 0 } })

    expect((await call('Express', '/apps')).status).toBe(200)
    const ahead = await state()
    expect(ahead.stats.clockOffsetMs).toBeGreaterThan(119_000)
    expect(ahead.stats.clockOffsetMs).toBeLessThan(121_000)

    await act('clock-back')
    expect((await call('Koa', '/v1/apps')).status).toBe(401)
    expect((await call('Koa', '/v1/apps')).status).toBe(200)
    expect(await state()).toMatchObject({ apiAheadMs: 0, stats: { clockOffsetMs: 0 } })
  })

  it('fire 200 requests at once on one mint', async () => {
    const { tone, head, facts } = await act('burst')

    expect({ tone, head }).toEqual({ tone: 'good', head: '200 of 200 answered 200, with 1 mint' })
    expect(facts).toEqual({ 'API requests': 200, refused: 0, 'sent again': 0, minted: 1 })
  })

  it('fire 200 requests at once with a revoked token, and heal all of them with one mint', async () => {
    await act('burst')
    await act('revoke')

    const { tone, facts } = await act('burst')

    expect(tone).toBe('good')
    expect(facts).toEqual({ 'API requests': 400, refused: 200, 'sent again': 200, minted: 1 })
  })

  it('take no orders from other origins', async () => {
    for (const headers of [{}, { origin: demo.config.foreign }]) {
      const url = `${demo.origin}/actions/clock-ahead`
      expect((await fetch(url, { method: 'POST', headers })).status).toBe(403)
    }
    expect((await state()).apiAheadMs).toBe(0)
  })
})

async function* readEvents(answer: Response): AsyncGenerator<PageEvent, void> {
  let text = ''
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) yield JSON.parse(block.replace(/^data: /, '')) as PageEvent
  }
}

async function next(events: AsyncGenerator<PageEvent, void>): Promise<PageEvent> {
  const { value } = await events.next()
  if (value === undefined) throw new Error('The events ended.')
  return value
}
