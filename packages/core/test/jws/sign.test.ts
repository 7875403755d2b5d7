import { sign as nodeSign } from 'node:crypto'
import {
  ecdsaFromDer,
  type HeaderFields,
  importKey,
  signCompact,
  type SigningKey,
  verifyCompact,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { pairs } from '../keys/materials.ts'

const PAYLOAD = Buffer.from('{}')
const { privateKey, publicKey } = pairs.p256

function headerOf(token: string): string {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
}

function signer(sign: (data: Uint8Array) => unknown, algorithm = 'ES256'): SigningKey {
  return { algorithm, keyId: 'kms', sign: async (data: Uint8Array) => sign(data) } as SigningKey
}

describe('the header that signCompact writes', () => {
  it.each<readonly [string, HeaderFields, string | undefined, string]>([
    ['alg first, then what was given', { typ: 'JWT' }, undefined, '{"alg":"ES256","typ":"JWT"}'],
    ['the id of the key at the end', { typ: 'JWT' }, 'a', '{"alg":"ES256","typ":"JWT","kid":"a"}'],
    [
      'the order that was given',
      { typ: 'JWT', alg: 'ES256' },
      undefined,
      '{"typ":"JWT","alg":"ES256"}',
    ],
    [
      'kid where it was given',
      { kid: 'a', typ: 'JWT' },
      'a',
      '{"alg":"ES256","kid":"a","typ":"JWT"}',
    ],
    ['kid for a key without an id', { kid: 'b' }, undefined, '{"alg":"ES256","kid":"b"}'],
    ['no kid where it is undefined', { kid: undefined }, 'a', '{"alg":"ES256"}'],
    [
      'members of any kind',
      { id: 'T.S', n: 1, x: { y: [null] } },
      undefined,
      '{"alg":"ES256","id":"T.S","n":1,"x":{"y":[null]}}',
    ],
    ['nothing that is undefined', { typ: undefined }, undefined, '{"alg":"ES256"}'],
  ])('has %s', async (_, header, keyId, text) => {
    const key = (await importKey(privateKey, 'ES256')).withKeyId(keyId)
    expect(headerOf(await signCompact(PAYLOAD, header, key))).toBe(text)
  })

  it.each<readonly [string, object, string]>([
    ['another algorithm', { alg: 'RS256' }, 'alg'],
    ['the algorithm none', { alg: 'none' }, 'alg'],
    ['another id than the key has', { kid: 'b' }, 'kid'],
    ['an id that is a number', { kid: 1 }, 'kid'],
    ['critical extensions', { crit: ['exp'] }, 'crit'],
    ['an unencoded payload', { b64: false }, 'b64'],
    ['what JSON cannot hold', { n: 1n }, 'protectedHeader'],
  ])('may not have %s', async (_, header, option) => {
    const key = await importKey(privateKey, 'ES256', { keyId: 'a' })
    await expect(signCompact(PAYLOAD, header as HeaderFields, key)).rejects.toMatchObject({
      name: 'OptionError',
      option,
    })
  })

  it('is not changed for the caller', async () => {
    const header = Object.freeze({ typ: 'JWT' })
    await signCompact(PAYLOAD, header, await importKey(privateKey, 'ES256', { keyId: 'a' }))
    expect(header).toEqual({ typ: 'JWT' })
  })
})

describe('signCompact', () => {
  it('refuses a payload that is not bytes', async () => {
    const key = await importKey(privateKey, 'ES256')
    const text = '{}' as unknown as Uint8Array
    await expect(signCompact(text, {}, key)).rejects.toMatchObject({ option: 'payload' })
  })

  it('refuses a public key, and what is no key', async () => {
    const verifying = await importKey(publicKey, 'ES256')
    await expect(signCompact(PAYLOAD, {}, verifying)).rejects.toMatchObject({
      code: 'ERR_KEY_PUBLIC',
    })
    for (const wrong of [undefined, null, 'pem', {}, { algorithm: 'ES256' }]) {
      const key = wrong as unknown as SigningKey
      await expect(signCompact(PAYLOAD, {}, key)).rejects.toMatchObject({ option: 'key' })
    }
    const none = signer(() => new Uint8Array(1), 'none')
    await expect(signCompact(PAYLOAD, {}, none)).rejects.toMatchObject({ option: 'key.algorithm' })
  })
})

describe('signCompact with an external signer', () => {
  const keys = [{ algorithm: 'ES256', key: publicKey, keyId: 'kms' }] as const
  const algorithms = ['ES256'] as const

  it('hands it the bytes to sign, and writes its signature and id', async () => {
    const key = signer((data) =>
      nodeSign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    )
    const token = await signCompact(PAYLOAD, { typ: 'JWT' }, key)
    expect(headerOf(token)).toBe('{"alg":"ES256","typ":"JWT","kid":"kms"}')
    await expect(verifyCompact(token, keys, { algorithms })).resolves.toBeDefined()
  })

  it('takes the DER of a KMS by way of ecdsaFromDer', async () => {
    const key = signer((data) => ecdsaFromDer(nodeSign('sha256', data, privateKey), 'ES256'))
    const token = await signCompact(PAYLOAD, {}, key)
    await expect(verifyCompact(token, keys, { algorithms })).resolves.toBeDefined()
  })

  it('says what to do about DER', async () => {
    const key = signer((data) => nodeSign('sha256', data, privateKey))
    await expect(signCompact(PAYLOAD, {}, key)).rejects.toMatchObject({
      code: 'ERR_KEY_SIGNER',
      message: expect.stringContaining('ecdsaFromDer') as string,
    })
  })

  it.each([
    ['nothing', undefined],
    ['text', 'c2lnbmF0dXJl'],
    ['no bytes', new Uint8Array()],
    ['too few bytes', new Uint8Array(63)],
  ])('refuses %s for a signature', async (_, signature) => {
    await expect(
      signCompact(
        PAYLOAD,
        {},
        signer(() => signature),
      ),
    ).rejects.toMatchObject({
      code: 'ERR_KEY_SIGNER',
    })
  })

  it('passes on what the signer throws', async () => {
    const key = signer(() => {
      throw new Error('the KMS is away')
    })
    await expect(signCompact(PAYLOAD, {}, key)).rejects.toThrow('the KMS is away')
  })
})
