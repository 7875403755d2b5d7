import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../support/run.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-serve-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the exit code of mayfly serve', () => {
  it('is 3 where the port is taken', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as AddressInfo
    const argv = ['serve', '--port', String(port), '--database', ':memory:']
    const { exitCode, stdout, stderr } = await run(argv)
    await new Promise((done) => taken.close(done))
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr).toContain('Another program listens there')
  })

  it('is 3 where the ledger cannot be opened', async () => {
    const argv = ['serve', '--port', '0', '--database', join(folder, 'nowhere', 'ledger.db')]
    const { exitCode, stderr } = await run(argv)
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^error: (?!This is a fault)/m)
  })

  it('is 2 for a wrong option, before anything is opened', async () => {
    const { exitCode, stderr } = await run(['serve', '--port', 'http'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: /)
  })
})
