import { type Algorithm, requireAlgorithm } from '../keys/algorithms.ts'
import { optionalFunction, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { notify, type Observe } from '../base/observe.ts'
import { followFile, readFileAs, requirePath } from './followed-file.ts'
import { IMPORT_OPTIONS, importKey, type ImportKeyOptions } from '../keys/load.ts'
import type { Key } from '../keys/key.ts'

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
  const parse = (text: string): Promise<Key> => importKey(text, algorithm, options)
  return (await readFileAs(requirePath(path), parse)).value
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
  refuseUnknownOptions(options, [...IMPORT_OPTIONS, 'observe'], 'keyFile')
  const { observe, ...importOptions } = options
  optionalFunction(observe, 'observe')
  return followFile({
    path,
    parse: (text) => importKey(text, algorithm, importOptions),
    onRead: ({ keyId }) => notify(observe, { type: 'key-file-read', keyId }),
    onFailure: (error) => notify(observe, { type: 'key-file-failed', error }),
  })
}

/** What {@link secretFile} may be told. */
export interface SecretFileOptions {
  readonly observe?: Observe<KeyFileEvent>
}

/**
 * Gives a function that reads a vendor's secret from a text file, as Docker and Kubernetes mount them,
 * when it is first called, and again when the file has changed. It goes wherever a secret may be a
 * callback: `clientSecret`, `apiKey`, `keySecret`, `consoleToken`. One line end at the end of the file
 * does not belong to the secret. A changed file that cannot be read, or is empty, leaves the secret
 * before it in use; `observe` hears of it, and the next call tries again.
 *
 * @throws {KeyError} `ERR_KEY_FILE_NOT_FOUND`, `ERR_KEY_FILE_PERMISSION`, `ERR_KEY_FILE_UNREADABLE`,
 * `ERR_KEY_EMPTY` or `ERR_KEY_FORMAT`, as long as nothing was read.
 *
 * @example
 * ```ts
 * import { secretFile } from '@mayfly/core/node'
 * import { zoomServerToServer } from '@mayfly/core/vendors'
 *
 * const source = zoomServerToServer({
 *   accountId: 'Aa1bcdefGHIjkLmNOpqRsT',
 *   clientId: 'tUVwxYZ0aBcDEfGhI1jK2l',
 *   clientSecret: secretFile('/run/secrets/zoom'),
 * })
 * ```
 */
export function secretFile(
  path: string | URL,
  options: SecretFileOptions = {},
): () => Promise<string> {
  requirePath(path)
  requireOptions(options, 'secretFile')
  refuseUnknownOptions(options, ['observe'], 'secretFile')
  const observe = optionalFunction(options.observe, 'observe')
  return followFile({
    path,
    parse: readSecretText,
    onRead: () => notify(observe, { type: 'key-file-read', keyId: undefined }),
    onFailure: (error) => notify(observe, { type: 'key-file-failed', error }),
  })
}

function readSecretText(text: string): string {
  const unmarked = text.codePointAt(0) === 0xfeff ? text.slice(1) : text
  const secret = unmarked.replace(/\r?\n$/, '')
  if (secret.trim() === '') throw new KeyError('ERR_KEY_EMPTY', 'The file holds no secret.')
  return secret
}
