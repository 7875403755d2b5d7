import { randomUUID } from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { SealError } from './errors.ts'
import { generateSealKey, SealKey } from './seal-key.ts'

/** Bits of a mode that let users read or write who are neither the owner nor of the group. */
const OTHERS = 0o006

/**
 * Reads the seal keys of a file, one a line and the first one to seal with. Where there is no file it is
 * made, for its owner alone; of several processes one makes it.
 *
 * @param mayMake `false` where things are encrypted already: a new key would not open them.
 * @throws {SealError} `ERR_SEAL_KEY_FILE`
 */
export async function sealKeysOfFile(file: string, mayMake: boolean): Promise<readonly string[]> {
  try {
    return await readKeys(file)
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw keyFileError(file, 'cannot be read', error)
  }
  if (!mayMake) {
    throw new SealError(
      'ERR_SEAL_KEY_FILE',
      `The file "${file}" is gone, and the ledger holds keys that only it can decrypt. Put it back from a backup.`,
    )
  }
  try {
    await makeKeyFile(file)
    return await readKeys(file)
  } catch (error) {
    throw keyFileError(file, 'cannot be made', error)
  }
}

async function readKeys(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8')
  const { mode } = await stat(file)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new SealError(
      'ERR_SEAL_KEY_FILE',
      `The file "${file}" can be read or written by every user of the machine: run chmod 600 on it, and think of the key as known to them.`,
    )
  }
  const keys = text.split(/\s+/).filter((line) => line !== '')
  if (keys.length > 0 && keys.every((key) => SealKey.read(key) !== undefined)) return keys
  throw new SealError(
    'ERR_SEAL_KEY_FILE',
    `The file "${file}" holds no seal keys: 32 bytes as base64url, one a line. Put it back from a backup.`,
  )
}

/** Written whole, then given its name, which only one can: no other process reads half a key. */
async function makeKeyFile(file: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${generateSealKey()}\n`)
    await handle.sync()
    await link(draft, file)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await handle.close()
    await rm(draft, { force: true })
  }
}

function keyFileError(file: string, what: string, cause: unknown): SealError {
  if (cause instanceof SealError) return cause
  return new SealError(
    'ERR_SEAL_KEY_FILE',
    `The file "${file}" with the seal key ${what}: check its folder, and that the user of this process may use it.`,
    { cause },
  )
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
