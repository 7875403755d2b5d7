import { connect } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { binaryForTests } from '../../servers/binary.ts'
import { hasPostgres, startPostgres } from '../../servers/postgres.ts'
import { hasRedis, startRedis } from '../../servers/redis.ts'

const UNKNOWN = { names: ['no-such-program'], package: 'no-such-package' }

describe('binaryForTests', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  it('says what is missing, and skips, on the machine of a user', () => {
    vi.stubEnv('CI', undefined)
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    expect(binaryForTests(UNKNOWN)).toBeUndefined()
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/no-such-program.*no-such-package/))
  })

  it('fails where CI=true says that every test must run', () => {
    vi.stubEnv('CI', 'true')
    expect(() => binaryForTests(UNKNOWN)).toThrow(/no-such-program is not on this machine/)
  })
})

describe.skipIf(!hasRedis())('startRedis', () => {
  it('gives a server that keeps what it was told over a crash', async () => {
    await using redis = await startRedis({ appendonly: true })
    expect(await command(redis.url, 'SET key value')).toBe('+OK')
    await redis.kill()
    await redis.start()
    expect(await command(redis.url, 'GET key')).toBe('$5\r\nvalue')
  })
})

describe.skipIf(!hasPostgres())('startPostgres', () => {
  it('gives a server that starts again after a crash', async () => {
    await using postgres = await startPostgres()
    const first = await postgres.createDatabase('first')
    expect(first).toMatch(/^postgres:\/\/mayfly:.+@127\.0\.0\.1:\d+\/first$/)
    await postgres.kill()
    await postgres.start()
    await expect(postgres.createDatabase('first')).rejects.toThrow(/already exists/)
  })
})

async function command(url: string, line: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.end(`${line}\r\n`)
  return (await text(socket)).trimEnd()
}
