import { mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyFile, type KeyFileEvent } from '@mayfly/core/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateKeyPairSync } from 'node:crypto'
import { pem } from '../keys/materials.ts'

let folder = ''
let path = ''
let events: KeyFileEvent[] = []

const [first, second] = [1, 2].map(() =>
  pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'pkcs8'),
) as [string, string]

function open(): ReturnType<typeof keyFile> {
  return keyFile(path, 'ES256', { keyId: 'a', observe: (event) => events.push(event) })
}

function told(): readonly string[] {
  return events.map((event) => (event.type === 'key-file-failed' ? event.error.code : event.type))
}

/** Puts a new file in the place of the old one, as a deployment should. */
async function replace(content: string): Promise<void> {
  await writeFile(`${path}.new`, content)
  await rename(`${path}.new`, path)
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-rotation-'))
  path = join(folder, 'key.pem')
  events = []
  await writeFile(path, first)
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('keyFile', () => {
  it('reads the file once as long as it does not change', async () => {
    const current = open()
    const key = await current()
    expect(await current()).toBe(key)
    expect(key.keyId).toBe('a')
    expect(told()).toEqual(['key-file-read'])
  })

  it('reads nothing before it is called', () => {
    path = join(folder, 'none.pem')
    expect(open()).toBeTypeOf('function')
    expect(told()).toEqual([])
  })

  it('shares one reading between calls at the same time', async () => {
    const current = open()
    const keys = await Promise.all(Array.from({ length: 20 }, () => current()))
    expect(new Set(keys).size).toBe(1)
    expect(told()).toEqual(['key-file-read'])
  })

  it('reads the file again when another was put in its place', async () => {
    const current = open()
    const before = await current()
    await replace(second)
    const after = await current()
    expect(after.fingerprint).not.toBe(before.fingerprint)
    expect(await current()).toBe(after)
    expect(told()).toEqual(['key-file-read', 'key-file-read'])
  })

  it('reads the file again when another of the same size and time was put in its place', async () => {
    await utimes(path, 1_000_000, 1_000_000)
    const current = open()
    const before = await current()
    await writeFile(`${path}.new`, second)
    await utimes(`${path}.new`, 1_000_000, 1_000_000)
    await rename(`${path}.new`, path)
    expect((await current()).fingerprint).not.toBe(before.fingerprint)
  })

  it('reads the file again when its time alone has changed', async () => {
    const current = open()
    const before = await current()
    const { size } = await stat(path)
    await writeFile(path, second.slice(0, size))
    await utimes(path, 1_000_000, 1_000_000)
    expect((await current()).fingerprint).not.toBe(before.fingerprint)
  })

  it('keeps the key that it has while the file is broken or gone, says so, and tries again', async () => {
    const current = open()
    const key = await current()
    await replace(second.slice(0, 60))
    expect(await current()).toBe(key)
    await rm(path)
    expect(await current()).toBe(key)
    await replace(second)
    expect(await current()).not.toBe(key)
    expect(told()).toEqual([
      'key-file-read',
      'ERR_KEY_FORMAT',
      'ERR_KEY_FILE_NOT_FOUND',
      'key-file-read',
    ])
  })

  it('fails as long as there was no key at all, and works once there is one', async () => {
    await rm(path)
    const current = open()
    await expect(current()).rejects.toMatchObject({ code: 'ERR_KEY_FILE_NOT_FOUND' })
    await replace(first)
    expect((await current()).type).toBe('private')
  })

  it('is not disturbed by an observer that throws', async () => {
    const current = keyFile(path, 'ES256', {
      observe: () => {
        throw new Error('observer')
      },
    })
    expect((await current()).type).toBe('private')
  })

  it('refuses options that it does not know before it is called', () => {
    const options = { keyid: 'a' } as object
    expect(() => keyFile(path, 'ES256', options)).toThrow(
      expect.objectContaining({ option: 'keyid' }),
    )
    expect(() => keyFile('', 'ES256')).toThrow(TypeError)
  })
})
