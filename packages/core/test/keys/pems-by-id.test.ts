import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  importKey,
  type KeyLookup,
  type PemsById,
  signCompact,
  staticKeys,
  TokenVerifier,
  verifyCompact,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { pairs, pem } from './materials.ts'

// Self-signed, with openssl req -x509, and the key that belongs to it.
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUQdj09hf5sNGpKj4mAPbkAwEh/VswCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGdG9rZW5zMCAXDTI2MTEyOTE4NTI0MloYDzIxMjYxMTA1MTg1
MjQyWjARMQ8wDQYDVQQDDAZ0b2tlbnMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQzLPmkjgcR6auvqrtR99dLSBITSYR3ev65OeIttDIcy/FEDxz8WBnNFaHKN6mI
Nw3Aizi87M+S8AvlMlFzVHH9o1MwUTAdBgNVHQ4EFgQUbu50rQ6vQY+xa06u9btA
N3GsxbUwHwYDVR0jBBgwFoAUbu50rQ6vQY+xa06u9btAN3GsxbUwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBbJ8nAicRkfw125CThM88/WfkB5jo+
kx6DSHMr7kY2cgIgUDF5BiNHyX221NP0cBzbWHpu4Wf9bQSW6l9B116dnB8=
-----END CERTIFICATE-----
`
const CERTIFIED = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgI2x3+sQaQ2a4AiWL
22g9ljyPR8+Lr5WbX2oHmsAnKsahRANCAAQzLPmkjgcR6auvqrtR99dLSBITSYR3
ev65OeIttDIcy/FEDxz8WBnNFaHKN6mINw3Aizi87M+S8AvlMlFzVHH9
-----END PRIVATE KEY-----
`

const rsa = pem(pairs.rsa.publicKey, 'spki')
const ed = pem(pairs.ed25519.publicKey, 'spki')

async function ids(keys: KeyLookup, ...query: Parameters<KeyLookup['find']>): Promise<unknown[]> {
  return (await keys.find(...query)).map((key) => key.keyId)
}

describe('A map of PEMs by key id', () => {
  it('holds public keys and certificates, each for the algorithms that fit it', async () => {
    const keys = staticKeys({ r: rsa, c: CERTIFICATE, d: Buffer.from(ed) }, [
      'RS256',
      'PS256',
      'ES256',
      'ES384',
      'EdDSA',
    ])
    expect(await ids(keys, 'RS256', 'r')).toEqual(['r'])
    expect(await ids(keys, 'PS256', undefined)).toEqual(['r'])
    expect(await ids(keys, 'ES256', 'c')).toEqual(['c'])
    expect(await ids(keys, 'ES384', undefined)).toEqual([])
    expect(await ids(keys, 'EdDSA', 'd')).toEqual(['d'])
    expect(await ids(keys, 'ES256', 'r')).toEqual([])
  })

  it('verifies a token with the key of a certificate, over a verifier and alone', async () => {
    const key = await importKey(createPrivateKey(CERTIFIED), 'ES256', { keyId: 'c' })
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: 'us', aud: 'orders', sub: 'alice', iat: now, exp: now + 60 }
    const token = await signCompact(Buffer.from(JSON.stringify(claims)), { typ: 'JWT' }, key)
    const keys = { r: rsa, c: CERTIFICATE }
    const algorithms = ['ES256', 'RS256'] as const
    const verifier = new TokenVerifier({ issuer: 'us', audience: 'orders', keys, algorithms })
    expect((await verifier.verify(token)).claims.sub).toBe('alice')
    expect((await verifyCompact(token, keys, { algorithms })).protectedHeader.kid).toBe('c')
    const public1 = new X509Certificate(CERTIFICATE).publicKey.export({
      type: 'spki',
      format: 'pem',
    })
    const swapped = { c: rsa, r: public1.toString() }
    await expect(verifyCompact(token, swapped, { algorithms })).rejects.toMatchObject({
      code: 'ERR_TOKEN_KEY',
    })
  })

  it.each<readonly [string, PemsById, string]>([
    ['a key that none of the algorithms fits', { r: rsa, e: ed }, 'ERR_KEY_TYPE'],
    ['a key on another curve', { a: pem(pairs.p384.publicKey, 'spki') }, 'ERR_KEY_CURVE'],
    ['a weak key', { a: pem(pairs.rsa1024.publicKey, 'spki') }, 'ERR_KEY_TOO_SHORT'],
    ['a text that is no key', { r: rsa, a: 'correct horse' }, 'ERR_KEY_FORMAT'],
    ['a damaged PEM', { a: rsa.slice(0, 80) }, 'ERR_KEY_FORMAT'],
  ])('refuses %s, by its id', (_, keys, code) => {
    expect(() => staticKeys(keys, ['RS256', 'ES256'])).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(/^keys\["[ae]"\]: /) as string,
      }),
    )
  })

  it('never gives a key to HMAC', async () => {
    expect(await ids(staticKeys({ r: rsa }, ['RS256', 'HS256']), 'HS256', 'r')).toEqual([])
  })

  it('needs the algorithms to be named in a verifier', () => {
    const options = { issuer: 'us', audience: 'orders', keys: { r: rsa } }
    expect(() => new TokenVerifier(options)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_REQUIRED', option: 'algorithms' }),
    )
  })

  it('is not what options with a misspelt name are', () => {
    const keys = { jwksUrl: 'https://auth.example.com/jwks' }
    const options = { issuer: 'us', audience: 'orders', algorithms: ['ES256'] as const, keys }
    expect(() => new TokenVerifier(options)).toThrow(expect.objectContaining({ option: 'keys' }))
  })
})
