import { optionalFunction, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { KeyError, OptionError } from '../base/errors.ts'
import { followFile, requirePath } from './followed-file.ts'
import { importKey, type KeyMaterial } from '../keys/load.ts'
import type { KeyFileEvent } from './key-file.ts'
import { notify, type Observe } from '../base/observe.ts'
import {
  type GoogleCredentials,
  readCredentials,
} from '../vendors/google-service-account/credentials.ts'

/** What {@link googleCredentialsFile} may be told. */
export interface GoogleCredentialsFileOptions {
  readonly observe?: Observe<KeyFileEvent>
}

/**
 * Gives a function that reads a service account's key file, the JSON that Google hands out, when it is
 * first called, and again when the file has changed: for the option `credentials` of
 * `googleServiceAccount`. A new key takes over at the next token. A changed file that cannot be used,
 * for one because it is still being written, leaves the key before it in use; `observe` hears of it,
 * and the next call tries again.
 *
 * @throws {KeyError} `ERR_KEY_FILE_NOT_FOUND`, `ERR_KEY_FILE_PERMISSION`, `ERR_KEY_FILE_UNREADABLE`,
 * `ERR_KEY_FORMAT` for a file that is no service account's, and what `importKey` throws, with the path
 * in front, as long as nothing was read.
 *
 * @example
 * ```ts
 * import { googleCredentialsFile } from '@mayfly/core/node'
 * import { googleServiceAccount } from '@mayfly/core/vendors'
 *
 * const source = googleServiceAccount({
 *   credentials: googleCredentialsFile('/run/secrets/service-account.json'),
 *   scope: 'https://www.googleapis.com/auth/devstorage.read_only',
 * })
 * ```
 */
export function googleCredentialsFile(
  path: string | URL,
  options: GoogleCredentialsFileOptions = {},
): () => Promise<GoogleCredentials> {
  requirePath(path)
  requireOptions(options, 'googleCredentialsFile')
  refuseUnknownOptions(options, ['observe'], 'googleCredentialsFile')
  const observe = optionalFunction(options.observe, 'observe')
  return followFile({
    path,
    parse: parseCredentials,
    onRead: (read) => notify(observe, { type: 'key-file-read', keyId: read.private_key_id }),
    onFailure: (error) => notify(observe, { type: 'key-file-failed', error }),
  })
}

async function parseCredentials(text: string): Promise<GoogleCredentials> {
  const { email, keyId, privateKey, tokenUri } = accountOf(text)
  // The file's own key is PEM text or a JWK: nothing else can stand in JSON.
  const key = await importKey(privateKey as KeyMaterial, 'RS256', {
    use: 'sign',
    ...(keyId !== undefined && { keyId }),
  })
  return {
    type: 'service_account',
    client_email: email,
    private_key: key,
    ...(keyId !== undefined && { private_key_id: keyId }),
    token_uri: tokenUri.href,
  }
}

function accountOf(text: string): ReturnType<typeof readCredentials> {
  try {
    return readCredentials(text)
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    throw new KeyError('ERR_KEY_FORMAT', error.message, { cause: error })
  }
}
