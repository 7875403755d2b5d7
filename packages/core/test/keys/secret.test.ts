import { importKey } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { anything, armour, pairs, pem, works } from './materials.ts'

const SIZES = [
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
] as const

const publicPem = pem(pairs.rsa.publicKey, 'spki')
const publicJwk = JSON.stringify(pairs.rsa.publicKey.export({ format: 'jwk' }))
const sealed = { cipher: 'aes-256-cbc', passphrase: 'x' } as const

describe('importKey with a secret', () => {
  it.each(SIZES)('wants as many bytes as the hash of %s has: %i', async (algorithm, size) => {
    const key = await importKey({ secret: Buffer.alloc(size, 1) }, algorithm)
    expect(key).toMatchObject({ algorithm, type: 'secret' })
    expect(await works(key)).toBe(true)
    const short = { secret: Buffer.alloc(size - 1, 1) }
    await expect(importKey(short, algorithm)).rejects.toMatchObject({
      code: 'ERR_KEY_TOO_SHORT',
      message: expect.stringContaining(`${size} bytes; this one has ${size - 1}`) as string,
    })
    const allowed = await importKey(short, algorithm, { allowShortSecret: true })
    expect(await works(allowed)).toBe(true)
  })

  it('never takes an empty one', async () => {
    const empty = { secret: new Uint8Array() }
    await expect(importKey(empty, 'HS256', { allowShortSecret: true })).rejects.toMatchObject({
      code: 'ERR_KEY_EMPTY',
    })
  })

  it('never takes one for an algorithm with key pairs', async () => {
    const secret = { secret: Buffer.alloc(300, 1) }
    await expect(importKey(secret, 'RS256')).rejects.toMatchObject({ code: 'ERR_KEY_TYPE' })
  })

  it('asks for bytes when it is given text', async () => {
    for (const text of [{ secret: 'sesame' }, 'sesame']) {
      await expect(importKey(anything(text), 'HS256')).rejects.toMatchObject({
        code: 'ERR_KEY_FORMAT',
        message: expect.stringMatching(
          /^(?!.*sesame).*\{ secret: new TextEncoder\(\)\.encode\(text\) \}.*'base64'/,
        ) as string,
      })
    }
  })

  it('keeps a copy, so that later changes to the bytes do not matter', async () => {
    const secret = Buffer.alloc(32, 1)
    const key = await importKey({ secret }, 'HS256')
    const data = new Uint8Array(1)
    const before = await key.sign(data)
    secret.fill(2)
    expect(await key.sign(data)).toEqual(before)
  })

  it('has the thumbprint of RFC 7638, which is the same for the same bytes', async () => {
    const [one, two, other] = await Promise.all(
      [1, 1, 2].map((fill) => importKey({ secret: Buffer.alloc(32, fill) }, 'HS256')),
    )
    expect(one?.fingerprint).toBe(two?.fingerprint)
    expect(one?.fingerprint).not.toBe(other?.fingerprint)
  })

  it.each<readonly [string, string | Uint8Array]>([
    ['a PEM', publicPem],
    ['a PEM with a leading space', ` ${publicPem}`],
    ['a PEM with a byte order mark', `\uFEFF${publicPem}`],
    ['a PEM behind a comment', `# the public key\n${publicPem}`],
    ['a PEM behind a NUL', `\0${publicPem}`],
    ['a PEM in UTF-16', Buffer.from(publicPem, 'utf16le')],
    ['a PEM in lower case', publicPem.toLowerCase()],
    ['a PEM in quotes', JSON.stringify(publicPem)],
    ['a PEM in base64', Buffer.from(publicPem).toString('base64')],
    ['a PKCS #1 PEM', pem(pairs.rsa.publicKey, 'pkcs1')],
    ['a private PEM', pem(pairs.p256.privateKey, 'pkcs8')],
    ['a certificate', armour('CERTIFICATE', Buffer.from('3000', 'hex'))],
    ['a JWK', publicJwk],
    ['a JWK with a leading space', `  ${publicJwk}`],
    ['a JWK behind a byte order mark', `\uFEFF${publicJwk}`],
    ['a JWK behind a NUL', `\0${publicJwk}`],
    ['a JWK set', `{"keys":[${publicJwk}]}`],
    ['an OpenSSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbZ me@host'],
    ['DER of SPKI', pairs.rsa.publicKey.export({ type: 'spki', format: 'der' })],
    [
      'DER of SPKI in base64',
      pairs.p256.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    ],
    ['DER of PKCS #1', pairs.rsa.publicKey.export({ type: 'pkcs1', format: 'der' })],
    ['DER of PKCS #8', pairs.p256.privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['DER of SEC 1', pairs.p256.privateKey.export({ type: 'sec1', format: 'der' })],
    [
      'DER of an encrypted key',
      pairs.p256.privateKey.export({ type: 'pkcs8', format: 'der', ...sealed }),
    ],
  ])('refuses %s as what it is', async (_, written) => {
    const secret = Buffer.from(written)
    const options = { allowShortSecret: true }
    await expect(importKey({ secret }, 'HS256', options)).rejects.toMatchObject({
      code: 'ERR_KEY_TYPE',
    })
    const jwk = { kty: 'oct', k: secret.toString('base64url') }
    await expect(importKey(jwk, 'HS256', options)).rejects.toMatchObject({ code: 'ERR_KEY_TYPE' })
  })

  it.each([
    ['that begins as DER does', Buffer.from([0x30, 30, ...Buffer.alloc(30, 9)])],
    ['that is text', Buffer.from('qwertyuiopasdfghjklzxcvbnm123456')],
    ['that is base64', Buffer.from(Buffer.alloc(48, 3).toString('base64'))],
    ['that is JSON of another kind', Buffer.from('{"this":"is a secret all the same"}')],
  ])('takes one %s', async (_, secret) => {
    await expect(importKey({ secret }, 'HS256')).resolves.toMatchObject({ type: 'secret' })
  })
})
