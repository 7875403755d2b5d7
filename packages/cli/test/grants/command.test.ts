import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSealingKey, GrantManager } from '@mayfly/core/grants'
import { startGrantSandbox } from '@mayfly/sandboxes'
import { SqliteGrantStore } from '@mayfly/service/grants'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Outcome, run } from '../support/run.ts'

let folder = ''
let file = ''
const [old, young] = [generateSealingKey(), generateSealingKey()]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-grants-'))
  file = join(folder, 'grants.db')
  writeFileSync(join(folder, 'keys'), `${old}\n`)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function grants(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const flags = ['--store', file, '--sealing-key-file', join(folder, 'keys')]
  return run(['grants', ...argv, ...flags], { env })
}

async function save(ids: readonly string[], response: object): Promise<void> {
  using store = new SqliteGrantStore(file)
  const manager = new GrantManager({ store, sealing: [old], client: { clientId: 'app' } })
  for (const id of ids) await manager.save(id, response as never)
}

const RESPONSE = {
  access_token: 'access-secret',
  refresh_token: 'refresh-secret',
  expires_in: 3600,
}

describe('mayfly grants', () => {
  it('lists and shows grants, and never a token', async () => {
    await save(['shop-1', 'shop-\u001b[31m2'], RESPONSE)
    const listed = await grants(['list'])
    expect(listed).toMatchObject({ exitCode: 0, stderr: '' })
    expect(listed.stdout).toMatch(
      /^shop-1 {2}active {2}token ends in (?:1 h|59 min.*) {2}refreshed 0 times$/m,
    )
    expect(listed.stdout).toContain('shop-\\u001b[31m2')
    const json = (await grants(['list', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(json).toMatchObject([{ id: 'shop-1' }, { id: 'shop-\u001b[31m2' }].toReversed())
    const shown = await grants(['show', 'shop-1'])
    expect(JSON.parse(shown.stdout)).toMatchObject({ id: 'shop-1', state: 'active' })
    expect(listed.stdout + shown.stdout).not.toMatch(/secret/)
    expect(await grants(['show', 'nobody'])).toMatchObject({ exitCode: 3 })
  })

  it('seals with the first key of the file, and says of what it cannot read', async () => {
    await save(['shop-1'], RESPONSE)
    writeFileSync(join(folder, 'keys'), `${young}\n`)
    expect(await grants(['reseal'])).toMatchObject({ exitCode: 1 })
    expect((await grants(['list'])).stdout).toBe('shop-1  unreadable\n')
    writeFileSync(join(folder, 'keys'), `${young}\n${old}\n`)
    expect((await grants(['reseal'])).stdout).toBe(
      'Sealed anew: 1. As they were: 0. Unreadable: 0.\n',
    )
    writeFileSync(join(folder, 'keys'), `${young}\n`)
    expect((await grants(['list'])).stdout).toMatch(/^shop-1 {2}active/)
  })

  it('revokes at the server, or deletes here where it is told to', async () => {
    await using sandbox = await startGrantSandbox()
    await save(['shop-1', 'shop-2'], sandbox.connect())
    expect(await grants(['revoke', 'shop-1'])).toMatchObject({ exitCode: 2 })
    const server = ['--revocation-endpoint', sandbox.revocationEndpoint]
    const client = ['--client-id', sandbox.clientId, '--secret-env', 'SECRET']
    const env = { SECRET: sandbox.clientSecret }
    const revoked = await grants(['revoke', 'shop-1', ...server, ...client], env)
    expect(revoked).toMatchObject({ exitCode: 0, stdout: 'Revoked: shop-1\n' })
    expect(sandbox.families).toMatchObject([{ ended: true }])
    expect(await grants(['revoke', 'shop-2', '--local-only'])).toMatchObject({ exitCode: 0 })
    expect((await grants(['list'])).stdout).toBe('There are no grants.\n')
  })

  it('makes no file that is not there, and names what is missing', async () => {
    expect(await grants(['list'])).toMatchObject({ exitCode: 3 })
    expect(await run(['grants', 'list'])).toMatchObject({ exitCode: 2 })
    expect(await run(['grants', 'list', '--store', file])).toMatchObject({ exitCode: 2 })
  })
})
