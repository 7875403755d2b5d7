import { open, readFile } from 'node:fs/promises'
import { OptionError } from '@mayfly/core'
import type { ServeWorld } from './world.ts'

/** Where a secret may come from: a file that an option names, or an environment variable. */
export interface SecretPlace {
  readonly flag: string
  readonly file: string | undefined
  readonly variable: string
}

/**
 * Reads a secret: from the file if there is one, else from the variable. Never from the command line
 * itself, which every user of the machine can see.
 *
 * @throws {OptionError} which names the option; the message holds the file's name alone.
 */
export async function readSecret(
  { flag, file, variable }: SecretPlace,
  { env }: Pick<ServeWorld, 'env'>,
): Promise<string | undefined> {
  if (file === undefined) return env[variable] === '' ? undefined : env[variable]
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw unusable(flag, `${file} cannot be read (${codeOf(error)}).`)
  }
}

/** A file that is ours to write. */
export interface ReservedFile {
  /** Writes the secret; it is on the disk when this resolves. */
  write(secret: string): Promise<void>
}

/**
 * Opens a file for a secret that is to come: for its owner alone, and never over another file.
 *
 * @throws {OptionError} which names the option.
 */
export async function reserveSecretFile(flag: string, file: string): Promise<ReservedFile> {
  try {
    const handle = await open(file, 'wx', 0o600)
    return {
      write: async (secret: string): Promise<void> => {
        await handle.writeFile(`${secret}\n`)
        await handle.sync()
        await handle.close()
      },
    }
  } catch (error) {
    const code = codeOf(error)
    const why =
      code === 'EEXIST'
        ? 'is there already, and is not written over'
        : `cannot be written (${code})`
    throw unusable(flag, `${file} ${why}.`)
  }
}

function unusable(flag: string, message: string): OptionError {
  return new OptionError('ERR_OPTION_INVALID', flag, `${flag}: ${message}`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
}
