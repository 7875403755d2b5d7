import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  type Algorithm,
  ALGORITHMS,
  exportKey,
  generateKey,
  importKey,
  isAlgorithm,
  type Jwk,
  signCompact,
  staticKeys,
  verifyCompact,
} from '@mayfly/core'
import { calculateJwkThumbprint } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pem, works } from './materials.ts'

const RARE = ['Ed448', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const
const RUNTIME = RARE.filter(isThere)

function isThere(algorithm: Algorithm): boolean {
  try {
    pairOf(algorithm)
    return true
  } catch {
    return false
  }
}

function pairOf(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync(algorithm.toLowerCase() as 'ed448')
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

it('Ed448 and ML-DSA are known, and not among the algorithms that every runtime has', () => {
  for (const algorithm of RARE) {
    expect(isAlgorithm(algorithm)).toBe(true)
    expect(ALGORITHMS).not.toContain(algorithm)
  }
})

describe.each(RUNTIME)('%s', (algorithm) => {
  it('is made, exported, imported and works, by Node and by WebCrypto', async () => {
    for (const runtime of ['node', 'web']) {
      if (runtime === 'web') vi.stubGlobal('process', undefined)
      const key = await generateKey(algorithm, { extractable: true })
      expect(await works(key)).toBe(true)
      const [text, jwk] = [await exportKey(key, 'pem'), await exportKey(key, 'jwk')]
      for (const material of [text, jwk, key.publicJwk()]) {
        const again = await importKey(material, algorithm)
        expect(again.fingerprint).toBe(key.fingerprint)
        const data = Buffer.from('data')
        expect(await again.verify(data, await key.sign(data))).toBe(true)
        expect(await again.verify(Buffer.from('date'), await key.sign(data))).toBe(false)
      }
    }
  })

  it('takes PEM and KeyObjects, and has the thumbprint of its RFC', async () => {
    const { privateKey, publicKey } = pairOf(algorithm)
    const expected = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }))
    const materials = [privateKey, publicKey, pem(privateKey, 'pkcs8'), pem(publicKey, 'spki')]
    for (const material of materials) {
      expect((await importKey(material, algorithm)).fingerprint).toBe(expected)
    }
  })

  it('verifies tokens only where it is listed', async () => {
    const key = await generateKey(algorithm, { keyId: 'k' })
    const token = await signCompact(Buffer.from('{}'), { typ: 'JWT' }, key)
    const keys = { keys: [key.publicJwk()] }
    const { protectedHeader } = await verifyCompact(token, keys, { algorithms: [algorithm] })
    expect(protectedHeader.alg).toBe(algorithm)
    await expect(
      verifyCompact(token, staticKeys([{ algorithm, key }]), { algorithms: ['EdDSA', 'ES256'] }),
    ).rejects.toMatchObject({ code: 'ERR_TOKEN_ALGORITHM' })
    expect(await staticKeys(keys).find(algorithm, 'k')).toEqual([])
  })

  it('takes neither another set nor halves of two keys', async () => {
    const one = pairOf(algorithm).privateKey.export({ format: 'jwk' }) as Jwk
    const { x, pub } = pairOf(algorithm).publicKey.export({ format: 'jwk' }) as Jwk
    const mixed = { ...one, ...(pub === undefined ? { x } : { pub }) }
    await expect(importKey(mixed, algorithm)).rejects.toMatchObject({ code: 'ERR_KEY_FORMAT' })
    for (const other of ['EdDSA', 'ES256', ...RARE] as const) {
      if (other === algorithm) continue
      await expect(importKey({ ...one, alg: undefined }, other)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_KEY_(?:TYPE|CURVE)$/) as string,
      })
    }
  })

  it('says so where the runtime does not have it', async () => {
    const jwk = pairOf(algorithm).publicKey.export({ format: 'jwk' }) as Jwk
    vi.stubGlobal('process', undefined)
    const missing = new DOMException('Unrecognized algorithm name', 'NotSupportedError')
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(missing)
    vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(missing)
    for (const attempt of [importKey(jwk, algorithm), generateKey(algorithm)]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'ERR_KEY_UNSUPPORTED',
        message: expect.stringContaining(`does not have ${algorithm}`) as string,
      })
    }
  })
})

it.runIf(isThere('Ed448'))('takes the bare bytes of an Ed448 key', async () => {
  const { d = '', x = '' } = pairOf('Ed448').privateKey.export({ format: 'jwk' })
  const signing = await importKey(Buffer.from(d, 'base64url'), 'Ed448', { use: 'sign' })
  const verifying = await importKey(Buffer.from(x, 'base64url'), 'Ed448', { use: 'verify' })
  expect(verifying.fingerprint).toBe(signing.fingerprint)
  const jwk = { kty: 'OKP', crv: 'Ed448', d, x }
  expect(createPrivateKey({ key: jwk, format: 'jwk' }).asymmetricKeyType).toBe('ed448')
})
