import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createConsumer } from './packages/consumer.ts'
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
} finally {
  rmSync(consumer.root, { recursive: true, force: true })
}
