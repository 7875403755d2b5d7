import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CliContext } from '../../src/context.ts'
import { readText } from '../../src/input/read-input.ts'
import { testIo } from '../support/run.ts'

const folder = mkdtempSync(join(tmpdir(), 'mayfly-input-'))
afterAll(() => rmSync(folder, { recursive: true }))

function contextOf(stdin: string | Uint8Array, terminal = false): [CliContext, () => string] {
  const { io, stderr } = testIo([], { stdin, terminal })
  return [new CliContext(io), () => stderr.text()]
}

describe('what is read whole', () => {
  it('comes from a file', async () => {
    const file = join(folder, 'key.pem')
    writeFileSync(file, 'ké\n')
    expect(await readText(file, 'the key', contextOf('')[0])).toBe('ké\n')
  })

  it('comes from standard input for "-", without a word where that is a pipe', async () => {
    const [context, stderr] = contextOf('from a pipe')
    expect(await readText('-', 'the key', context)).toBe('from a pipe')
    expect(stderr()).toBe('')
  })

  it('says that it waits where standard input is a terminal', async () => {
    const [context, stderr] = contextOf('', true)
    await readText('-', 'the key', context)
    expect(stderr()).toContain('reading the key from this terminal')
  })

  it.each([
    ['is not there', join(folder, 'nowhere'), /^the key \(".*nowhere"\): there is no such file\.$/],
    ['is a folder', folder, /^the key \(".*"\): it is a folder\.$/],
  ])('says so when it %s', async (_, file, message) => {
    await expect(readText(file, 'the key', contextOf('')[0])).rejects.toThrow(message)
  })

  it('is no larger than a mebibyte', async () => {
    const [context] = contextOf(new Uint8Array(1_048_577))
    await expect(readText('-', 'the key', context)).rejects.toThrow(
      'the key on standard input is larger than 1 MiB.',
    )
  })

  it('is text', async () => {
    const [context] = contextOf(new Uint8Array([0x41, 0xff, 0xfe]))
    await expect(readText('-', 'the key', context)).rejects.toThrow("isn't text in UTF-8 or UTF-16")
  })

  const key = '-----BEGIN PRIVATE KEY-----\r\nké\r\n-----END PRIVATE KEY-----\r\n'
  const little = Buffer.from(key, 'utf16le')
  it.each([
    ['UTF-16 as PowerShell writes it', Buffer.concat([Buffer.from([0xff, 0xfe]), little])],
    ['UTF-16 without a mark', little],
    ['UTF-16 with its bytes turned round', Buffer.from(`\ufeff${key}`, 'utf16le').swap16()],
    ['UTF-8 with a mark, as Notepad writes it', Buffer.from(`\ufeff${key}`)],
  ])('may be %s', async (_, bytes) => {
    expect(await readText('-', 'the key', contextOf(bytes)[0])).toBe(key)
  })
})
