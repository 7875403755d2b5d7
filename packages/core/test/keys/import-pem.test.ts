import { type Algorithm, importKey } from '@mayfly/core'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { armour, pairFor, pairs, pem, works } from './materials.ts'

const ASYMMETRIC: readonly Algorithm[] = [
  'RS256',
  'PS384',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

describe('importKey with PEM', () => {
  it.each(ASYMMETRIC)(
    'takes PKCS #8 and SPKI for %s, both with the thumbprint of RFC 7638',
    async (algorithm) => {
      const { privateKey, publicKey } = pairFor(algorithm)
      const signing = await importKey(pem(privateKey, 'pkcs8'), algorithm)
      const verifying = await importKey(pem(publicKey, 'spki'), algorithm)
      expect(signing).toMatchObject({ algorithm, type: 'private', keyId: undefined })
      expect(verifying).toMatchObject({ algorithm, type: 'public' })
      expect(await works(signing)).toBe(true)
      const data = new TextEncoder().encode('x')
      expect(await verifying.verify(data, await signing.sign(data))).toBe(true)
      const thumbprint = await calculateJwkThumbprint(publicKey)
      expect(signing.fingerprint).toBe(thumbprint)
      expect(verifying.fingerprint).toBe(thumbprint)
      expect(signing.publicJwk()).toEqual(verifying.publicJwk())
      expect(signing.publicJwk()).toEqual({
        ...publicKey.export({ format: 'jwk' }),
        alg: algorithm,
        use: 'sig',
      })
    },
  )

  it('takes PKCS #1, private and public', async () => {
    const { privateKey, publicKey } = pairs.rsa
    const signing = await importKey(pem(privateKey, 'pkcs1'), 'RS256')
    const verifying = await importKey(pem(publicKey, 'pkcs1'), 'RS256')
    expect(signing.type).toBe('private')
    expect(await works(signing)).toBe(true)
    expect(verifying.fingerprint).toBe(signing.fingerprint)
  })

  it.each(['ES256', 'ES384', 'ES512'] as const)('takes SEC 1 for %s', async (algorithm) => {
    const { privateKey, publicKey } = pairFor(algorithm)
    const key = await importKey(pem(privateKey, 'sec1'), algorithm)
    expect(await works(key)).toBe(true)
    expect(key.fingerprint).toBe(await calculateJwkThumbprint(publicKey))
  })

  it('takes SEC 1 behind its EC PARAMETERS, as openssl ecparam writes it', async () => {
    const parameters = armour('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'))
    const key = await importKey(parameters + pem(pairs.p256.privateKey, 'sec1'), 'ES256')
    expect(await works(key)).toBe(true)
  })

  it('takes SEC 1 without parameters and public key, the curve being that of the algorithm', async () => {
    const { d = '' } = pairs.p256.privateKey.export({ format: 'jwk' })
    const number = Buffer.from(d, 'base64url')
    const der = Buffer.concat([Buffer.from([0x30, 0x25, 2, 1, 1, 4, 0x20]), number])
    const key = await importKey(armour('EC PRIVATE KEY', der), 'ES256')
    expect(key.fingerprint).toBe(await calculateJwkThumbprint(pairs.p256.publicKey))
    await expect(importKey(armour('EC PRIVATE KEY', der), 'ES384')).rejects.toMatchObject({
      code: 'ERR_KEY_FORMAT',
    })
  })

  it('takes the second version of PKCS #8, which has the public key in it', async () => {
    const { d = '', x = '' } = pairs.ed25519.privateKey.export({ format: 'jwk' })
    const der = Buffer.concat([
      Buffer.from('3051020101300506032b657004220420', 'hex'),
      Buffer.from(d, 'base64url'),
      Buffer.from('812100', 'hex'),
      Buffer.from(x, 'base64url'),
    ])
    const key = await importKey(armour('PRIVATE KEY', der), 'EdDSA')
    expect(key.fingerprint).toBe(await calculateJwkThumbprint(pairs.ed25519.publicKey))
  })

  it('takes a private key out of a file that has its certificate as well', async () => {
    const text =
      pem(pairs.p256.privateKey, 'pkcs8') + armour('CERTIFICATE', Buffer.from('3000', 'hex'))
    expect((await importKey(text, 'ES256')).type).toBe('private')
  })

  it('takes a key with text before it, and line ends of any kind', async () => {
    const text = `Bag Attributes\n    friendlyName: x\n${pem(pairs.p256.privateKey, 'pkcs8')}`
    for (const ends of ['\n', '\r\n', '\r']) {
      expect((await importKey(text.replaceAll('\n', ends), 'ES256')).type).toBe('private')
    }
  })

  it('leaves the private half behind when it is only to verify', async () => {
    const key = await importKey(pem(pairs.p256.privateKey, 'pkcs8'), 'ES256', { use: 'verify' })
    expect(key.type).toBe('public')
    expect(key.canSign).toBe(false)
    expect(key.canVerify).toBe(true)
  })

  it('gives the key the id that is asked for', async () => {
    const key = await importKey(pem(pairs.p256.privateKey, 'pkcs8'), 'ES256', {
      keyId: '2X9R4HXF34',
    })
    expect(key.keyId).toBe('2X9R4HXF34')
    expect(key.publicJwk().kid).toBe('2X9R4HXF34')
  })
})

const text = pem(pairs.p256.privateKey, 'pkcs8')
const [begin = '', ...rest] = text.trim().split('\n')
const end = rest.pop() ?? ''
const body = rest.join('')

describe('importKey with PEM as environment variables carry it', () => {
  it.each([
    ['line ends written as \\n', text.replaceAll('\n', '\\n')],
    ['line ends written as \\r\\n', text.replaceAll('\n', '\\r\\n')],
    ['line ends escaped twice', text.replaceAll('\n', '\\\\n')],
    ['quotes around it', `"${text.replaceAll('\n', '\\n')}"`],
    ['single quotes around it', `'${text.trim()}'`],
    ['line ends that became spaces', text.replaceAll('\n', ' ')],
    ['line ends that vanished', text.replaceAll('\n', '')],
    ['spaces in front of each line', text.replaceAll('\n', '\n      ')],
    ['white space around it', `\n\n  ${text}  \n`],
    ['a byte order mark', `\uFEFF${text}`],
    ['the whole of it in base64', Buffer.from(text).toString('base64')],
    ['the whole of it in base64 of several lines', chunked(Buffer.from(text).toString('base64'))],
    ['the whole of it in base64, in quotes', `"${Buffer.from(text).toString('base64')}"`],
    ['the whole of it in base64 with a line end', `${Buffer.from(text).toString('base64')}\n`],
  ])('takes it with %s', async (_, value) => {
    const key = await importKey(value, 'ES256', { use: 'sign' })
    expect(key.fingerprint).toBe(await calculateJwkThumbprint(pairs.p256.publicKey))
  })

  it.each([
    ['cut off at the first line end', begin],
    [
      'line ends that became the letter n',
      `${begin}n${chunked(body).replaceAll('\n', 'n')}n${end}`,
    ],
    ['plus signs that became spaces', `${begin}${withPlus()}${end}`],
    ['spaces in its BEGIN and END lost too', text.replaceAll(/\s/g, '')],
    ['its end cut off', `${begin} ${body.slice(0, 40)}`],
  ])('says ERR_KEY_LOST_NEWLINES for a value with %s', async (_, value) => {
    await expect(importKey(value, 'ES256')).rejects.toMatchObject({ code: 'ERR_KEY_LOST_NEWLINES' })
  })
})

describe('importKey with text that is no key at all', () => {
  it('takes no longer for a long run of backslashes than for other text', async () => {
    const started = process.cpuUsage().user
    const damaged = `${begin}\n${'\\'.repeat(60_000)}\n${end}`
    await expect(importKey(damaged, 'ES256')).rejects.toMatchObject({ code: 'ERR_KEY_FORMAT' })
    // It took four seconds when each of them was tried, and takes a few milliseconds.
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000)
  })
})

function chunked(base64: string): string {
  return (base64.match(/.{1,64}/g) ?? []).join('\n')
}

function withPlus(): string {
  // The key may have no plus sign: then a letter is lost instead, which is the same damage.
  const at = Math.max(body.indexOf('+'), 10)
  return `${body.slice(0, at)} ${body.slice(at + 1)}`
}
