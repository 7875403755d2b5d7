import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { CliContext } from '../context.ts'
import { UnavailableError, UsageError } from '../usage-error.ts'

/** Where a key goes, as commander keeps it. */
export interface OutputFlags {
  readonly out?: string
  readonly force?: true
  readonly show?: true
}

const PRIVATE_MODE = 0o600
const PUBLIC_MODE = 0o644

/** Adds `--out` and `--force`, and for what is secret `--show`. */
export function addOutputOptions(command: Command, what: 'secret' | 'public'): void {
  const add = (flags: string, description: string): void => {
    command.addOption(new Option(flags, description).helpGroup('Output:'))
  }
  add(
    '--out <file>',
    what === 'secret' ? 'write it to this file, mode 0600' : 'write it to this file',
  )
  add('--force', 'replace the file if it is there')
  if (what === 'secret') add('--show', 'print a private key to a terminal')
}

/** Refuses, before anything is made, to print a private key where people look over shoulders. */
export function requirePlaceFor(
  isSecret: boolean,
  { out, show, force }: OutputFlags,
  context: CliContext,
): void {
  if (force === true && out === undefined) throw new UsageError('--force goes with --out FILE.')
  if (!isSecret || out !== undefined || show === true || !context.io.stdout.isTTY) return
  throw new UsageError('This would print a private key to the terminal.', {
    hint: 'Give --out FILE to write it to a file, or --show to print it all the same.',
  })
}

/** Writes a key to the file that was named, or to standard output. */
export async function putOut(
  text: string,
  { isSecret, flags }: { readonly isSecret: boolean; readonly flags: OutputFlags },
  context: CliContext,
): Promise<void> {
  requirePlaceFor(isSecret, flags, context)
  const { out, force } = flags
  if (out === undefined) return context.print(text)
  const mode = isSecret ? PRIVATE_MODE : PUBLIC_MODE
  try {
    if (force === true) await replaceFile(out, `${text}\n`, mode)
    else await createFile(out, `${text}\n`, mode)
  } catch (cause) {
    throw writeError(out, cause)
  }
}

async function createFile(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.writeFile(text)
  await file.sync()
}

/** Beside it first, so that there is no moment in which half a key is there. */
async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await createFile(beside, text, mode)
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

function writeError(path: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'EEXIST') {
    return new UsageError(`There is a file at "${path}" already; nothing was written.`, {
      hint: 'Give another name, or --force to replace it.',
    })
  }
  return new UnavailableError(`"${path}" cannot be written${code === '' ? '' : ` (${code})`}.`, {
    cause,
  })
}
