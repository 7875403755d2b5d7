import type { BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { type Algorithm, requireAlgorithm } from '../algorithms.ts'
import {
  invalid,
  optionalFunction,
  refuseUnknownOptions,
  requireOptions,
} from '../encoding/options.ts'
import { KeyError } from '../errors.ts'
import { notify, type Observe } from '../observe.ts'
import { importKey } from './import.ts'
import type { Key } from './key.ts'
import { inFile, tooLarge, unreadableFile } from './key-file-errors.ts'
import type { ImportKeyOptions } from './material.ts'

/** More than any key file has: RSA of 16 384 bits takes about 13 kB. */
const MAX_BYTES = 65_536

/**
 * Reads a key from a file: PEM, or a JWK as JSON. A secret for HMAC is read from a JWK only
 * (`"kty": "oct"`), as nobody can tell whether the line end of a text file belongs to it; for raw bytes
 * read the file yourself and give `{ secret }` to {@link importKey}.
 *
 * @throws {KeyError} `ERR_KEY_FILE_NOT_FOUND`, `ERR_KEY_FILE_PERMISSION`, `ERR_KEY_FILE_UNREADABLE` (a
 * directory, a file of more than 64 KiB, a failing disk), and what {@link importKey} throws, with the
 * path in front.
 *
 * @example
 * ```ts
 * import { readKeyFile } from '@mayfly/core/node'
 *
 * const key = await readKeyFile('./AuthKey_2X9R4HXF34.p8', 'ES256', { keyId: '2X9R4HXF34' })
 * ```
 */
export async function readKeyFile(
  path: string | URL,
  algorithm: Algorithm,
  options: ImportKeyOptions = {},
): Promise<Key> {
  const { key } = await readKey(requirePath(path), algorithm, options)
  return key
}

/** What a {@link keyFile} tells about. */
export type KeyFileEvent =
  | { readonly type: 'key-file-read'; readonly keyId: string | undefined }
  /** The file has changed and cannot be used; the key that was read before stays in use. */
  | { readonly type: 'key-file-failed'; readonly error: KeyError }

/** What {@link keyFile} may be told. */
export interface KeyFileOptions extends ImportKeyOptions {
  readonly observe?: Observe<KeyFileEvent>
}

/**
 * Gives a function that reads a key file when it is first called, and again when the file has changed
 * (its time, size or inode), so that a key can be replaced while the process runs. Calls at the same
 * time share one reading. A changed file that cannot be used, for one because it is still being
 * written, leaves the key before it in use; `observe` hears of it, and the next call tries again.
 *
 * @throws {KeyError} what {@link readKeyFile} throws, as long as no key was read.
 *
 * @example
 * ```ts
 * import { signCompact } from '@mayfly/core'
 * import { keyFile } from '@mayfly/core/node'
 *
 * const currentKey = keyFile('/run/secrets/signing.pem', 'ES256', { use: 'sign' })
 * await signCompact(new TextEncoder().encode('{}'), { typ: 'JWT' }, await currentKey())
 * ```
 */
export function keyFile(
  path: string | URL,
  algorithm: Algorithm,
  options: KeyFileOptions = {},
): () => Promise<Key> {
  requirePath(path)
  requireAlgorithm(algorithm, 'algorithm')
  requireOptions(options, 'keyFile')
  refuseUnknownOptions(options, ['keyId', 'use', 'allowShortSecret', 'observe'], 'keyFile')
  const { observe, ...importOptions } = options
  optionalFunction(observe, 'observe')
  let current: ReadKey | undefined
  let reading: Promise<Key> | undefined
  const refresh = async (): Promise<Key> => {
    try {
      if (current !== undefined && (await stampOf(path)) === current.stamp) return current.key
      current = await readKey(path, algorithm, importOptions)
      notify(observe, { type: 'key-file-read', keyId: current.key.keyId })
      return current.key
    } catch (error) {
      if (current === undefined || !(error instanceof KeyError)) throw error
      notify(observe, { type: 'key-file-failed', error })
      return current.key
    } finally {
      reading = undefined
    }
  }
  return async () => {
    reading ??= refresh()
    return reading
  }
}

/** A key, and what its file looked like when it was read. */
interface ReadKey {
  readonly key: Key
  readonly stamp: string
}

async function readKey(
  path: string | URL,
  algorithm: Algorithm,
  options: ImportKeyOptions,
): Promise<ReadKey> {
  const { bytes, stamp } = await readBounded(path)
  try {
    return { key: await importKey(decodeText(bytes), algorithm, options), stamp }
  } catch (error) {
    throw error instanceof KeyError ? inFile(path, error) : error
  }
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

function requirePath(path: unknown): string | URL {
  if (path instanceof URL || (typeof path === 'string' && path !== '')) return path
  throw invalid('path', '"path" must be the path or URL of a file.')
}
