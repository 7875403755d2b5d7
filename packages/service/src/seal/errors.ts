/** Every `code` of a {@link SealError}. */
export type SealErrorCode =
  /** It was encrypted with a key that is not among those given. */
  | 'ERR_SEAL_KEY_UNKNOWN'
  /** It is not what was encrypted, or was encrypted for another record. */
  | 'ERR_SEAL_BROKEN'
  /** The file with the key cannot be read or made, or holds no key. */
  | 'ERR_SEAL_KEY_FILE'

/** Reports that what is kept encrypted cannot be read. It holds neither the text nor the key. */
export class SealError extends Error {
  override readonly name: string = 'SealError'
  readonly code: SealErrorCode

  constructor(code: SealErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
