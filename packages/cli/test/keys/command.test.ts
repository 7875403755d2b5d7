import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importKey, type Jwk } from '@mayfly/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Outcome, run } from '../support/run.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed = generateKeyPairSync('ed25519').privateKey

const CERTIFICATE = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBcDCCARWgAwIBAgIUGCegiU6Vq5VQ4UBPoilGfMYzGxYwCgYIKoZIzj0EAwIw',
  'DDEKMAgGA1UEAwwBeDAgFw0yNjExMjExMzQ3MTBaGA8yMTI2MTAyODEzNDcxMFow',
  'DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPEpUKloOVhR',
  'QZQb9nqMIOo92vA5gmOkreaMEHvG1AhOggOjpEdbsO+Iw6X4sxEtBi3rsR9uCsMk',
  'qliBeVwrFLyjUzBRMB0GA1UdDgQWBBSLEeRrFziow5lrSBmvj0mRUiRUEDAfBgNV',
  'HSMEGDAWgBSLEeRrFziow5lrSBmvj0mRUiRUEDAPBgNVHRMBAf8EBTADAQH/MAoG',
  'CCqGSM49BAMCA0kAMEYCIQD14NNCbB/53pGdNHoWzaC//EiX9FUKx2/uiC0k9hg1',
  'LgIhAKtG3gwXNfZhEWQfm1Q6mto+Yc+F0BlA412IeluR6AdW',
  '-----END CERTIFICATE-----',
].join('\n')

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function file(name: string, text = ''): string {
  const path = join(folder, name)
  if (text !== '') writeFileSync(path, text)
  return path
}

async function keys(
  argv: readonly string[],
  world: Parameters<typeof run>[1] = {},
): Promise<Outcome> {
  return run(['keys', ...argv], world)
}

function pem(key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): string {
  return key.export({ format: 'pem', type }).toString()
}

describe('mayfly keys generate', () => {
  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS512'] as const)(
    'makes a key for %s that nobody else may read',
    async (alg) => {
      const out = file('key.pem')
      const { exitCode, stdout, stderr } = await keys(['generate', '--alg', alg, '--out', out])
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
      expect(statSync(out).mode & 0o777).toBe(0o600)
      const key = await importKey(readFileSync(out, 'utf8'), alg, { use: 'sign' })
      expect(stderr).toContain(key.fingerprint)
    },
  )

  it.each([
    ['HS256', 32],
    ['HS512', 64],
  ] as const)('makes a secret for %s', async (alg, bytes) => {
    const jwk = JSON.parse((await keys(['generate', '--alg', alg])).stdout) as Jwk
    expect(jwk).toMatchObject({ kty: 'oct', alg, use: 'sig' })
    expect(Buffer.from(jwk.k ?? '', 'base64url')).toHaveLength(bytes)
    const text = await keys(['generate', '--alg', alg, '--format', 'text'])
    expect(Buffer.from(text.stdout.trim(), 'base64url')).toHaveLength(bytes)
    expect(text.stderr).not.toContain(text.stdout.trim())
  })

  it('makes a JWK with the id that it is told, or its thumbprint', async () => {
    const own = await keys(['generate', '--format', 'jwk', '--kid', 'mine'])
    expect(JSON.parse(own.stdout)).toMatchObject({
      kid: 'mine',
      alg: 'ES256',
      use: 'sig',
      crv: 'P-256',
    })
    const other = JSON.parse((await keys(['generate', '--format', 'jwk'])).stdout) as Jwk
    expect(other.kid).toBe((await importKey(other, 'ES256')).fingerprint)
  })

  it('makes larger RSA keys', async () => {
    const { stdout } = await keys(['generate', '--alg', 'RS256', '--bits', '3072'])
    expect(createPrivateKey(stdout).asymmetricKeyDetails?.modulusLength).toBe(3072)
  })

  it('never overwrites a file without --force, and then in one step', async () => {
    const out = file('key.pem', 'precious')
    const refused = await keys(['generate', '--out', out])
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('--force')
    expect(readFileSync(out, 'utf8')).toBe('precious')
    const forced = await keys(['generate', '--out', out, '--force'])
    expect(forced.exitCode).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('BEGIN PRIVATE KEY')
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['key.pem'])
  })

  it('does not write through a link', async () => {
    const target = file('elsewhere', 'precious')
    const link = join(folder, 'key.pem')
    symlinkSync(target, link)
    expect((await keys(['generate', '--out', link])).exitCode).toBe(2)
    expect((await keys(['generate', '--out', link, '--force'])).exitCode).toBe(0)
    expect(readFileSync(target, 'utf8')).toBe('precious')
  })

  it('prints no private key to a terminal unless it is asked to', async () => {
    const refused = await keys(['generate'], { terminal: true })
    expect(refused.exitCode).toBe(2)
    expect(refused.stdout).toBe('')
    expect(refused.stderr).toContain('--out FILE')
    expect((await keys(['generate', '--show'], { terminal: true })).stdout).toContain('PRIVATE KEY')
    expect((await keys(['generate'])).stdout).toContain('PRIVATE KEY')
  })

  it.each([
    [['--alg', 'none'], '--alg is one of'],
    [['--alg', 'ES256', '--bits', '2048'], '--bits is for RSA'],
    [['--alg', 'RS256', '--bits', '1024'], '2048, 3072 or 4096'],
    [['--alg', 'HS256', '--format', 'pem'], 'jwk or text'],
    [['--format', 'text'], 'Only a secret'],
    [['--force'], '--force goes with --out'],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, stderr, stdout } = await keys(['generate', ...argv])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
  })

  it('says so where it cannot write', async () => {
    const { exitCode, stderr } = await keys(['generate', '--out', join(folder, 'none', 'key.pem')])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('ENOENT')
  })
})

describe('mayfly keys public', () => {
  it.each([
    ['EC', ec],
    ['RSA', rsa],
    ['Ed25519', ed],
  ])('writes the public half of %s, and of a public key itself', async (_, key) => {
    const expected = createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString()
    expect((await keys(['public', file('a.pem', pem(key))])).stdout).toBe(expected)
    expect((await keys(['public', file('b.pem', expected)])).stdout).toBe(expected)
  })

  it('writes a JWK without anything private', async () => {
    const argv = ['public', '-', '--format', 'jwk']
    const jwk = JSON.parse((await keys(argv, { stdin: pem(rsa) })).stdout) as Jwk
    expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    const named = await keys([...argv, '--alg', 'PS256', '--kid', 'k1'], { stdin: pem(rsa) })
    expect(JSON.parse(named.stdout)).toMatchObject({ alg: 'PS256', kid: 'k1' })
  })

  it('has nothing public of a secret', async () => {
    const secret = JSON.stringify({ kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0' })
    for (const format of ['pem', 'jwk']) {
      const { exitCode, stdout } = await keys(['public', '-', '--format', format], {
        stdin: secret,
      })
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    }
  })
})

describe('mayfly keys jwks', () => {
  it('makes one set of several files', async () => {
    const out = file('jwks.json')
    const jwk = JSON.stringify({ ...ed.export({ format: 'jwk' }), kid: 'ed-1' })
    const files = [file('ec.pem', pem(ec)), file('rsa.pem', pem(rsa)), file('ed.jwk', jwk)]
    expect((await keys(['jwks', ...files, '--out', out])).exitCode).toBe(0)
    const set = JSON.parse(readFileSync(out, 'utf8')) as { keys: Jwk[] }
    expect(set.keys.map(({ alg, use }) => [alg, use])).toEqual([
      ['ES256', 'sig'],
      ['RS256', 'sig'],
      ['EdDSA', 'sig'],
    ])
    expect(set.keys[2]?.kid).toBe('ed-1')
    expect(readFileSync(out, 'utf8')).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)"/)
  })

  it('refuses two keys of one id, and a secret, and names the file', async () => {
    const one = file('one.pem', pem(ec))
    const twice = await keys(['jwks', one, one])
    expect(twice.exitCode).toBe(3)
    expect(twice.stderr).toContain('one.pem')
    const secret = file('secret.jwk', JSON.stringify({ kty: 'oct', k: 'AAAA' }))
    const refused = await keys(['jwks', one, secret])
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' })
    expect(refused.stderr).toContain('secret.jwk')
  })
})

describe('mayfly keys thumbprint', () => {
  it('is the one of RFC 7638', async () => {
    // The example of section 3.1.
    const jwk = {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    }
    const { stdout } = await keys(['thumbprint', '-'], { stdin: JSON.stringify(jwk) })
    expect(stdout).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\n')
  })

  it('is the same for both halves, and for each way to write them', async () => {
    const publicPem = createPublicKey(rsa).export({ format: 'pem', type: 'spki' }).toString()
    const files = [
      file('a.pem', pem(rsa)),
      file('b.pem', publicPem),
      file('c.pem', pem(rsa, 'pkcs1')),
    ]
    const { stdout } = await keys(['thumbprint', ...files])
    const prints = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('  '))
    expect(new Set(prints.map(([print]) => print)).size).toBe(1)
    expect(prints.map(([, name]) => name)).toEqual(files)
    const json = await keys(['thumbprint', '--json', ...files])
    expect(JSON.parse(json.stdout)).toMatchObject([
      { type: 'private', kind: 'RSA 2048' },
      { type: 'public' },
      { type: 'private' },
    ])
  })

  it('is not told of a secret', async () => {
    const { exitCode, stdout } = await keys(['thumbprint', '-'], {
      stdin: JSON.stringify({ kty: 'oct', k: 'AAAA' }),
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
  })
})

describe('mayfly keys convert', () => {
  const forms: readonly (readonly [string, KeyObject, string])[] = [
    ['PKCS#8', ec, pem(ec)],
    ['SEC1', ec, pem(ec, 'sec1')],
    ['PKCS#1', rsa, pem(rsa, 'pkcs1')],
    ['a JWK', ec, JSON.stringify(ec.export({ format: 'jwk' }))],
    ['literal line ends', rsa, pem(rsa, 'pkcs1').replaceAll('\n', '\\n')],
    ['literal line ends in quotes', ec, `"${pem(ec).trim().replaceAll('\n', '\\r\\n')}"`],
    ['base64', ec, Buffer.from(pem(ec)).toString('base64')],
    [
      'base64 of a JWK',
      ed,
      Buffer.from(JSON.stringify(ed.export({ format: 'jwk' }))).toString('base64'),
    ],
    ['a byte order mark', ec, `\uFEFF${pem(ec)}`],
    ['Windows line ends', ec, pem(ec).replaceAll('\n', '\r\n')],
  ]

  it.each(forms)('reads %s, and writes PKCS#8', async (_, key, text) => {
    expect((await keys(['convert', '-', '--to', 'pem'], { stdin: text })).stdout).toBe(pem(key))
  })

  it.each(['jwk', 'env', 'base64', 'pem'])('comes back whole from %s', async (to) => {
    const there = await keys(['convert', '-', '--to', to], { stdin: pem(rsa) })
    if (to === 'env' || to === 'base64') expect(there.stdout.trim().split('\n')).toHaveLength(1)
    expect((await keys(['convert', '-', '--to', 'pem'], { stdin: there.stdout })).stdout).toBe(
      pem(rsa),
    )
  })

  it('keeps what a JWK says of itself', async () => {
    const stdin = JSON.stringify({
      ...ec.export({ format: 'jwk' }),
      kid: 'k',
      alg: 'ES256',
      use: 'sig',
    })
    const { stdout } = await keys(['convert', '-', '--to', 'jwk'], { stdin })
    expect(JSON.parse(stdout)).toMatchObject({ kid: 'k', alg: 'ES256', use: 'sig' })
    const renamed = await keys(['convert', '-', '--to', 'jwk', '--kid', 'other'], { stdin })
    expect(JSON.parse(renamed.stdout)).toMatchObject({ kid: 'other' })
  })

  it('keeps a private key off the terminal, and lets a public one through', async () => {
    const secret = await keys(['convert', '-', '--to', 'jwk'], { stdin: pem(ec), terminal: true })
    expect(secret).toMatchObject({ exitCode: 2, stdout: '' })
    const half = createPublicKey(ec).export({ format: 'pem', type: 'spki' }).toString()
    const open = await keys(['convert', '-', '--to', 'jwk'], { stdin: half, terminal: true })
    expect(open.exitCode).toBe(0)
  })

  it.each([
    [
      'an encrypted key',
      ec
        .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
      'encrypted',
    ],
    ['a certificate', CERTIFICATE, 'certificate'],
    ['a key of OpenSSH', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI', 'OpenSSH'],
    ['half a key', pem(ec).slice(0, 60), 'PEM'],
    ['one line of it', '-----BEGIN PRIVATE KEY-----', 'first line'],
    ['a set', '{"keys":[]}', 'set of keys'],
    ['broken JSON', '{"kty":', 'no JSON'],
    [
      'a key for another curve',
      pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
      'secp256k1',
    ],
    ['nothing', ' ', 'empty'],
  ])('says what is wrong with %s, without repeating it', async (_, text, message) => {
    const { exitCode, stdout, stderr } = await keys(['convert', '-', '--to', 'pem'], {
      stdin: text,
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('MII')
  })
})
