import { optionalFunction, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { notify, type Observe } from '../base/observe.ts'
import { followFile, requirePath } from './followed-file.ts'
import type { KeyFileEvent } from './key-file.ts'

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
