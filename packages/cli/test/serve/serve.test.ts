import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { run } from '../support/run.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

describe('mayfly serve', () => {
  it('serves until it is told to end, and then ends well', async () => {
    const args = ['--conditions=source', MAIN, 'serve', '--ephemeral', '--port', '0']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const log = text(child.stderr)
    let greeting = ''
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      greeting += chunk
      const url = /tokens at (\S+)/.exec(greeting)?.[1]
      if (url === undefined) continue
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      child.kill('SIGTERM')
    }
    if (child.exitCode === null) await once(child, 'exit')
    expect(child.exitCode).toBe(0)
    // Nobody looks at a terminal here, so no console token was made.
    expect(greeting).not.toMatch(/^ey/m)
    expect(await log).toContain('"signal":"SIGTERM"')
  })

  it('names the option that is wrong, and where to read on', async () => {
    const outcome = await run(['serve', '--port', 'http'])
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
    expect(outcome.stderr).toContain('--port: Give a number from 0 to 65535.')
  })

  it('says that a database is out of reach without its password', async () => {
    const database = 'postgres://mayfly:pa55word@127.0.0.1:1/mayfly'
    const kept = await run(['serve', '--port', '0', '--database', database], {
      env: { MAYFLY_SEAL_KEY: 'A'.repeat(43) },
    })
    expect(kept.exitCode).not.toBe(0)
    expect(kept.stderr).toMatch(/error: /)
    expect(kept.stderr).not.toContain('pa55word')
  })
})
