import { open } from 'node:fs/promises'
import type { CliContext } from '../context.ts'
import { UnavailableError } from '../usage-error.ts'

/** Keys, secrets, tokens and key sets are much smaller. */
const MAX_BYTES = 1_048_576

/** Reads a file whole, or standard input where the name is `-`. `what` names it in errors. */
export async function readInput(
  file: string,
  what: string,
  context: CliContext,
  maxBytes: number = MAX_BYTES,
): Promise<Uint8Array> {
  if (file === '-') return readStdin(what, context, maxBytes)
  return readFile(file, what, maxBytes)
}

/** Reads a text file whole, or standard input where the name is `-`. `what` names it in errors. */
export async function readText(file: string, what: string, context: CliContext): Promise<string> {
  const bytes = await readInput(file, what, context)
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  } catch {
    throw new UnavailableError(`${what} isn't text in UTF-8 or UTF-16.`)
  }
}

/** PowerShell's `>` writes UTF-16, with a mark in front; what we read begins with ASCII. */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le'
  return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8'
}

async function readStdin(what: string, context: CliContext, maxBytes: number): Promise<Uint8Array> {
  const { stdin } = context.io
  context.takeStdin(what)
  if (stdin.isTTY) {
    await context.note(
      `reading ${what} from this terminal; end it with Ctrl-D on a line of its own`,
    )
  }
  return bounded(stdin.bytes(), `${what} on standard input`, maxBytes)
}

async function readFile(file: string, what: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r')
    return await bounded(handle.createReadStream({ autoClose: false }), what, maxBytes)
  } catch (cause) {
    throw cause instanceof UnavailableError ? cause : unreadable(file, what, cause)
  }
}

async function bounded(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of chunks) {
    length += part.length
    if (length > maxBytes)
      throw new UnavailableError(`${what} is larger than ${maxBytes / MAX_BYTES} MiB.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
}

function unreadable(file: string, what: string, cause: unknown): UnavailableError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason =
    REASONS[code] ?? (code === '' ? 'it cannot be read' : `it cannot be read (${code})`)
  return new UnavailableError(`${what} ("${file}"): ${reason}.`, { cause })
}
