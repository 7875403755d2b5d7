import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { endServer, freePort, startServer } from './process.ts'

/** What speaks MongoDB's protocol for tests. */
export interface MongoServer {
  /** The address of a database of this name, which is empty the first time. */
  address(database: string): string
  /** Ends it as a crash would. Only where {@link MongoServer.isOwn}. */
  kill(): Promise<void>
  /** Starts it again, with what it kept. */
  start(): Promise<void>
  /** Whether it is a process of the test's, which may be killed. */
  readonly isOwn: boolean
  [Symbol.asyncDispose](): Promise<void>
}

const GIVEN = process.env['MAYFLY_TEST_MONGODB_URL']

/**
 * Tells whether there is a MongoDB to test with: the one that `MAYFLY_TEST_MONGODB_URL` names, else a
 * FerretDB on SQLite, which is built where Go is. FerretDB 1 has no index that lets documents go and takes
 * no notice of write concerns: of these a real MongoDB alone can judge.
 */
export function hasMongo(): boolean {
  if (GIVEN !== undefined) return true
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn(
      'skipped: there is neither a MongoDB (MAYFLY_TEST_MONGODB_URL) nor Go to build FerretDB with.',
    )
    return false
  }
}

/** Starts a FerretDB, or takes the server that is given. */
export async function startMongo(): Promise<MongoServer> {
  if (GIVEN !== undefined) return givenServer(GIVEN)
  const script = fileURLToPath(new URL('build-ferretdb.sh', import.meta.url))
  const file = execFileSync(script, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-mongodb-'))
  mkdirSync(join(folder, 'data'))
  const port = await freePort()
  const args = [
    '--handler=sqlite',
    `--sqlite-url=file:${join(folder, 'data')}/`,
    `--listen-addr=127.0.0.1:${port}`,
    `--state-dir=${folder}`,
    '--telemetry=disable',
    '--debug-addr=-',
  ]
  const run = () => startServer({ file, args, options: { cwd: folder }, ready: /Listening on TCP/ })
  let child = await run()
  return {
    isOwn: true,
    address: (database) => `mongodb://127.0.0.1:${port}/${database}`,
    kill: () => endServer(child, 'SIGKILL'),
    start: async () => {
      child = await run()
    },
    [Symbol.asyncDispose]: async () => {
      await endServer(child, 'SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function never(): Promise<void> {
  return Promise.reject(new Error('This server is not ours to end.'))
}

function givenServer(url: string): MongoServer {
  const made = new Set<string>()
  const address = (database: string): string => {
    const name = `mayfly_test_${process.pid}_${database}`
    made.add(name)
    const found = new URL(url)
    found.pathname = `/${name}`
    return found.href
  }
  return {
    isOwn: false,
    address,
    kill: never,
    start: never,
    [Symbol.asyncDispose]: async () => {
      const client = new MongoClient(url)
      for (const name of made) await client.db(name).dropDatabase()
      await client.close()
    },
  }
}
