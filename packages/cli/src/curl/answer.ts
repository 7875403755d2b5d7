import { open } from 'node:fs/promises'
import type { CliContext } from '../context.ts'
import { visible } from '../text/visible.ts'
import { UnavailableError } from '../usage-error.ts'

/** Where an answer goes. */
export interface AnswerOptions {
  readonly include?: true
  readonly output?: string
}

/** Writes an answer as it comes in: the body as it is, byte by byte. */
export async function writeResponse(
  response: Response,
  { include, output = '-' }: AnswerOptions,
  context: CliContext,
): Promise<void> {
  const { stdout } = context.io
  if (include === true) await stdout.write(headOf(response))
  if (output === '-') {
    const last = await pipe(response, (chunk) => stdout.write(chunk))
    // So that the prompt of a shell begins on a line of its own.
    if (stdout.isTTY && last !== undefined && last !== LINE_END) await stdout.write('\n')
    return
  }
  await writeFile(response, output)
}

const LINE_END = 0x0a

/** Gives the last byte. */
async function pipe(
  { body }: Response,
  write: (chunk: Uint8Array) => Promise<unknown>,
): Promise<number | undefined> {
  let last: number | undefined
  if (body === null) return last
  for await (const chunk of body) {
    last = chunk.at(-1) ?? last
    await write(chunk)
  }
  return last
}

async function writeFile(response: Response, file: string): Promise<void> {
  const handle = await open(file, 'w').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new UnavailableError(`"${file}" cannot be written${code}.`, { cause })
  })
  try {
    await pipe(response, (chunk) => handle.write(chunk))
  } finally {
    await handle.close()
  }
}

function headOf({ status, statusText, headers }: Response): string {
  const fields = [...headers].map(([name, value]) => `${name}: ${visible(value)}\n`)
  return `${`HTTP ${status} ${visible(statusText)}`.trim()}\n${fields.join('')}\n`
}
