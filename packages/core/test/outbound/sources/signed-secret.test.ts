import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importKey } from '@mayfly/core'
import { keyFile } from '@mayfly/core/node'
import { type JwtKeyCallback, type JwtSecret, zoomVideoSdk } from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import { secretKey } from '../../../src/outbound/sources/signed-secret.ts'
import { verifiedToken } from '../../support/hmac-tokens.ts'

const SECRET = 'dGVzdC-zZWNyZXQ_d2l0aC1hbGw/a2luZHMrb2Y='
const BYTES = new TextEncoder().encode(SECRET)
const JWK = { kty: 'oct', k: Buffer.from(BYTES).toString('base64url') } as const

function source(sdkSecret: JwtSecret) {
  return zoomVideoSdk({ sdkKey: 'key', sdkSecret, topic: 'topic', role: 'host' })
}

describe('a vendor’s secret', () => {
  const kinds: readonly [string, JwtSecret][] = [
    ['text, which is never decoded', SECRET],
    ['bytes', { secret: BYTES }],
    ['a JWK', JWK],
    ['a KeyObject', createSecretKey(Buffer.from(BYTES))],
    ['a callback that gives text', () => SECRET],
    ['a callback that promises text', async () => SECRET],
    ['a callback that gives bytes', () => ({ secret: BYTES })],
    ['a callback that gives an imported key', () => importKey({ secret: BYTES }, 'HS256')],
  ]
  it.each(kinds)('can be %s', async (_, secret) => {
    expect((await verifiedToken(source(secret), SECRET)).claims).toMatchObject({ app_key: 'key' })
  })

  it('can be a key that was imported', async () => {
    await verifiedToken(source(await importKey({ secret: BYTES }, 'HS256')), SECRET)
  })

  it('can be in a key file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mayfly-secret-'))
    try {
      const path = join(folder, 'secret.jwk')
      await writeFile(path, JSON.stringify(JWK))
      await verifiedToken(source(keyFile(path, 'HS256')), SECRET)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('can change while the source is in use, by a callback', async () => {
    const secrets = ['first-secret', 'first-secret', 'second-secret']
    const rotating = source(() => secrets.shift() ?? '')
    await verifiedToken(rotating, 'first-secret')
    await verifiedToken(rotating, 'first-secret')
    await verifiedToken(rotating, 'second-secret')
    await expect(rotating.getToken()).rejects.toMatchObject({ option: 'sdkSecret' })
  })

  it('is not imported again while a callback gives the same text', async () => {
    const secrets = ['first-secret', 'first-secret', 'second-secret']
    const give = secretKey(() => secrets.shift() ?? '', 'sdkSecret') as JwtKeyCallback
    const first = await give()
    expect(await give()).toBe(first)
    expect(await give()).not.toBe(first)
  })

  it('can be outside of this process', async () => {
    const key = await importKey({ secret: BYTES }, 'HS256')
    const signer = { algorithm: 'HS256', sign: (data: Uint8Array) => key.sign(data) } as const
    await verifiedToken(source(signer), SECRET)
    await verifiedToken(
      source(() => signer),
      SECRET,
    )
  })

  it('can be outside of ASCII', async () => {
    await verifiedToken(source('schlüssel–密钥'), 'schlüssel–密钥')
  })

  it('is refused where a callback gives text with a line end', async () => {
    await expect(source(() => `${SECRET}\n`).getToken()).rejects.toThrow(/line end/)
  })

  it('is never in a message', () => {
    for (const secret of [` ${SECRET}`, SECRET.repeat(40)]) {
      expect(() => source(secret)).toThrow(expect.not.objectContaining({ message: SECRET }))
      try {
        source(secret)
      } catch (error) {
        expect(String(error)).not.toContain(SECRET)
      }
    }
  })
})
