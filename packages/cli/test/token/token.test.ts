import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@mayfly/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { args, run } from '../support/run.ts'

const SECRET = 'hunter2hunter2hunter2hunter2hunter2'
const env = { SECRET }
const clock = new FakeClock(1_700_000_000_000)
const zoom = [
  'token',
  'zoom-video-sdk',
  ...args('--sdk-key', 'KEY', '--topic', 'Cool Cars', '--role', 'host'),
]
const good = [...zoom, '--secret-env', 'SECRET']

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-token-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('mayfly token', () => {
  it('prints the token alone, on one line', async () => {
    const { exitCode, stdout, stderr } = await run(good, { env, clock })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
  })

  it('prints the header field with --header', async () => {
    const plain = await run(good, { env, clock })
    const header = await run([...good, '--header'], { env, clock })
    expect(header.stdout).toBe(`Authorization: Bearer ${plain.stdout}`)
  })

  it('prints the token and its dates with --json', async () => {
    const { stdout } = await run([...good, '--json'], { env, clock })
    expect(JSON.parse(stdout)).toEqual({
      token: expect.stringMatching(/^eyJ/),
      issuedAt: 1_699_999_970,
      expiresAt: 1_700_007_170,
      origins: [],
    })
  })

  it('prints the claims without the token with --claims', async () => {
    const { stdout } = await run([...good, '--claims'], { env, clock })
    expect(JSON.parse(stdout)).toEqual({
      app_key: 'KEY',
      role_type: 1,
      tpc: 'Cool Cars',
      version: 1,
      iat: 1_699_999_970,
      exp: 1_700_007_170,
    })
  })

  it('prints in one form only', async () => {
    const { exitCode, stderr } = await run([...good, '--json', '--claims'], { env })
    expect(exitCode).toBe(2)
    expect(stderr).toContain("'--json' cannot be used with option '--claims'")
  })

  it.each([
    ['a file, without the line end', () => ['--secret-file', write(`${SECRET}\n`)], ''],
    ['a file with a line end of Windows', () => ['--secret-file', write(`${SECRET}\r\n`)], ''],
    ['standard input', () => ['--secret-file', '-'], `${SECRET}\n`],
  ])('takes the secret from %s', async (_, options, stdin) => {
    const expected = await run(good, { env, clock })
    expect(await run([...zoom, ...options()], { clock, stdin })).toEqual(expected)
  })

  it('takes what the command line leaves out from the environment', async () => {
    const world = {
      clock,
      env: {
        MAYFLY_ZOOM_VIDEO_SDK_SDK_KEY: 'KEY',
        MAYFLY_ZOOM_VIDEO_SDK_TOPIC: 'from the environment',
        MAYFLY_ZOOM_VIDEO_SDK_ROLE: 'host',
        MAYFLY_ZOOM_VIDEO_SDK_SECRET_FILE: write(SECRET),
      },
    }
    const argv = ['token', 'zoom-video-sdk', '--topic', 'Cool Cars']
    expect(await run(argv, world)).toEqual(await run(good, { env, clock }))
  })

  it('checks what comes from the environment like the command line, and names the option', async () => {
    const wrong = { ...env, MAYFLY_ZOOM_VIDEO_SDK_LIFETIME: 'soon' }
    const { exitCode, stderr } = await run(good, { env: wrong })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--lifetime takes a duration: 90s, 20m, 48h')
  })

  it('knows the words that an option may be, wherever it comes from', async () => {
    const wrong = { ...env, MAYFLY_ZOOM_VIDEO_SDK_VIDEO_WEBRTC_MODE: '7' }
    const { exitCode, stderr } = await run(good, { env: wrong })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--video-webrtc-mode is one of 0, 1.')
  })

  it('says at once all that is missing', async () => {
    const { exitCode, stderr } = await run(['token', 'zoom-video-sdk', '--role', 'host'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(
      '--sdk-key <key>, --topic <name>, --secret-file FILE or --secret-env NAME are missing',
    )
  })

  it('names options by their flags where the vendor refuses one', async () => {
    const { exitCode, stderr } = await run([...good, '--lifetime', '72h'], { env })
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: --lifetime is 259200 seconds/)
  })

  it.each([
    ['the variable is not set', ['--secret-env', 'NOWHERE'], 'the variable "NOWHERE" is not set'],
    ['the file is not there', ['--secret-file', '/nowhere/s'], 'there is no such file'],
    ['it is too short to be one', ['--secret-env', 'EMPTY'], 'the variable "EMPTY" is empty'],
  ])('ends with 3 when there is no secret: %s', async (_, options, message) => {
    const { exitCode, stdout, stderr } = await run([...zoom, ...options], { env: { EMPTY: '' } })
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr).toContain(message)
  })

  it('ends with 3 when a key cannot be used, and says why, without any of it', async () => {
    const argv = ['token', 'apns', '--team-id', 'T', '--key-id', 'K', '--key', write(SECRET)]
    const { exitCode, stderr } = await run(argv)
    expect(exitCode).toBe(3)
    expect(stderr).not.toContain('hunter2')
  })

  it('takes one secret, not two', async () => {
    const { exitCode, stderr } = await run([...good, '--secret-file', '-'], { env })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('Give only one of')
  })

  it('does not repeat a secret that is given as the name of a variable', async () => {
    const secret = `${SECRET}+/=`
    const { stderr } = await run([...zoom, '--secret-env', secret], {})
    expect(stderr).toContain('the variable of that name is not set')
    expect(stderr).not.toContain('hunter2')
  })

  it('refuses --cache for tokens that are used once', async () => {
    const { exitCode, stderr } = await run(['token', 'telesign', '--cache'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('There is no option "--cache"')
  })

  it('has no claims to print of a token that is none of its own', async () => {
    const body = { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 }
    const answer: typeof fetch = async () => Response.json(body)
    const argv = [
      'token',
      'client-credentials',
      ...args('--token-endpoint', 'https://login.example.com/token', '--client-id', 'me'),
      ...args('--secret-env', 'SECRET', '--claims'),
    ]
    const { exitCode, stdout, stderr } = await run(argv, { env, fetch: answer })
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('no JWT')
    expect(stderr).not.toContain('opaque')
  })

  it.each([
    [
      '1 when the vendor refuses',
      async () => Response.json({ error: 'invalid_client' }, { status: 401 }),
      1,
    ],
    [
      '3 when the vendor is not there',
      async () => await Promise.reject(new TypeError('fetch failed')),
      3,
    ],
  ])('ends with %s', async (_, answer, expected) => {
    const argv = [
      'token',
      'client-credentials',
      ...args('--token-endpoint', 'https://login.example.com/token', '--client-id', 'me'),
      ...args('--secret-env', 'SECRET'),
    ]
    const { exitCode, stdout, stderr } = await run(argv, { env, fetch: answer })
    expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' })
    expect(stderr).toMatch(/^error: /)
    expect(stderr).not.toContain('hunter2')
  })
})

let files = 0
function write(text: string): string {
  const path = join(folder, String(files++))
  writeFileSync(path, text)
  return path
}
