import { KeyError } from '../base/errors.ts'

/** Says why a key file cannot be read. */
export function unreadableFile(path: string | URL, cause: unknown): KeyError {
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
export function tooLarge(path: string | URL, maxBytes: number): KeyError {
  return new KeyError(
    'ERR_KEY_FILE_UNREADABLE',
    `The file at ${showPath(path)} is too large for a key: it has more than ${maxBytes} bytes.`,
  )
}

/** Puts the path in front of what is wrong with the key itself. */
export function inFile(path: string | URL, error: KeyError): KeyError {
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
