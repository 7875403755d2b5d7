import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { KeyError } from '@mayfly/core'
import { readKeyFile } from '@mayfly/core/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pairs, pem } from '../keys/materials.ts'

let folder = ''
const text = pem(pairs.p256.privateKey, 'pkcs8')

/** Writes a file into the folder of this test, and gives its path. */
async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-keys-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('readKeyFile', () => {
  it('reads PEM, by path and by URL', async () => {
    const path = await file('AuthKey.p8', text)
    const key = await readKeyFile(path, 'ES256', { keyId: 'a', use: 'sign' })
    expect(key).toMatchObject({ algorithm: 'ES256', type: 'private', keyId: 'a' })
    expect((await readKeyFile(pathToFileURL(path), 'ES256')).fingerprint).toBe(key.fingerprint)
  })

  it('reads a JWK, a secret among them', async () => {
    const jwk = pairs.ed25519.privateKey.export({ format: 'jwk' })
    const path = await file('key.jwk', `${JSON.stringify(jwk)}\n`)
    expect((await readKeyFile(path, 'EdDSA')).type).toBe('private')
    const oct = { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url') }
    expect((await readKeyFile(await file('oct.json', JSON.stringify(oct)), 'HS256')).type).toBe(
      'secret',
    )
  })

  it('reads through a symbolic link, and with a byte order mark', async () => {
    const path = await file('marked.pem', `\uFEFF${text}`)
    await symlink(path, join(folder, 'link.pem'))
    expect((await readKeyFile(join(folder, 'link.pem'), 'ES256')).type).toBe('private')
  })

  it.each<readonly [string, () => Promise<string>, string, RegExp]>([
    [
      'is not there',
      async () => join(folder, 'none.pem'),
      'ERR_KEY_FILE_NOT_FOUND',
      /no key file at .*none\.pem/,
    ],
    [
      'is below a file',
      async () => join(await file('plain', ''), 'none.pem'),
      'ERR_KEY_FILE_NOT_FOUND',
      /no key file/,
    ],
    ['is a directory', async () => folder, 'ERR_KEY_FILE_UNREADABLE', /directory/],
    [
      'is too large',
      () => file('large.pem', 'x'.repeat(70_000)),
      'ERR_KEY_FILE_UNREADABLE',
      /too large/,
    ],
    ['links to itself', () => loop(), 'ERR_KEY_FILE_UNREADABLE', /ELOOP/],
    ['is empty', () => file('empty.pem', ''), 'ERR_KEY_EMPTY', /empty\.pem: .*empty/],
    [
      'is binary',
      () => file('key.der', pairs.p256.privateKey.export({ type: 'pkcs8', format: 'der' })),
      'ERR_KEY_FORMAT',
      /openssl/,
    ],
    [
      'is in UTF-16',
      () => file('wide.pem', Buffer.from(`\uFEFF${text}`, 'utf16le')),
      'ERR_KEY_FORMAT',
      /UTF-8/,
    ],
    [
      'has another kind of key',
      () => file('rsa.pem', pem(pairs.rsa.privateKey, 'pkcs1')),
      'ERR_KEY_TYPE',
      /rsa\.pem: ES256 needs/,
    ],
    ['is half a JWK', () => file('half.json', '{"kty":'), 'ERR_KEY_FORMAT', /JWK/],
  ])('says so when the file %s', async (_, make, code, sentence) => {
    const error: unknown = await readKeyFile(await make(), 'ES256').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(KeyError)
    expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) as string })
  })

  it('does not guess whether a line end belongs to a secret', async () => {
    const path = await file('secret.txt', `${'s'.repeat(40)}\n`)
    const error: unknown = await readKeyFile(path, 'HS256').catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'ERR_KEY_FORMAT' })
    expect(String(error)).not.toContain('ssss')
  })

  it('does not repeat a key that was given for a path', async () => {
    const bare = Buffer.from(text).toString('base64')
    for (const wrong of [text, bare, 'a-secret-for-hmac-and-nothing-else']) {
      const error: unknown = await readKeyFile(wrong, 'ES256').catch((e: unknown) => e)
      expect(error).toBeInstanceOf(KeyError)
      const { message, cause } = error as KeyError
      expect(message + String(cause)).not.toContain(wrong.slice(0, 30))
      expect(message + String(cause)).not.toContain('MIGH')
    }
  })

  it.each([undefined, '', 7])('refuses %s for a path', async (path) => {
    await expect(readKeyFile(path as string, 'ES256')).rejects.toMatchObject({ option: 'path' })
  })

  it('says so when the process may not read the file', async () => {
    const locked = join(folder, 'locked')
    await mkdir(locked)
    const path = join(locked, 'key.pem')
    await writeFile(path, text)
    await chmod(path, 0o000)
    expect(await codeAsNobody(path)).toBe('ERR_KEY_FILE_PERMISSION')
  })
})

async function loop(): Promise<string> {
  const path = join(folder, 'loop.pem')
  await symlink(path, path)
  return path
}

/** Reads a file as a user without rights, since root may read anything. */
async function codeAsNobody(path: string): Promise<string> {
  await chmod(folder, 0o755)
  const script = `import { readKeyFile } from '@mayfly/core/node'
    await readKeyFile(process.argv[1], 'ES256').catch((error) => console.log(error.code))`
  const args = ['--conditions=source', '--input-type=module', '-e', script, path]
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: import.meta.dirname,
    ...nobody,
  })
  return stdout.trim()
}
