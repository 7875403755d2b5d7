import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Outcome, run, type World } from '../support/run.ts'

const folder = mkdtempSync(join(tmpdir(), 'mayfly-quickstart-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = ({ privateKey }: typeof rsa): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

function write(name: string, text: string | Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const vonageKey = write('private.key', pemOf(rsa))
const appleKey = write('AuthKey_2X9R4HXF34.p8', pemOf(ec))
const SID = '0123456789abcdef0123456789abcdef'
const SECRET = 'hunter2hunter2hunter2hunter2hunter2'
const UUID = '57246542-96fe-1a63-e053-0824d011072a'

/** The variables of a quickstart, what is still to be said, and claims or header that show it worked. */
const QUICKSTARTS: readonly (readonly [
  vendor: string,
  env: Record<string, string>,
  rest: string,
  shown: object,
])[] = [
  [
    'vonage',
    { VONAGE_APPLICATION_ID: UUID, VONAGE_PRIVATE_KEY_PATH: vonageKey },
    '',
    { application_id: UUID },
  ],
  [
    'vonage',
    { VONAGE_APPLICATION_ID: UUID, VONAGE_PRIVATE_KEY: pemOf(rsa) },
    '',
    { application_id: UUID },
  ],
  [
    'live-kit',
    { LIVEKIT_API_KEY: 'APIkey', LIVEKIT_API_SECRET: SECRET },
    '--identity alice --grant roomJoin --grant room=cars',
    { iss: 'APIkey', sub: 'alice' },
  ],
  [
    'twilio',
    {
      TWILIO_ACCOUNT_SID: `AC${SID}`,
      TWILIO_API_KEY: `SK${SID}`,
      TWILIO_API_SECRET: SECRET,
    },
    '--identity alice --grant video.room=cars',
    { iss: `SK${SID}`, sub: `AC${SID}` },
  ],
  [
    'app-store-connect',
    {
      APP_STORE_CONNECT_API_KEY_KEY_ID: '2X9R4HXF34',
      APP_STORE_CONNECT_API_KEY_ISSUER_ID: UUID,
      APP_STORE_CONNECT_API_KEY_KEY_FILEPATH: appleKey,
    },
    '',
    { iss: UUID },
  ],
  [
    'zoom-video-sdk',
    { ZOOM_VIDEO_SDK_KEY: 'KEY', ZOOM_VIDEO_SDK_SECRET: SECRET },
    '--topic cars --role 1',
    { app_key: 'KEY', role_type: 1 },
  ],
  ['github-app', { GITHUB_APP_ID: '123456', GITHUB_APP_PRIVATE_KEY: pemOf(rsa) }, '', {}],
]

function claims(vendor: string, rest: string, world: World): Promise<Outcome> {
  const words = rest.split(' ').filter((word) => word !== '')
  return run(['token', vendor, ...words, '--claims'], world)
}

describe('What a vendor’s quickstart has people set', () => {
  it.each(QUICKSTARTS)('is read for %s where an option is missing, and said', async (...row) => {
    const [vendor, env, rest, shown] = row
    const { exitCode, stdout, stderr } = await claims(vendor, rest, { env })
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(JSON.parse(stdout)).toMatchObject(shown)
    expect(stderr).toMatch(/^note: taken from the environment: /)
    for (const variable of Object.keys(env)) expect(stderr).toContain(variable)
    expect(stderr).not.toMatch(/hunter2|BEGIN/)
  })

  it.each(QUICKSTARTS)('is in the help of %s', async (vendor, env) => {
    const { stdout } = await run(['token', vendor, '--help'])
    const [first = ''] = Object.keys(env)
    expect(stdout).toContain(first)
  })

  it('comes after the command line and after our own variables, and is not said then', async () => {
    const env = {
      LIVEKIT_API_KEY: 'theirs',
      LIVEKIT_API_SECRET: SECRET,
      MAYFLY_LIVE_KIT_API_KEY: 'ours',
      SECRET,
    }
    const rest = '--identity alice --grant roomJoin --grant room=cars'
    const ours = await claims('live-kit', `${rest} --secret-env SECRET`, { env })
    expect(JSON.parse(ours.stdout)).toMatchObject({ iss: 'ours' })
    expect(ours.stderr).toBe('')
    const given = await claims('live-kit', `${rest} --secret-env SECRET --api-key given`, { env })
    expect(JSON.parse(given.stdout)).toMatchObject({ iss: 'given' })
  })
})

describe('The id of an Apple key', () => {
  const rest = (file: string): string => `--issuer-id ${UUID} --key ${file}`

  it('comes from the name that Apple gave the file', async () => {
    const { exitCode, stdout } = await run([
      'token',
      'app-store-connect',
      ...rest(appleKey).split(' '),
    ])
    expect(exitCode).toBe(0)
    const [header = ''] = stdout.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      kid: '2X9R4HXF34',
    })
  })

  it('comes from a path of Windows, and from a file with its line ends', async () => {
    const windows = write('C:\\keys\\AuthKey_ABC123DEFG.p8', pemOf(ec).replaceAll('\n', '\r\n'))
    const team = ['--team-id', 'DEF123GHIJ', '--key', windows]
    const { exitCode, stdout, stderr } = await run(['token', 'apns', ...team])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const [header = ''] = stdout.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      kid: 'ABC123DEFG',
    })
  })

  it('is what the command line says, where it says it; and asked for where the name is another', async () => {
    const given = await run([
      'token',
      'app-store-connect',
      ...rest(appleKey).split(' '),
      '--key-id',
      'OTHER12345',
    ])
    expect(Buffer.from(given.stdout.split('.')[0] ?? '', 'base64url').toString()).toContain('OTHER')
    const other = write('key.p8', pemOf(ec))
    const asked = await run(['token', 'app-store-connect', ...rest(other).split(' ')])
    expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining('--key-id <id>')])
  })
})

describe('The numbers of a vendor’s own pages', () => {
  const zoom = ['--sdk-key', 'KEY', '--topic', 'cars', '--secret-env', 'SECRET']

  it.each([
    ['1', 1],
    ['host', 1],
    ['0', 0],
    ['participant', 0],
  ])('stand for their word: --role %s', async (role, type) => {
    const argv = ['token', 'zoom-video-sdk', ...zoom, '--claims']
    for (const world of [
      { argv: [...argv, '--role', role], env: { SECRET } },
      { argv, env: { SECRET, MAYFLY_ZOOM_VIDEO_SDK_ROLE: role } },
    ]) {
      const { stdout } = await run(world.argv, world)
      expect(JSON.parse(stdout)).toMatchObject({ role_type: type })
    }
  })

  it('are no others', async () => {
    const { exitCode, stderr } = await run(['token', 'zoom-video-sdk', ...zoom, '--role', '2'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('host, participant')])
  })
})
