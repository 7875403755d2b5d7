import {
  ALGORITHMS,
  exportKey,
  generateKey,
  importKey,
  type Key,
  KeyError,
  OptionError,
} from '@mayfly/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pairs, pem, works } from './materials.ts'

const PAIRS = ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'))

afterEach(() => {
  vi.unstubAllGlobals()
})

describe.each(['Node', 'another runtime'])('exportKey on %s', (runtime) => {
  const enter = (): void => {
    if (runtime !== 'Node') vi.stubGlobal('process', undefined)
  }

  it.each(PAIRS)('writes a %s key as PEM and JWK that are taken again', async (algorithm) => {
    enter()
    const key = await generateKey(algorithm, { extractable: true, keyId: 'k1' })
    const text = await exportKey(key, 'pem')
    expect(text).toMatch(
      /^-----BEGIN PRIVATE KEY-----\n(?:[\w+/=]{1,64}\n)+-----END PRIVATE KEY-----\n$/,
    )
    const jwk = await exportKey(key, 'jwk')
    expect(jwk).toMatchObject({
      kid: 'k1',
      alg: algorithm,
      use: 'sig',
      d: expect.any(String) as string,
    })
    for (const material of [text, jwk]) {
      const again = await importKey(material, algorithm)
      expect(again.fingerprint).toBe(key.fingerprint)
      expect(await works(again)).toBe(true)
    }
  })

  it('writes the public half of what may stay public', async () => {
    enter()
    const key = await importKey(pem(pairs.p256.publicKey, 'spki'), 'ES256')
    expect(await exportKey(key, 'pem')).toBe(pem(pairs.p256.publicKey, 'spki'))
    expect(await exportKey(key, 'jwk')).toEqual(key.publicJwk())
  })

  it('writes an imported key where that was asked for', async () => {
    enter()
    for (const material of [pem(pairs.rsa.privateKey, 'pkcs8'), pairs.rsa.privateKey]) {
      const key = await importKey(material, 'RS256', { extractable: true })
      expect(await exportKey(key, 'pem')).toBe(pem(pairs.rsa.privateKey, 'pkcs8'))
    }
  })

  it('writes a secret as a JWK alone', async () => {
    enter()
    const secret = Buffer.alloc(32, 3)
    const key = await importKey({ secret }, 'HS256', { extractable: true })
    const k = secret.toString('base64url')
    expect(await exportKey(key, 'jwk')).toEqual({ kty: 'oct', k, alg: 'HS256', use: 'sig' })
    await expect(exportKey(key, 'pem')).rejects.toMatchObject({ code: 'ERR_KEY_TYPE' })
  })
})

describe('exportKey', () => {
  it('gives nothing out that was not made or imported for it', async () => {
    const params = { name: 'ECDSA', namedCurve: 'P-256' }
    const sealed = await crypto.subtle.generateKey(params, false, ['sign', 'verify'])
    const keys: readonly Key[] = await Promise.all([
      generateKey('ES256'),
      generateKey('HS256'),
      importKey(pem(pairs.p256.privateKey, 'pkcs8'), 'ES256', { extractable: false }),
      importKey(sealed, 'ES256', { extractable: true }),
    ])
    for (const key of keys) {
      for (const format of ['pem', 'jwk'] as const) {
        const exporting = format === 'pem' ? exportKey(key, 'pem') : exportKey(key, 'jwk')
        await expect(exporting).rejects.toMatchObject({ code: 'ERR_KEY_NOT_EXTRACTABLE' })
      }
    }
  })

  it('gives only the public half of a key that was imported to verify', async () => {
    const options = { use: 'verify', extractable: true } as const
    const key = await importKey(pem(pairs.p256.privateKey, 'pkcs8'), 'ES256', options)
    expect(await exportKey(key, 'pem')).toBe(pem(pairs.p256.publicKey, 'spki'))
  })

  it('keeps what it may give under another id', async () => {
    const key = await generateKey('ES256', { extractable: true })
    expect((await exportKey(key.withKeyId('other'), 'jwk')).kid).toBe('other')
  })

  it('refuses another format, and what is no key', async () => {
    const key = await generateKey('ES256', { extractable: true })
    await expect(exportKey(key, 'der' as 'pem')).rejects.toBeInstanceOf(OptionError)
    await expect(exportKey({} as Key, 'pem')).rejects.toBeInstanceOf(KeyError)
  })
})
