import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { endServer } from './servers/process.ts'
import { createConsumer } from './packages/consumer.ts'
import { join } from 'node:path'
import { startInstalled } from './packages/installed-service.ts'
import { importing, requiring, runProgram } from './packages/programs.ts'

/** The lowest version that `engines` allows. */
const OLDEST = '22.13.0'

function fetchNode(version: string): string {
  const found = execFileSync('npx', ['--yes', '-p', `node@${version}`, '-c', 'command -v node'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return found.trim()
}

/** Starts the installed service on a SQLite file, issues a token, finds it by pages and regenerates. */
async function issueFrom(root: string): Promise<void> {
  const program = join(root, 'node_modules/@mayfly/service/dist/main.js')
  const service = await startInstalled(program, ['--drain', '0s'], root, node)
  try {
    const { url, consoleToken } = service
    const ask = async (target: string, init: RequestInit = {}): Promise<Response> =>
      fetch(url + target, {
        ...init,
        headers: { authorization: `Bearer ${consoleToken}`, 'content-type': 'application/json' },
      })
    const body = JSON.stringify({ audience: 'orders', expiresIn: 60 })
    const statuses = [
      (await ask('/tokens', { method: 'POST', body })).status,
      (await ask('/v1/tokens?audience=orders&kind=token&limit=5&after=9999999999.1')).status,
      (await ask('/readyz')).status,
      (await ask('/security/jwt/regenerate', { method: 'POST' })).status,
    ]
    const isGood = statuses.join() === '201,200,200,200'
    console.log(
      `${isGood ? 'ok  ' : 'FAIL'} the service issues, lists and regenerates: ${statuses.join(', ')}`,
    )
    if (!isGood) process.exitCode = 1
  } finally {
    await endServer(service.child, 'SIGTERM')
  }
}

const node = fetchNode(OLDEST)
const running = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
if (running !== `v${OLDEST}`) throw new Error(`Got Node ${running} instead of v${OLDEST}.`)

const consumer = createConsumer()
try {
  const imported = runProgram(consumer.root, importing(consumer.entries), { node })
  const required = runProgram(consumer.root, requiring(consumer.entries), { node })
  for (const entry of consumer.entries) {
    const same = required[entry]?.join() === imported[entry]?.join()
    console.log(`${same ? 'ok  ' : 'FAIL'} ${entry}: ${imported[entry]?.length} names`)
    if (!same) process.exitCode = 1
  }
  await issueFrom(consumer.root)
} finally {
  rmSync(consumer.root, { recursive: true, force: true })
}
