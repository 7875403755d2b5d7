import type { BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { invalid } from '../base/options.ts'
import { KeyError } from '../base/errors.ts'

/** Says why a key file cannot be read. */
function unreadableFile(path: string | URL, cause: unknown): KeyError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const name = showPath(path)
  // The cause repeats the path, which is kept quiet where it may be a key itself.
  const options = name === UNSHOWN ? undefined : { cause }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new KeyError('ERR_KEY_FILE_NOT_FOUND', `There is no key file at ${name}.`, options)
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `This process may not read the key file at ${name}; look at its owner and mode, and those of its folders.`
    return new KeyError('ERR_KEY_FILE_PERMISSION', message, options)
  }
  if (code === 'EISDIR') {
    const message = `There is a directory at ${name}, not a key file.`
    return new KeyError('ERR_KEY_FILE_UNREADABLE', message, options)
  }
  const message = `The key file at ${name} cannot be read${typeof code === 'string' ? ` (${code})` : ''}.`
  return new KeyError('ERR_KEY_FILE_UNREADABLE', message, options)
}

/** Says that a file is no key, by its size alone. */
function tooLarge(path: string | URL, maxBytes: number): KeyError {
  return new KeyError(
    'ERR_KEY_FILE_UNREADABLE',
    `The file at ${showPath(path)} is too large for a key: it has more than ${maxBytes} bytes.`,
  )
}

/** Puts the path in front of what is wrong with the key itself. */
function inFile(path: string | URL, error: KeyError): KeyError {
  return new KeyError(error.code, `${showPath(path)}: ${error.message}`, { cause: error })
}

const UNSHOWN = 'the path that was given'

/**
 * Shows a path that is plainly one. Where a key or secret was given for a path by mistake, which only
 * has to happen once, it must not end up in a log.
 */
function showPath(path: string | URL): string {
  const text = path instanceof URL ? path.pathname : path
  const isPlain = /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\)|\.[A-Za-z0-9]{1,8}$/.test(text)
  return isPlain && text.length <= 512 && !/\s{2}|[\r\n]|-----/.test(text) ? text : UNSHOWN
}

/** More than any key file has: RSA of 16 384 bits takes about 13 kB. */
const MAX_BYTES = 65_536

/** What stands in a file, and what the file looked like when it was read. */
export interface FileReading<Value> {
  readonly value: Value
  readonly stamp: string
}

/** How a file is followed. */
export interface FollowedFile<Value> {
  readonly path: string | URL
  /** Makes something of the file's text. */
  readonly parse: (text: string) => Value | Promise<Value>
  /** Is told each new reading. */
  readonly onRead: (value: Value) => void
  /** Is told why a changed file cannot be used; what was read before stays in use. */
  readonly onFailure: (error: KeyError) => void
}

/**
 * Gives a function that reads a file when it is first called, and again when the file has changed (its
 * time, size or inode). Calls at the same time share one reading.
 */
export function followFile<Value>(file: FollowedFile<Value>): () => Promise<Value> {
  const { path, parse, onRead, onFailure } = file
  let current: FileReading<Value> | undefined
  let reading: Promise<Value> | undefined
  const refresh = async (): Promise<Value> => {
    try {
      if (current !== undefined && (await stampOf(path)) === current.stamp) return current.value
      current = await readFileAs(path, parse)
      onRead(current.value)
      return current.value
    } catch (error) {
      if (current === undefined || !(error instanceof KeyError)) throw error
      onFailure(error)
      return current.value
    } finally {
      reading = undefined
    }
  }
  return async () => {
    reading ??= refresh()
    return reading
  }
}

/** Reads a small text file. What `parse` has against it is said with the path in front. */
export async function readFileAs<Value>(
  path: string | URL,
  parse: (text: string) => Value | Promise<Value>,
): Promise<FileReading<Value>> {
  const { bytes, stamp } = await readBounded(path)
  try {
    return { value: await parse(decodeText(bytes)), stamp }
  } catch (error) {
    throw error instanceof KeyError ? inFile(path, error) : error
  }
}

/** Checks a path, which may be a URL. */
export function requirePath(path: unknown): string | URL {
  if (path instanceof URL || (typeof path === 'string' && path !== '')) return path
  throw invalid('path', '"path" must be the path or URL of a file.')
}

async function readBounded(path: string | URL): Promise<{ bytes: Uint8Array; stamp: string }> {
  try {
    await using file = await open(path, 'r')
    const stats = await file.stat({ bigint: true })
    // One more than is allowed, since what is no plain file does not tell its size.
    const buffer = new Uint8Array(MAX_BYTES + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (length > MAX_BYTES) throw tooLarge(path, MAX_BYTES)
      if (bytesRead === 0) return { bytes: buffer.subarray(0, length), stamp: toStamp(stats) }
    }
  } catch (cause) {
    throw cause instanceof KeyError ? cause : unreadableFile(path, cause)
  }
}

async function stampOf(path: string | URL): Promise<string> {
  try {
    return toStamp(await stat(path, { bigint: true }))
  } catch (cause) {
    throw unreadableFile(path, cause)
  }
}

function toStamp({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(' ')
}

function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  if (isUtf16) {
    throw new KeyError('ERR_KEY_FORMAT', 'The file is in UTF-16; save it as UTF-8.')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      'The file is no text; convert it to PEM, for example with openssl pkey -inform DER -in FILE.',
    )
  }
}
