import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPublicKey, createHmac, type JsonWebKey } from 'node:crypto'
import { systemClock } from '@mayfly/core'
import { startJwksServer } from '@mayfly/sandboxes'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Outcome, run } from '../support/run.ts'

const NOW = 1_700_000_000
const clock = new FakeClock(NOW * 1000)
const AUDIENCE = 'https://api.example.com'
const issuer = createTestIssuer({ audience: AUDIENCE, clock })
const folder = mkdtempSync(join(tmpdir(), 'mayfly-verify-'))
const jwks = join(folder, 'jwks.json')
const pem = join(folder, 'public.pem')
const jwk = join(folder, 'public.jwk')

beforeAll(() => {
  writeFileSync(jwks, JSON.stringify(issuer.jwks))
  const [key = {}] = issuer.jwks.keys
  writeFileSync(jwk, JSON.stringify(key))
  writeFileSync(pem, publicPem())
})
afterAll(() => rmSync(folder, { recursive: true }))

async function verify(
  argv: readonly string[],
  world: Parameters<typeof run>[1] = {},
): Promise<Outcome> {
  return run(['verify', ...argv], { clock, ...world })
}

describe('a good token', () => {
  it.each([
    ['a key set in a file', () => ['--jwks', jwks]],
    ['a key in PEM', () => ['--key', pem, '--alg', 'ES256']],
    ['a JWK that names its algorithm', () => ['--key', jwk]],
  ])('is verified by %s', async (_, keys) => {
    const { exitCode, stdout, stderr } = await verify([issuer.mint(), ...keys()])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^Good\n/)
    expect(stdout).toContain('signature (ES256')
    expect(stdout).toContain('2023-11-14 22:18:20 UTC (in 5 min)')
  })

  it('is read from standard input, with what was pasted along', async () => {
    const { exitCode } = await verify(['-', '--jwks', jwks], { stdin: `Bearer ${issuer.mint()}\n` })
    expect(exitCode).toBe(0)
  })

  it('is verified by an environment variable, with its line ends as they come there', async () => {
    const text = publicPem().replaceAll('\n', '\\n')
    const { exitCode } = await verify([issuer.mint(), '--key-env', 'PUBLIC', '--alg', 'ES256'], {
      env: { PUBLIC: text },
    })
    expect(exitCode).toBe(0)
  })

  it('is verified by a secret, whatever it is written in', async () => {
    const secret = Buffer.from('0123456789abcdef0123456789abcdef')
    const [header, payload] = ['{"alg":"HS256"}', `{"exp":${NOW + 60}}`].map((part) =>
      Buffer.from(part).toString('base64url'),
    )
    const signature = createHmac('sha256', secret)
      .update(`${header}.${payload}`)
      .digest('base64url')
    const token = `${header}.${payload}.${signature}`
    const written = [
      ['utf8', `${secret.toString()}\n`],
      ['base64', secret.toString('base64')],
      ['hex', secret.toString('hex')],
    ] as const
    for (const [encoding, text] of written) {
      const file = join(folder, `secret.${encoding}`)
      writeFileSync(file, text)
      const argv = ['--secret-file', file, '--alg', 'HS256', '--secret-encoding', encoding]
      expect((await verify([token, ...argv])).exitCode).toBe(0)
    }
    const wrong = await verify([token, '--secret-env', 'S', '--alg', 'HS256'], {
      env: { S: 'x'.repeat(32) },
    })
    expect(wrong.exitCode).toBe(1)
    expect(wrong.stdout).toContain('signature_invalid')
    const short = ['--secret-env', 'S', '--alg', 'HS256']
    expect((await verify([token, ...short], { env: { S: 'short' } })).exitCode).toBe(3)
    const allowed = await verify([token, ...short, '--allow-short-secret'], { env: { S: 'short' } })
    expect(allowed.exitCode).toBe(1)
  })

  it('is said openly not to have been checked for what nobody asked', async () => {
    const token = issuer.mint({ claims: { scope: 'a b' } })
    const bare = await verify([token, '--jwks', jwks])
    expect(bare.stdout).toContain('audience not checked: give --aud')
    expect(bare.stdout).toContain('issuer not checked: give --iss')
    expect(bare.stdout).toContain('Nor were these: origin, type, scope, age, revocation')
    const all = [
      '--aud',
      AUDIENCE,
      '--iss',
      issuer.issuer,
      '--type',
      'JWT',
      '--scope',
      'a',
      '--max-age',
      '5m',
    ]
    const full = await verify([token, '--jwks', jwks, ...all])
    expect(full.exitCode).toBe(0)
    expect(full.stdout).not.toContain('give --')
    expect(full.stdout).toContain('\n  Not checked: origin, revocation.')
  })

  it('shows what JSON shows, and never the signature', async () => {
    const token = issuer.mint()
    const { stdout } = await verify([token, '--jwks', jwks, '--aud', AUDIENCE, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'good',
      checked: ['signature', 'time', 'audience'],
      notChecked: expect.arrayContaining([{ check: 'issuer', flag: '--iss' }]) as unknown,
      payload: { aud: AUDIENCE },
    })
    expect(stdout).not.toContain(token.split('.')[2])
  })
})

describe('a token that is refused', () => {
  const REFUSED: readonly (readonly [string, string, () => string, readonly string[], string])[] = [
    ['expired', 'token_expired', () => issuer.mint({ fault: 'expired' }), [], 'ago)'],
    [
      'early',
      'token_not_yet_valid',
      () => issuer.mint({ claims: { nbf: NOW + 600 } }),
      [],
      'in 10 min',
    ],
    ['for others', 'audience_mismatch', () => issuer.mint(), ['--aud', 'x'], AUDIENCE],
    ['by others', 'issuer_mismatch', () => issuer.mint(), ['--iss', 'https://x'], issuer.issuer],
    ['of another type', 'type_mismatch', () => issuer.mint(), ['--type', 'at+jwt'], '"JWT"'],
    [
      'too old',
      'token_too_old',
      () => issuer.mint({ claims: { iat: NOW - 120 } }),
      ['--max-age', '1m'],
      '2 min ago',
    ],
    [
      'without the scope',
      'insufficient_scope',
      () => issuer.mint({ claims: { scope: 'a' } }),
      ['--scope', 'b'],
      '"a"',
    ],
    ['tampered with', 'signature_invalid', () => tampered(), [], '"kid"'],
    ['of an unknown key', 'key_unknown', () => issuer.mint({ header: { kid: 'x' } }), [], '"x"'],
    [
      'of another algorithm',
      'algorithm_not_allowed',
      () => issuer.mint({ header: { alg: 'none' } }),
      [],
      '"none"',
    ],
    ['no token', 'token_malformed', () => 'a.b', [], 'two parts'],
    [
      'without an end',
      'claim_missing',
      () => issuer.mint({ claims: { exp: undefined } }),
      [],
      'exp',
    ],
    [
      'from elsewhere',
      'origin_mismatch',
      () => issuer.mint({ claims: { aud: 'app.example.com' } }),
      ['--origin', 'https://evil.example'],
      '',
    ],
  ]

  it.each(REFUSED)('is %s: %s', async (_, reason, mint, argv, detail) => {
    const { exitCode, stdout, stderr } = await verify([mint(), '--jwks', jwks, ...argv])
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    expect(stdout).toContain(`Refused: ${reason}`)
    expect(stdout).toContain(detail)
    expect(stdout).not.toContain('eyJ')
    const json = await verify([mint(), '--jwks', jwks, ...argv, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'refused', reason, checked: [] })
  })

  it('was good at another time', async () => {
    const token = issuer.mint()
    const later = new FakeClock((NOW + 3600) * 1000)
    expect((await verify([token, '--jwks', jwks], { clock: later })).exitCode).toBe(1)
    for (const at of ['2023-11-14T22:15:00Z', '2023-11-14 22:15', String(NOW + 60)]) {
      expect((await verify([token, '--jwks', jwks, '--at', at], { clock: later })).exitCode).toBe(0)
    }
  })

  it('may be forgiven for a clock, and for having no end', async () => {
    const late = issuer.mint({ claims: { exp: NOW - 30 } })
    expect((await verify([late, '--jwks', jwks])).exitCode).toBe(1)
    expect((await verify([late, '--jwks', jwks, '--clock-tolerance', '1m'])).exitCode).toBe(0)
    const endless = issuer.mint({ claims: { exp: undefined } })
    expect((await verify([endless, '--jwks', jwks, '--allow-no-exp'])).exitCode).toBe(0)
  })

  it('may be used from an origin that it names', async () => {
    const token = issuer.mint({
      claims: { aud: 'https://app.example.com', web: ['https://b.example.com'] },
    })
    const by = ['--jwks', jwks, '--origin']
    expect((await verify([token, ...by, 'https://app.example.com'])).exitCode).toBe(0)
    const claim = ['--origin-claim', 'web']
    expect((await verify([token, ...by, 'https://b.example.com', ...claim])).exitCode).toBe(0)
    expect((await verify([token, ...by, 'https://app.example.com', ...claim])).exitCode).toBe(1)
  })

  it('lets no claim write to the terminal', async () => {
    const token = issuer.mint({ claims: { aud: '\u001b[2J\u009b' } })
    const { stdout } = await verify([token, '--jwks', jwks, '--aud', 'x'])
    expect(stdout).toContain('\\u001b[2J\\u009b')
  })
})

describe('what cannot be judged', () => {
  it('ends with 3 where the keys are out of reach, and says why', async () => {
    await using server = await startJwksServer()
    const token = server.mint()
    expect((await verify([token, '--issuer', server.issuer], LIVE)).exitCode).toBe(0)
    expect((await verify([token, '--jwks', server.jwksUri], LIVE)).exitCode).toBe(0)
    server.answerKeysWith('html')
    const html = await verify([token, '--jwks', server.jwksUri], LIVE)
    expect(html.exitCode).toBe(3)
    expect(html.stdout).toContain('Could not judge: keys_unavailable')
    server.down()
    const down = await verify([token, '--issuer', server.issuer, '--json'], LIVE)
    expect(down.exitCode).toBe(3)
    expect(JSON.parse(down.stdout)).toMatchObject({
      verdict: 'unknown',
      reason: 'keys_unavailable',
    })
  })

  it('checks the issuer where it is named for its keys', async () => {
    await using server = await startJwksServer()
    const token = server.mint({ claims: { iss: 'https://evil.example' } })
    const { exitCode, stdout } = await verify([token, '--issuer', server.issuer], LIVE)
    expect(exitCode).toBe(1)
    expect(stdout).toContain('issuer_mismatch')
  })

  it('ends with 3 for a key that cannot be read or used', async () => {
    const locked = join(folder, 'locked.pem')
    writeFileSync(locked, 'no key')
    chmodSync(locked, 0o600)
    const token = issuer.mint()
    expect(
      (await verify([token, '--key', join(folder, 'none.pem'), '--alg', 'ES256'])).exitCode,
    ).toBe(3)
    expect((await verify([token, '--key', locked, '--alg', 'ES256'])).exitCode).toBe(3)
    expect((await verify([token, '--key', pem, '--alg', 'RS256'])).exitCode).toBe(3)
    expect((await verify([token, '--jwks', locked])).exitCode).toBe(3)
  })
})

describe('a wrong command line', () => {
  it.each([
    ['no keys', [], 'What is it to be verified with?'],
    ['two kinds of keys', ['--jwks', 'a', '--key', 'b'], 'exclude each other'],
    ['no algorithm', ['--key', pem], '--alg is required'],
    ['an unknown algorithm', ['--key', pem, '--alg', 'none'], '--alg is one of'],
    ['a secret over HTTP', ['--jwks', 'https://x', '--alg', 'HS256'], 'what is published is none'],
    ['a wrong time', ['--jwks', 'a', '--at', 'yesterday'], '--at takes a time'],
    ['a wrong duration', ['--jwks', jwks, '--max-age', 'x'], '--max-age takes a duration'],
    ['a key set over plain HTTP', ['--jwks', 'http://example.com/k'], 'https'],
    [
      'a claim without an origin',
      ['--jwks', 'a', '--origin-claim', 'x'],
      '--origin-claim goes with',
    ],
    [
      'one standard input for two',
      ['--key', '-', '--alg', 'ES256'],
      'both come from standard input',
    ],
  ])('is told so: %s', async (_, argv, message) => {
    const { exitCode, stderr, stdout } = await verify(['-', ...argv], { stdin: 'x' })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

const LIVE = { clock: systemClock }

function publicPem(): string {
  const key = { ...issuer.jwks.keys[0] } as JsonWebKey
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}

function tampered(): string {
  const [header, , signature] = issuer.mint().split('.')
  const payload = Buffer.from(JSON.stringify({ exp: NOW + 9999 })).toString('base64url')
  return [header, payload, signature].join('.')
}
