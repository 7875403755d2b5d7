import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Binary, binaryForTests, listFolder } from './binary.ts'
import { endServer, freePort, runProgram, startServer } from './process.ts'

/** Debian keeps the programs of each version in a folder that is not on the PATH. */
const DEBIAN = '/usr/lib/postgresql'
const POSTGRES: Binary = {
  names: ['postgres'],
  package: 'postgresql',
  folders: listFolder(DEBIAN).map((version) => join(DEBIAN, version, 'bin')),
}
const USER = 'mayfly'

/** A PostgreSQL of a test's own, on loopback. */
export interface PostgresServer {
  /** The address of the database `postgres`, with user and password. */
  readonly url: string
  readonly password: string
  /** Makes an empty database and gives its address. */
  createDatabase(name: string): Promise<string>
  /** Ends it in order. */
  stop(): Promise<void>
  /** Ends it as a crash would: it recovers at the next start. */
  kill(): Promise<void>
  /** Starts it again, on the same port and with what it kept. */
  start(): Promise<void>
  /** Ends it for good and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Tells whether there is a `postgres` to test with; see {@link binaryForTests}. */
export function hasPostgres(): boolean {
  return binaryForTests(POSTGRES) !== undefined
}

/** Starts a PostgreSQL. It waits for no disk: it outlives a crash of its own, not of the machine. */
export async function startPostgres(): Promise<PostgresServer> {
  const file = binaryForTests(POSTGRES)
  if (file === undefined) throw new Error('There is no postgres.')
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-postgres-'))
  const user = await unprivileged()
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder }
  const data = join(folder, 'data')
  // Its companions are where it really is: PATH may have but a link to it.
  const binaries = dirname(realpathSync(file))
  const initdb = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  await runProgram(join(binaries, 'initdb'), initdb, options)
  const port = await freePort()
  const address = (database: string, secret: string): string =>
    `postgres://${USER}:${secret}@127.0.0.1:${port}/${database}`
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off']
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((each) => ['-c', each])]
  const ready = /database system is ready to accept connections/
  const run = () => startServer({ file, args, options, ready })
  let child = await run()
  const psql = (command: string) =>
    runProgram(
      join(binaries, 'psql'),
      ['-q', '-d', address('postgres', 'x'), '-c', command],
      options,
    )
  return {
    url: address('postgres', PASSWORD),
    password: PASSWORD,
    createDatabase: async (name) => {
      await psql(`CREATE DATABASE "${name}"`)
      return address(name, PASSWORD)
    },
    // "Fast": it does not wait for its clients to leave.
    stop: () => endServer(child, 'SIGINT'),
    kill: () => endServer(child, 'SIGQUIT'),
    start: async () => {
      child = await run()
    },
    [Symbol.asyncDispose]: async () => {
      await endServer(child, 'SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Nobody checks it on loopback; what logs and errors show is searched for it. */
const PASSWORD = 'pg-password-of-tests'

/** PostgreSQL refuses to run as root: whom to run it as instead. */
async function unprivileged(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {}
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}

async function idOf(flag: string): Promise<number> {
  return Number(await runProgram('id', [flag, 'postgres']))
}
