import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AppStoreConnectSandbox, startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { args, type Outcome, run, type World } from '../support/run.ts'

let folder = ''
let sandbox: AppStoreConnectSandbox
let options: readonly string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-curl-'))
  sandbox = await startAppStoreConnectSandbox()
  const { keyId, issuerId, privateKey } = sandbox.credentials
  const key = join(folder, 'key.p8')
  writeFileSync(key, privateKey)
  options = args(
    '--key-id',
    keyId,
    '--issuer-id',
    issuerId,
    '--key',
    key,
    '--origin',
    sandbox.origin,
  )
})
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
beforeEach(() => sandbox.resetCounts())

async function curl(more: readonly string[], world: World = {}): Promise<Outcome> {
  return run(['curl', 'app-store-connect', ...options, ...more], world)
}

describe('mayfly curl', () => {
  it('sends a request with a good token, and prints the body', async () => {
    const { exitCode, stdout, stderr } = await curl([`${sandbox.origin}/v1/apps`])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout)).toHaveProperty('data')
    expect([sandbox.accepted, sandbox.refused]).toEqual([1, 0])
  })

  it('prints status and header fields first with -i', async () => {
    const { stdout } = await curl([`${sandbox.origin}/v1/apps`, '-i'])
    expect(stdout).toMatch(/^HTTP 200 OK\n(?:[a-z-]+: .*\n)*content-type: application\/json/)
    expect(stdout).toMatch(/\n\n\{/)
  })

  it('lets no header field act upon the terminal', async () => {
    const server = createServer(({ url }, response) => {
      // As bytes this is what xterm and others take for the begin of a command.
      response
        .writeHead(url === '/404' ? 404 : 200, 'O\u00c2\u009bK', {
          'x-evil': 'a\u009b31mred\u009d0;title\u009c',
        })
        .end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { stdout } = await curl([origin, '-i', '--origin', origin])
    const failing = await curl([`${origin}/404`, '--origin', origin])
    server.close()
    expect([failing.exitCode, failing.stderr]).toEqual([1, 'note: the answer was 404 O K\n'])
    expect(failing.stderr).not.toMatch(/[\u0080-\u009f]/)
    expect(stdout).toContain(String.raw`x-evil: a\u009b31mred\u009d0;title\u009c`)
    expect(stdout).not.toMatch(/[\u0080-\u009f]/)
  })

  it('writes the body to a file with -o', async () => {
    const file = join(folder, 'apps.json')
    const { stdout } = await curl([`${sandbox.origin}/v1/apps`, '-o', file])
    expect(stdout).toBe('')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('data')
  })

  it('ends with 3 where that file cannot be written', async () => {
    const file = join(folder, 'nowhere', 'apps.json')
    const { exitCode, stderr } = await curl([`${sandbox.origin}/v1/apps`, '-o', file])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('cannot be written (ENOENT)')
  })

  it('ends with 1 for an answer of 400 or more, whose body it prints, and explains a refusal', async () => {
    sandbox.revokeKey()
    const { exitCode, stdout, stderr } = await curl([`${sandbox.origin}/v1/apps`])
    sandbox.restoreKey()
    expect(exitCode).toBe(1)
    expect(stdout).toContain('NOT_AUTHORIZED')
    expect(stderr).toContain('the answer was 401 Unauthorized: key-never-worked')
    expect(stderr).not.toContain('eyJ')
  })

  it('ends a line on a terminal, so that the prompt stands on its own', async () => {
    const { stdout } = await curl([`${sandbox.origin}/v1/apps`], { terminal: true })
    expect(stdout.endsWith('}\n')).toBe(true)
  })

  it('sends no token to another host, nor a request', async () => {
    const { exitCode, stdout, stderr } = await curl(['https://example.com/v1/apps?secret=hunter2'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(
      `This token is not for https://example.com: it goes to ${sandbox.origin}.`,
    )
    expect(stderr).not.toContain('hunter2')
  })

  it.each([
    ['no URL', ['example.com'], 'must begin with https://'],
    ['a URL with a password', ['https://a:hunter2@example.com'], 'a user or a password in it'],
    [
      'a header of its own for the token',
      ['-H', 'authorization: x', 'https://a.example'],
      'leave it out',
    ],
    ['no header', ['-H', 'hunter2', 'https://a.example'], '--header takes "Name: value".'],
    ['two bodies', ['-d', 'a', '--json', '1', 'https://a.example'], 'not with both'],
    ['a body with GET', ['-X', 'get', '-d', 'a', 'https://a.example'], 'has no body'],
    ['no method', ['-X', 'hunter 2', 'https://a.example'], '--request takes a method'],
  ])('refuses %s', async (_, more, message) => {
    const { exitCode, stderr } = await curl(more)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('hunter2')
  })

  it('ends with 3 where nobody answers', async () => {
    const closed = await serve(() => '')
    const url = closed.url
    await closed.close()
    const { exitCode, stderr } = await curl(['--origin', url, `${url}/x?secret=hunter2`])
    expect(exitCode).toBe(3)
    expect(stderr).toBe(`error: There was no answer from ${url} (ECONNREFUSED).\n`)
  })
})

describe('what mayfly curl sends', () => {
  it.each([
    ['form data', ['-d', 'a=1&b=2'], 'POST', 'application/x-www-form-urlencoded', 'a=1&b=2'],
    ['JSON', ['--json', '{"a":1}'], 'POST', 'application/json', '{"a":1}'],
    [
      'a file',
      ['-X', 'PUT', '-d', '@FILE', '-H', 'content-type: a/b'],
      'PUT',
      'a/b',
      'from a file\n',
    ],
    ['standard input', ['--json', '@-'], 'POST', 'application/json', 'from a pipe\n'],
    ['nothing', ['-X', 'DELETE'], 'DELETE', undefined, ''],
  ])('is %s', async (_, more, method, type, body) => {
    const file = join(folder, 'body.txt')
    writeFileSync(file, 'from a file\n')
    const seen: unknown[] = []
    await using server = await serve((request, text) => {
      seen.push([request.method, request.headers['content-type'], text])
      return String(request.headers.authorization?.startsWith('Bearer eyJ'))
    })
    const told = more.map((word) => word.replace('FILE', file))
    const { stdout, stderr } = await curl(['--origin', server.url, ...told, `${server.url}/x`], {
      stdin: 'from a pipe\n',
    })
    expect({ stdout, stderr }).toEqual({ stdout: 'true', stderr: '' })
    expect(seen).toEqual([[method, type, body]])
  })

  it('is not read twice from standard input', async () => {
    const argv = [
      'curl',
      'jwt',
      '--algorithm',
      'HS256',
      '--secret-file',
      '-',
      '-d',
      '@-',
      'http://a.b',
    ]
    const { exitCode, stderr } = await run(argv, { stdin: 'x'.repeat(32) })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('Standard input cannot be both')
  })

  it('carries no token along a redirect to another host', async () => {
    const seen: unknown[] = []
    await using other = await serve((request) => {
      seen.push(request.headers.authorization)
      return 'other'
    })
    await using first = await serve(() => other.url)
    const { stdout } = await curl(['--origin', first.url, `${first.url}/redirect`])
    expect(stdout).toBe('other')
    expect(seen).toEqual([undefined])
  })
})

interface Served {
  readonly url: string
  readonly close: () => Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server that answers with what `answer` gives; on `/redirect` that is where it leads to. */
async function serve(answer: (request: IncomingMessage, body: string) => string): Promise<Served> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => void parts.push(part))
    request.on('end', () => {
      const text = answer(request, Buffer.concat(parts).toString())
      if (request.url === '/redirect') response.writeHead(307, { location: text }).end()
      else response.end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close }
}
