import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { type Algorithm, importKey, type ImportKeyOptions } from '@mayfly/core'
import { calculateJwkThumbprint } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anything, armour, linesOf, type Pair, pairFor, pairs, pem, works } from './materials.ts'

// Self-signed, with openssl req -x509; the second in the first version of X.509.
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
const OLD_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBFTCBvQIUMdnGDvBhqVeU0lTMyZSGXQrY6DAwCgYIKoZIzj0EAwIwDTELMAkG
A1UEAwwCdjEwIBcNMjYxMTI5MTg1MjQyWhgPMjEyNjExMDUxODUyNDJaMA0xCzAJ
BgNVBAMMAnYxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMyz5pI4HEemrr6q7
UffXS0gSE0mEd3r+uTniLbQyHMvxRA8c/FgZzRWhyjepiDcNwIs4vOzPkvAL5TJR
c1Rx/TAKBggqhkjOPQQDAgNHADBEAiBgKpfoOAfIp9j14PvLedhmX4O+AXrG8p8u
XzEZeli/KAIgA2DZSbAoVDpdwnX4LM3HJtvDuvJZ05NoX+Fhys5Zkuk=
-----END CERTIFICATE-----
`

const text = pem(pairs.p256.privateKey, 'pkcs8')
const [begin = '', ...rest] = text.trim().split('\n')
const end = rest.pop() ?? ''
const middle = rest.join('\n')
const own = await calculateJwkThumbprint(pairs.p256.publicKey)
const edOwn = await calculateJwkThumbprint(pairs.ed25519.publicKey)
const der = (type: 'pkcs8' | 'sec1'): Buffer =>
  pairs.p256.privateKey.export({ type, format: 'der' })
const spki = pairs.p256.publicKey.export({ type: 'spki', format: 'der' })
const { d: seed64 = '', x: public64 = '' } = pairs.ed25519.privateKey.export({ format: 'jwk' })
const seed = Buffer.from(seed64, 'base64url')
const point = Buffer.from(public64, 'base64url')

afterEach(() => {
  vi.unstubAllGlobals()
})

async function refusal(
  material: unknown,
  algorithm: Algorithm = 'ES256',
  options: ImportKeyOptions = {},
): Promise<{ code?: string; message: string }> {
  return importKey(anything(material), algorithm, options).then(
    () => ({ message: 'It was taken.' }),
    (error: unknown) => error as { code: string; message: string },
  )
}

describe('importKey with the content of a key file', () => {
  it.each([
    ['text', Buffer.from(text)],
    ['text behind a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['DER of PKCS #8', der('pkcs8')],
    ['DER of SEC 1', der('sec1')],
    ['a JWK', Buffer.from(JSON.stringify(pairs.p256.privateKey.export({ format: 'jwk' })))],
    ['a view into other bytes', Buffer.concat([Buffer.alloc(7), der('pkcs8')]).subarray(7)],
  ])('takes %s', async (_, bytes) => {
    expect((await importKey(bytes, 'ES256', { use: 'sign' })).fingerprint).toBe(own)
  })

  it('takes public DER, and an RSA key in its own', async () => {
    expect((await importKey(spki, 'ES256')).type).toBe('public')
    for (const key of [pairs.rsa.privateKey, pairs.rsa.publicKey]) {
      const bytes = key.export({ type: 'pkcs1', format: 'der' } as never) as unknown as Buffer
      const imported = await importKey(bytes, 'RS256')
      expect(imported.type).toBe(key.type)
    }
  })

  it.each([
    ['text', Buffer.from('a secret that is long enough for HMAC')],
    ['bytes', Buffer.alloc(32, 0xfe)],
    ['a key', der('pkcs8')],
    ['nothing', Buffer.alloc(0)],
  ])('never takes it for a secret: %s', async (_, bytes) => {
    expect((await refusal(bytes, 'HS256')).code).toMatch(/^ERR_KEY_(?:FORMAT|TYPE|EMPTY)$/)
  })
})

describe('importKey with a key that lost its frame, or has another', () => {
  it.each([
    ['PKCS #8', der('pkcs8').toString('base64')],
    ['PKCS #8 in lines', rest.join('\n')],
    ['PKCS #8 in quotes', `"${der('pkcs8').toString('base64')}"`],
    ['PKCS #8 in base64url', der('pkcs8').toString('base64url')],
    ['SEC 1', der('sec1').toString('base64')],
  ])('takes %s in base64 without BEGIN and END', async (_, base64) => {
    expect((await importKey(base64, 'ES256')).fingerprint).toBe(own)
  })

  it('takes a public key so where it is to verify, and asks what it is elsewhere', async () => {
    const base64 = spki.toString('base64')
    expect((await importKey(base64, 'ES256', { use: 'verify' })).fingerprint).toBe(own)
    expect((await refusal(base64)).message).toMatch(/no BEGIN line/)
  })

  it.each([
    ['PKCS #8 as EC PRIVATE KEY', 'EC PRIVATE KEY', der('pkcs8')],
    ['PKCS #8 as RSA PRIVATE KEY', 'RSA PRIVATE KEY', der('pkcs8')],
    ['SEC 1 as PRIVATE KEY', 'PRIVATE KEY', der('sec1')],
    ['SPKI as PRIVATE KEY', 'PRIVATE KEY', spki],
    ['SPKI as RSA PUBLIC KEY', 'RSA PUBLIC KEY', spki],
    ['SPKI as CERTIFICATE', 'CERTIFICATE', spki],
    ['PKCS #8 as any key', 'MY PRIVATE KEY', der('pkcs8')],
  ])('goes by what is in it: %s', async (_, label, bytes) => {
    expect((await importKey(armour(label, bytes), 'ES256')).fingerprint).toBe(own)
  })

  it('says of a public key under the label of a private one that it is public', async () => {
    const wrong = armour('PRIVATE KEY', spki)
    expect((await refusal(wrong, 'ES256', { use: 'sign' })).code).toBe('ERR_KEY_PUBLIC')
  })
})

describe('importKey with an encrypted key', () => {
  const seal = { cipher: 'aes-256-cbc', passphrase: 'correct horse' } as const
  const sealed = pairs.p256.privateKey.export({ type: 'pkcs8', format: 'pem', ...seal }).toString()
  const old = pairs.p256.privateKey.export({ type: 'sec1', format: 'pem', ...seal }).toString()
  const sealedDer = pairs.p256.privateKey.export({ type: 'pkcs8', format: 'der', ...seal })
  const options = { passphrase: 'correct horse' }

  it.each([
    ['PKCS #8', sealed],
    ['the old kind', old],
    ['the old kind, its line ends written as \\n', old.replaceAll('\n', '\\n')],
    ['PKCS #8 under another label', sealed.replaceAll('ENCRYPTED ', '')],
    ['DER', sealedDer],
    ['DER in base64', sealedDer.toString('base64')],
  ])('opens %s with its passphrase', async (_, material) => {
    const key = await importKey(material, 'ES256', options)
    expect(key.fingerprint).toBe(own)
    expect(await works(key)).toBe(true)
    const wrong = await refusal(material, 'ES256', { passphrase: 'wrong horse' })
    expect(wrong).toMatchObject({ code: 'ERR_KEY_ENCRYPTED' })
    expect(wrong.message).toMatch(/does not open it/)
    const missing = await refusal(material)
    expect(missing).toMatchObject({ code: 'ERR_KEY_ENCRYPTED' })
    expect(missing.message).toMatch(/"passphrase"/)
  })

  it('judges what it opened like any other key', async () => {
    const weak = pairs.rsa1024.privateKey.export({ type: 'pkcs8', format: 'pem', ...seal })
    expect((await refusal(weak, 'RS256', options)).code).toBe('ERR_KEY_TOO_SHORT')
    expect((await refusal(sealed, 'ES384', options)).code).toBe('ERR_KEY_CURVE')
  })

  it('takes a passphrase that nobody needed', async () => {
    expect((await importKey(text, 'ES256', options)).fingerprint).toBe(own)
  })

  it('says where it cannot be opened', async () => {
    vi.stubGlobal('process', undefined)
    const { code, message } = await refusal(sealed, 'ES256', options)
    expect([code, message]).toEqual(['ERR_KEY_ENCRYPTED', expect.stringMatching(/This runtime/)])
  })
})

describe('importKey with the bare bytes of an Ed25519 key', () => {
  it.each([
    ['bytes', seed],
    ['base64', seed.toString('base64')],
    ['hexadecimal digits', seed.toString('hex')],
  ])('takes a seed for signing: %s', async (_, material) => {
    const key = await importKey(material, 'EdDSA', { use: 'sign' })
    expect(key).toMatchObject({ type: 'private', fingerprint: edOwn })
    expect(await works(key)).toBe(true)
  })

  it.each([
    ['bytes', point],
    ['base64', point.toString('base64')],
    ['hexadecimal digits', point.toString('hex')],
  ])('takes a public key for verifying: %s', async (_, material) => {
    const key = await importKey(material, 'Ed25519', { use: 'verify' })
    expect(key).toMatchObject({ type: 'public', fingerprint: edOwn })
  })

  it.each(['e0', 'e9', '7b'])('takes one that begins with the byte 0x%s', async (first) => {
    const bytes = Buffer.from(first + seed.toString('hex').slice(2), 'hex')
    for (const written of [bytes.toString('hex'), bytes.toString('base64')]) {
      const key = await importKey(written, 'EdDSA', { use: 'sign' })
      expect(await works(key)).toBe(true)
    }
  })

  it('takes a seed with its public key behind it, and refuses one with another', async () => {
    const key = await importKey(Buffer.concat([seed, point]), 'EdDSA')
    expect(key).toMatchObject({ type: 'private', fingerprint: edOwn })
    const mixed = Buffer.concat([seed, seed])
    expect((await refusal(mixed, 'EdDSA')).code).toBe('ERR_KEY_FORMAT')
  })

  it('asks which it is where that is not said', async () => {
    expect((await refusal(seed, 'EdDSA')).message).toMatch(/use: 'sign'.*use: 'verify'/)
  })

  it('does not take the path of a file for one, whatever its length', async () => {
    const path = '/run/secrets/signing/key/for/production/keys'.slice(0, 43)
    expect((await refusal(path, 'EdDSA', { use: 'sign' })).message).toMatch(/keyFile/)
  })

  it.each(['ES256', 'RS256', 'HS256'] as const)('takes none for %s', async (algorithm) => {
    expect((await refusal(seed, algorithm, { use: 'sign' })).code).toBe('ERR_KEY_FORMAT')
  })
})

describe('importKey with odd characters', () => {
  it.each([
    ['zero-width spaces', text.replaceAll('\n', '\u200b\n')],
    ['a byte order mark in the middle', text.replace('\n', '\n\ufeff')],
    ['no-break spaces', text.replaceAll(' ', '\u00a0').replaceAll('\n', '\u00a0\n')],
    ['em dashes', text.replaceAll('--', '\u2014')],
    ['en dashes', text.replaceAll('-', '\u2013')],
    ['four hyphens', text.replaceAll('-----', '----')],
    ['smart quotes around it', `\u201c${text.trim()}\u201d`],
    ['backquotes around it', `\`${text.trim()}\``],
    ['slashes as PHP writes them', text.replaceAll('/', '\\/').replaceAll('\n', '\\n')],
    ['"=" and "+" as JSON writers escape them', escaped(text)],
    ['CRLF written as \\r\\n in CRLF', text.replaceAll('\n', '\\r\\n\r\n')],
    ['indentation by tabs', text.replaceAll('\n', '\n\t\t')],
    ['base64url inside', `${begin}\n${middle.replaceAll('+', '-').replaceAll('/', '_')}\n${end}`],
    ['a member name in front', `"private_key": "${text.replaceAll('\n', '\\n')}",`],
  ])('takes %s', async (_, value) => {
    expect((await importKey(value, 'ES256')).fingerprint).toBe(own)
  })

  it.each([
    ['“', '“', /"“" \(U\+201C\) in line 3, column 5/],
    ['a Cyrillic letter', 'а', /"а" \(U\+0430\) in line 3, column 5/],
    ['a star', '*', /"\*" \(U\+002A\) in line 3, column 5/],
    ['an emoji', '🔑', /U\+1F511\)? in line 3, column 5/],
    ['a NUL', '\0', /: U\+0000 in line 3, column 5/],
    ['a backslash', '\\', /"\\" \(U\+005C\) in line 3, column 5/],
  ])('names %s and its place', async (_, odd, sentence) => {
    const lines = text.split('\n')
    const line = lines[2] ?? ''
    // Not where a backslash would begin an escape that somebody may have meant.
    const at = 4 + line.slice(4).search(/[^nrtu/]/)
    lines[2] = `${line.slice(0, at)}${odd}${line.slice(at)}`
    const said = new RegExp(sentence.source.replace('column 5', `column ${at + 1}`))
    for (const value of [lines.join('\n'), lines.join('\\n'), Buffer.from(lines.join('\n'))]) {
      const { code, message } = await refusal(value)
      if (odd === '\0' && typeof value !== 'string') continue
      expect([code, message]).toEqual(['ERR_KEY_FORMAT', expect.stringMatching(said)])
      for (const one of linesOf(text)) expect(message).not.toContain(one.slice(5))
    }
  })
})

describe('importKey with a certificate', () => {
  it.each([
    ['a certificate', CERTIFICATE, CERTIFICATE],
    ['one of the first version', OLD_CERTIFICATE, OLD_CERTIFICATE],
    ['the first of a chain', CERTIFICATE + OLD_CERTIFICATE, CERTIFICATE],
    ['one on one line', CERTIFICATE.replaceAll('\n', '\\n'), CERTIFICATE],
    ['DER', new X509Certificate(CERTIFICATE).raw, CERTIFICATE],
  ])('takes the key of %s to verify with', async (_, material, certificate) => {
    const expected = await calculateJwkThumbprint(new X509Certificate(certificate).publicKey)
    for (const options of [{}, { use: 'verify' }] as const) {
      const key = await importKey(material, 'ES256', options)
      expect(key).toMatchObject({ type: 'public', fingerprint: expected })
    }
    expect((await refusal(material, 'ES256', { use: 'sign' })).code).toBe('ERR_KEY_CERTIFICATE')
    expect((await refusal(material, 'RS256')).code).toBe('ERR_KEY_TYPE')
    expect((await refusal(material, 'HS256')).code).toBe('ERR_KEY_TYPE')
  })

  it('takes the key of a file that has its certificate first', async () => {
    expect((await importKey(CERTIFICATE + text, 'ES256')).fingerprint).toBe(own)
  })
})

describe('importKey with a private key whose halves do not belong together', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('refuses one for %s', async (algorithm) => {
    const { privateKey } = pairFor(algorithm)
    const type = privateKey.asymmetricKeyType
    const options = { modulusLength: 2048, namedCurve: 'P-256' }
    const other = (generateKeyPairSync(type as 'ec', options) as Pair).publicKey.export({
      format: 'jwk',
    })
    const { n, x, y } = other
    const mixed = {
      ...privateKey.export({ format: 'jwk' }),
      ...(n ? { n } : { x }),
      ...(y && { y }),
    }
    expect((await refusal(mixed, algorithm)).code).toBe('ERR_KEY_FORMAT')
  })

  it.each(['p', 'q', 'dp', 'dq', 'qi', 'd'])('refuses RSA with another "%s"', async (name) => {
    const jwk = pairs.rsa.privateKey.export({ format: 'jwk' }) as Record<string, string>
    const bytes = Buffer.from(jwk[name] ?? '', 'base64url')
    bytes[5] = (bytes[5] ?? 0) ^ 2
    const wrong = { ...jwk, [name]: bytes.toString('base64url') }
    expect((await refusal(wrong, 'RS256')).code).toBe('ERR_KEY_FORMAT')
  })
})

describe('importKey with a secret that is text', () => {
  it('says what to write', async () => {
    const { message } = await refusal('correct horse battery staple', 'HS256')
    expect(message).toContain('{ secret: new TextEncoder().encode(text) }')
    expect(message).toContain("{ secret: Buffer.from(text, 'base64') }")
    expect(message).not.toContain('horse')
  })
})

function escaped(key: string): string {
  const quoted = key.replaceAll('\n', '\\n')
  return quoted.replaceAll('=', '\\u003d').replaceAll('+', '\\u002B')
}
