import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { HttpSandbox } from '../src/http-sandbox.ts'
import type { HttpVersions } from '../src/sandbox-server.ts'
import type { SandboxRequest, Vendor } from '../src/vendor.ts'
import { connectHttp2, request } from './support/http2.ts'

async function start(
  versions: HttpVersions,
  more: Partial<Vendor<never>> = {},
): Promise<HttpSandbox<never>> {
  const vendor: Vendor<never> = {
    name: 'plain',
    versions,
    judge: ({ method, path, body, bearer = 'none' }: SandboxRequest) => ({
      reply: { status: 200, body: [method, path, Buffer.from(body).toString(), bearer].join(' ') },
    }),
    failure: (status) => ({ status, body: { failed: true } }),
    ...more,
  }
  const sandbox = new HttpSandbox<never>(() => vendor, {})
  await sandbox.listen()
  return sandbox
}

const POST = { ':method': 'POST', ':path': '/a', authorization: 'Bearer t' }

describe('a sandbox of both versions of HTTP', () => {
  it('answers each in its own, on one port', async () => {
    await using sandbox = await start('both')
    const headers = { authorization: 'Bearer t' }
    const init = { method: 'POST', body: 'x'.repeat(100_000), headers }
    const expected = `POST /a ${init.body} t`
    expect(await (await fetch(`${sandbox.origin}/a`, init)).text()).toBe(expected)
    expect(await (await fetch(`${sandbox.origin}/a`, init)).text()).toBe(expected)
    const session = connectHttp2(sandbox.origin)
    const answers = await Promise.all([1, 2, 3].map(() => request(session, POST, init.body)))
    expect(answers.map(({ text }) => text)).toEqual([expected, expected, expected])
    expect(sandbox.requests).toBe(5)
    session.close()
  })

  it('fails and spoils by HTTP/2, too', async () => {
    await using sandbox = await start('both')
    const session = connectHttp2(sandbox.origin)
    sandbox.failNext(1, 503, { retryAfter: 7 })
    const failed = await request(session, POST)
    expect(failed).toMatchObject({ status: 503, text: '{"failed":true}' })
    expect(failed.headers['retry-after']).toBe('7')
    sandbox.spoilNext(1, 'malformed')
    expect((await request(session, POST)).text).toBe('POST ')
    sandbox.spoilNext(1, 'cut')
    const stream = session.request(POST)
    stream.end()
    await once(stream, 'response')
    const closed = new Promise((resolve) => stream.once('error', resolve))
    stream.resume()
    expect(await closed).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' })
    expect((await request(session, POST)).status).toBe(200)
    session.close()
  })

  it('ends connections of both when it is closed', async () => {
    const sandbox = await start('both')
    const session = connectHttp2(sandbox.origin)
    await request(session, POST)
    await fetch(sandbox.origin)
    const ended = once(session, 'close')
    await sandbox.close()
    await ended
    await expect(fetch(sandbox.origin)).rejects.toThrow()
  })
})

describe('a sandbox of HTTP/2 alone', () => {
  it('breaks off whoever speaks HTTP/1.1', async () => {
    await using sandbox = await start('h2')
    await expect(fetch(sandbox.origin)).rejects.toThrow()
    const session = connectHttp2(sandbox.origin)
    expect((await request(session, POST)).status).toBe(200)
    expect(sandbox.requests).toBe(1)
    session.close()
  })
})

describe('a sandbox of a vendor', () => {
  it('that tells no time sends no Date', async () => {
    await using told = await start('http/1.1')
    expect((await fetch(told.origin)).headers.has('date')).toBe(true)
    await using untold = await start('both', { tellsTime: false })
    expect((await fetch(untold.origin)).headers.has('date')).toBe(false)
    const session = connectHttp2(untold.origin)
    expect((await request(session, POST)).headers).not.toHaveProperty('date')
    session.close()
  })

  it('that reads its token elsewhere than in the header counts that one', async () => {
    let count = 0
    await using sandbox = await start('http/1.1', {
      judge: () => ({ reply: { status: 200 }, credential: `secret-${count++ % 2}` }),
    })
    const tokens: unknown[] = []
    sandbox.onEvent(({ token }) => tokens.push(token))
    for (const bearer of ['a', 'b', 'c']) {
      await fetch(sandbox.origin, { headers: { authorization: `Bearer ${bearer}` } })
    }
    expect(sandbox.distinctTokens).toBe(2)
    expect(tokens[0]).toBe(tokens[2])
    expect(JSON.stringify(tokens)).not.toContain('secret')
  })
})
