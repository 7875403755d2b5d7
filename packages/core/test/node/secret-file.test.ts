import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KeyFileEvent, secretFile } from '@mayfly/core/node'
import { twilio, zoomServerToServer } from '@mayfly/core/vendors'
import { startZoomSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder = ''
let path = ''
let events: KeyFileEvent[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-secret-'))
  path = join(folder, 'secret')
  events = []
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function put(text: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

function open(): () => Promise<string> {
  return secretFile(path, { observe: (event) => events.push(event) })
}

describe('secretFile', () => {
  it.each([
    ['as it is', 'pass word', 'pass word'],
    ['without the line end of an editor', 'secret\n', 'secret'],
    ['without a line end of Windows', 'secret\r\n', 'secret'],
    ['with all line ends but the last', 'one\n\n', 'one\n'],
    ['without a byte order mark', '\uFEFFsecret', 'secret'],
  ])('gives the text %s', async (_what, text, secret) => {
    await put(text)
    expect(await open()()).toBe(secret)
  })

  it('lets a new secret take over at the next token', async () => {
    await using sandbox = await startZoomSandbox()
    const { credentials, tokenEndpoint } = sandbox
    await put(`${credentials.clientSecret}\n`)
    const source = zoomServerToServer({ ...credentials, clientSecret: open(), tokenEndpoint })
    await source.getToken()
    await put(`${sandbox.rotateSecret().clientSecret}\n`)
    await source.getToken()
    expect([sandbox.issued, sandbox.refused]).toEqual([2, 0])
  })

  it('goes where tokens are signed with a secret, too', async () => {
    const accountSid = `AC${'a'.repeat(32)}`
    const keySid = `SK${'b'.repeat(32)}`
    const clock = new FakeClock(Date.now())
    const own = { accountSid, keySid, identity: 'ada', grants: { video: {} }, clock }
    const source = twilio({ ...own, keySecret: open() })
    for (const secret of ['s'.repeat(32), 't'.repeat(32)]) {
      await put(`${secret}\n`)
      const { value } = await source.getToken()
      expect(jwt.verify(value, secret)).toMatchObject({ iss: keySid })
    }
  })

  it('keeps the secret that it has while the file is empty or gone, and says so', async () => {
    await put('secret')
    const current = open()
    await current()
    await put('\n')
    expect(await current()).toBe('secret')
    await rm(path)
    expect(await current()).toBe('secret')
    await put('other')
    expect(await current()).toBe('other')
    expect(
      events.map((event) => (event.type === 'key-file-failed' ? event.error.code : event.type)),
    ).toEqual(['key-file-read', 'ERR_KEY_EMPTY', 'ERR_KEY_FILE_NOT_FOUND', 'key-file-read'])
  })

  it('fails as long as there is nothing to read, without repeating any of it', async () => {
    await expect(open()()).rejects.toMatchObject({ code: 'ERR_KEY_FILE_NOT_FOUND' })
    await put('')
    await expect(open()()).rejects.toMatchObject({ code: 'ERR_KEY_EMPTY' })
    await put(new Uint8Array([0xc3, 0x28, 0xff]))
    await expect(open()()).rejects.toMatchObject({ code: 'ERR_KEY_FORMAT' })
  })

  it('refuses what it does not know before it is called', () => {
    const options = { trim: true } as object
    expect(() => secretFile(path, options)).toThrow(expect.objectContaining({ option: 'trim' }))
    expect(() => secretFile('')).toThrow(expect.objectContaining({ option: 'path' }))
  })
})
