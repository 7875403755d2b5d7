import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bearerFetch, KeyError, TokenManager } from '@mayfly/core'
import { googleCredentialsFile, type KeyFileEvent } from '@mayfly/core/node'
import { googleServiceAccount } from '@mayfly/core/vendors'
import { type GoogleSandbox, startGoogleSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pairs, pem } from '../keys/materials.ts'

let folder = ''
let path = ''
let events: KeyFileEvent[] = []
let sandbox: GoogleSandbox
const clock = new FakeClock()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-google-'))
  path = join(folder, 'account.json')
  events = []
  sandbox = await startGoogleSandbox({ clock })
  await put(JSON.stringify(sandbox.credentials))
})

afterEach(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

async function put(text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

function open(): ReturnType<typeof googleCredentialsFile> {
  return googleCredentialsFile(path, { observe: (event) => events.push(event) })
}

function told(): readonly (string | undefined)[] {
  return events.map((event) => (event.type === 'key-file-failed' ? event.error.code : event.keyId))
}

describe('googleCredentialsFile', () => {
  it('reads the file once as long as it does not change', async () => {
    const current = open()
    const credentials = await current()
    expect(await current()).toBe(credentials)
    expect(credentials.client_email).toBe(sandbox.credentials.client_email)
    expect(told()).toEqual([sandbox.credentials.private_key_id])
  })

  it('lets a new key take over at the next token, by the exchange', async () => {
    const credentials = open()
    const scope = 'https://www.googleapis.com/auth/pubsub'
    const source = googleServiceAccount({ credentials, scope, origins: [sandbox.origin], clock })
    await source.getToken()
    const next = sandbox.rotateKey()
    await put(JSON.stringify(next))
    await source.getToken()
    expect(sandbox.grants).toHaveLength(2)
    expect(sandbox.refused).toBe(0)
    expect(told().at(-1)).toBe(next.private_key_id)
  })

  it('tries the new key at once after a 401 to a token of the old one', async () => {
    const audience = `${sandbox.origin}/`
    const source = googleServiceAccount({ credentials: open(), audience, clock })
    const fetch = bearerFetch(new TokenManager(source, { clock }), { clock })
    expect((await fetch(`${sandbox.origin}/v1`)).status).toBe(200)
    await put(JSON.stringify(sandbox.rotateKey()))
    expect((await fetch(`${sandbox.origin}/v1`)).status).toBe(200)
    expect(sandbox.refusals).toEqual({ 'jwt-key': 1 })
  })

  it('follows the file to another account', async () => {
    await using other = await startGoogleSandbox({ clock })
    const scope = 'https://www.googleapis.com/auth/pubsub'
    const source = googleServiceAccount({ credentials: open(), scope, clock })
    await source.getToken()
    await put(JSON.stringify(other.credentials))
    await source.getToken()
    expect([sandbox.grants.length, other.grants.length]).toEqual([1, 1])
    expect(other.grants[0]?.email).toBe(other.credentials.client_email)
  })

  it('keeps the key that it has while the file is half written, says so, and tries again', async () => {
    const current = open()
    const credentials = await current()
    await put(JSON.stringify(sandbox.credentials).slice(0, 300))
    expect(await current()).toBe(credentials)
    await put(JSON.stringify({ ...sandbox.credentials, private_key: 'x' }))
    expect(await current()).toBe(credentials)
    await put(JSON.stringify(sandbox.credentials))
    expect(await current()).not.toBe(credentials)
    const { private_key_id: id } = sandbox.credentials
    expect(told()).toEqual([id, 'ERR_KEY_FORMAT', 'ERR_KEY_FORMAT', id])
  })

  it.each<readonly [string, object, string, RegExp]>([
    ['a user’s own', { type: 'authorized_user' }, 'ERR_KEY_FORMAT', /json: .*user’s own/],
    ['without a key', { private_key: '' }, 'ERR_KEY_FORMAT', /no "private_key"/],
    [
      'with a key of another kind',
      { private_key: pem(pairs.p256.privateKey, 'pkcs8') },
      'ERR_KEY_TYPE',
      /json: RS256 needs/,
    ],
    [
      'with a public key',
      { private_key: pem(pairs.rsa.publicKey, 'spki') },
      'ERR_KEY_PUBLIC',
      /private/,
    ],
  ])('says of a file that it is %s', async (_what, change, code, message) => {
    await put(JSON.stringify({ ...sandbox.credentials, ...change }))
    const error: unknown = await open()().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(KeyError)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it('says that there is no file', async () => {
    path = join(folder, 'none.json')
    await expect(open()()).rejects.toMatchObject({ code: 'ERR_KEY_FILE_NOT_FOUND' })
  })

  it('refuses what it does not know before it is called', () => {
    const options = { observer: () => {} } as object
    expect(() => googleCredentialsFile(path, options)).toThrow(
      expect.objectContaining({ option: 'observer' }),
    )
    expect(() => googleCredentialsFile('')).toThrow(expect.objectContaining({ option: 'path' }))
  })
})
