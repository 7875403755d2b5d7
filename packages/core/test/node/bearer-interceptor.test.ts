import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createAccessToken, SourceError, TokenManager, type TokenSource } from '@mayfly/core'
import { bearerInterceptor, type BearerInterceptorOptions } from '@mayfly/core/node'
import { apns } from '@mayfly/core/vendors'
import { startApnsSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { Agent, type Dispatcher, fetch as undiciFetch, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { answer, startUpstream, type Upstream } from '../support/upstream.ts'

interface Bench extends AsyncDisposable {
  readonly server: Upstream
  readonly manager: TokenManager
  readonly dispatcher: Dispatcher
  /** The tokens that the server refuses, and with what. */
  readonly refused: Map<string, string>
}

/** A server, and a manager whose tokens are `token-1`, `token-2` and so on. */
async function start(
  options: BearerInterceptorOptions = {},
  more: Partial<TokenSource> = {},
): Promise<Bench> {
  const clock = new FakeClock()
  const refused = new Map<string, string>()
  const server = await startUpstream(({ authorization = '', body }, response) => {
    const why = refused.get(authorization)
    if (why === undefined) answer(response, 200, `taken: ${body}`)
    else answer(response, 401, why)
  })
  let minted = 0
  const source: TokenSource = {
    id: 'test',
    origins: [server.origin],
    async getToken() {
      minted += 1
      const issuedAt = Math.floor(clock.now() / 1000) + minted
      return createAccessToken({
        value: `token-${minted}`,
        issuedAt,
        expiresAt: issuedAt + 600,
        origins: [server.origin],
      })
    },
    ...more,
  }
  const manager = new TokenManager(source, { clock })
  const agent = new Agent()
  return {
    server,
    manager,
    refused,
    dispatcher: agent.compose(bearerInterceptor(manager, { clock, ...options })),
    async [Symbol.asyncDispose]() {
      await agent.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function send(
  bench: Bench,
  init: Partial<Dispatcher.RequestOptions> = {},
): Promise<[number, string]> {
  const { statusCode, body } = await request(`${bench.server.origin}/orders`, {
    dispatcher: bench.dispatcher,
    ...init,
  })
  return [statusCode, await body.text()]
}

const tokensSeen = ({ server }: Bench) => server.seen.map(({ authorization }) => authorization)

describe('bearerInterceptor', () => {
  it('puts the token on requests of undici, whatever form their headers have', async () => {
    await using bench = await start()
    const forms = [
      undefined,
      { 'x-own': '1' },
      ['x-own', '1'],
      new Map([['x-own', '1']]),
      new Headers({ 'x-own': '1' }),
    ]
    for (const headers of forms)
      expect(await send(bench, { headers } as never)).toEqual([200, 'taken: '])
    expect(tokensSeen(bench)).toEqual(forms.map(() => 'Bearer token-1'))
    expect(bench.server.seen.map(({ headers }) => headers['x-own'])).toEqual([
      undefined,
      '1',
      '1',
      '1',
      '1',
    ])
  })

  it.each([['text'], [Buffer.from('text')], [null]])(
    'sends once more after a 401, with %j',
    async (body) => {
      await using bench = await start()
      bench.refused.set('Bearer token-1', 'no')
      expect(await send(bench, { method: 'POST', body })).toEqual([
        200,
        `taken: ${String(body ?? '')}`,
      ])
      expect(tokensSeen(bench)).toEqual(['Bearer token-1', 'Bearer token-2'])
    },
  )

  it('gives a second 401 to the caller, with its body', async () => {
    await using bench = await start()
    for (const n of [1, 2, 3]) bench.refused.set(`Bearer token-${n}`, `no ${n}`)
    expect(await send(bench)).toEqual([401, 'no 2'])
    expect(bench.server.seen).toHaveLength(2)
  })

  it('gives the 401 to the caller as it came where there is no other token', async () => {
    const clock = new FakeClock()
    const issuedAt = clock.now() / 1000
    const token = createAccessToken({ value: 'token-1', issuedAt, expiresAt: issuedAt + 600 })
    await using bench = await start()
    const source = { id: 'one', origins: [bench.server.origin], getToken: async () => token }
    bench.refused.set('Bearer token-1', 'x'.repeat(20_000))
    const agent = new Agent()
    const dispatcher = agent.compose(bearerInterceptor(source, { clock, origins: source.origins }))
    expect(await send({ ...bench, dispatcher })).toEqual([401, 'x'.repeat(20_000)])
    await agent.close()
  })

  it('gives a refusal that is too long to be held back to the caller whole', async () => {
    await using bench = await start()
    bench.refused.set('Bearer token-1', 'x'.repeat(500_000))
    expect(await send(bench)).toEqual([401, 'x'.repeat(500_000)])
    expect((await send(bench))[0]).toBe(200)
  })

  it('does not send a stream twice', async () => {
    await using bench = await start()
    bench.refused.set('Bearer token-1', 'no')
    expect(await send(bench, { method: 'POST', body: Readable.from(['text']) })).toEqual([
      401,
      'no',
    ])
    expect(await send(bench, { method: 'POST', body: Readable.from(['text']) })).toEqual([
      200,
      'taken: text',
    ])
  })

  it('lets 50 requests that are refused at once lead to one new token', async () => {
    await using bench = await start()
    await send(bench)
    bench.refused.set('Bearer token-1', 'no')
    const all = await Promise.all(Array.from({ length: 50 }, () => send(bench)))
    expect(all.map(([status]) => status)).toEqual(all.map(() => 200))
    expect(bench.manager.stats().mints).toBe(2)
  })

  it('lets no token go elsewhere', async () => {
    await using bench = await start()
    await using other = await startUpstream((_, response) => answer(response, 200))
    await expect(send({ ...bench, server: other })).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
      origin: other.origin,
    })
    expect(other.seen).toEqual([])
    const dispatcher = new Agent().compose(
      bearerInterceptor(bench.manager, { onForeignOrigin: 'pass' }),
    )
    expect((await send({ ...bench, server: other, dispatcher }))[0]).toBe(200)
    expect(other.seen[0]?.authorization).toBeUndefined()
    await dispatcher.close()
  })

  it('leaves an Authorization of the caller’s own alone', async () => {
    await using bench = await start()
    await send(bench, { headers: { Authorization: 'Bearer mine' } })
    expect(tokensSeen(bench)).toEqual(['Bearer mine'])
  })

  it('fails the request with the error of the source, and with what it was aborted for', async () => {
    const failure = new SourceError('ERR_MINT_FAILED', 'no token')
    await using bench = await start({}, { getToken: () => Promise.reject(failure) })
    await expect(send(bench)).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
    await using hanging = await start({}, { getToken: () => new Promise(() => {}) })
    const caller = new AbortController()
    const sent = send(hanging, { signal: caller.signal })
    caller.abort(new Error('gone'))
    await expect(sent).rejects.toThrow('gone')
    expect([...bench.server.seen, ...hanging.server.seen]).toEqual([])
  })

  it('serves the fetch of undici', async () => {
    await using bench = await start()
    bench.refused.set('Bearer token-1', 'no')
    const answered = await undiciFetch(`${bench.server.origin}/x`, { dispatcher: bench.dispatcher })
    expect([answered.status, await answered.text()]).toEqual([200, 'taken: '])
  })

  it('refuses options that are none', () => {
    const source = { id: 'x', origins: [], getToken: () => Promise.reject(new Error('none')) }
    const wrong = [
      { onForeign: 'pass' },
      { onForeignOrigin: 'send' },
      { origins: ['http://a.example'] },
    ]
    for (const options of wrong) {
      expect(() => bearerInterceptor(source, options as never)).toThrow(
        expect.objectContaining({ name: 'OptionError' }),
      )
    }
  })
})

/** Puts TLS and HTTP/2 alone in front of a server, as APNs has them. */
async function secure(
  target: string,
): Promise<{ server: Http2SecureServer; origin: string; ca: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const made = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ]
  execFileSync('openssl', ['req', ...made, ...subject, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  })
  const [key, ca] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')]
  rmSync(folder, { recursive: true })
  const server = createSecureServer({ key, cert: ca }, (incoming, response) => {
    const fields = Object.entries(incoming.headers).filter(([name]) => !name.startsWith(':'))
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { url, method } = incoming
      const headers = Object.fromEntries(fields) as Record<string, string>
      const passedOn = fetch(target + url, { method, headers, body: Buffer.concat(chunks) })
      // APNs tells no time.
      response.sendDate = false
      void passedOn.then(async (answered) => {
        response.writeHead(answered.status, { 'content-type': 'application/json' })
        return response.end(await answered.text())
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return { server, origin: `https://localhost:${(server.address() as AddressInfo).port}`, ca }
}

describe('bearerInterceptor over HTTP/2 and TLS', () => {
  it('pushes to APNs, and once more with a new token where the first has expired', async () => {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock })
    const { server, origin, ca } = await secure(sandbox.origin)
    const manager = new TokenManager(apns({ ...sandbox.credentials, origins: [origin], clock }), {
      clock,
    })
    const agent = new Agent({ allowH2: true, connect: { ca } })
    const dispatcher = agent.compose(bearerInterceptor(manager, { clock }))
    const push = async (): Promise<number> => {
      const { statusCode, body } = await request(`${origin}/3/device/${'a'.repeat(64)}`, {
        dispatcher,
        method: 'POST',
        headers: { 'apns-topic': 'com.example.mayfly', 'content-type': 'application/json' },
        body: JSON.stringify({ aps: { alert: 'Hello' } }),
      })
      await body.dump()
      return statusCode
    }
    expect(await push()).toBe(200)
    clock.advanceSeconds(1300)
    sandbox.expireTokensSeen()
    expect(await Promise.all([push(), push(), push()])).toEqual([200, 200, 200])
    expect(manager.stats().mints).toBe(2)
    await agent.close()
    await new Promise((resolve) => server.close(resolve))
  })
})
