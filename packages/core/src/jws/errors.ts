import { RequestError } from '../base/errors.ts'

/** Refuses what is no token in the one spelling that counts. */
export function malformed(message: string): RequestError {
  return new RequestError('ERR_TOKEN_MALFORMED', message, { reason: 'token_malformed' })
}

/** Refuses a token by the algorithm in its header. */
export function algorithmNotAllowed(message: string): RequestError {
  return new RequestError('ERR_TOKEN_ALGORITHM', message, { reason: 'algorithm_not_allowed' })
}

/** Refuses a token that none of the keys can have signed. */
export function keyUnknown(): RequestError {
  return new RequestError('ERR_TOKEN_KEY', 'No key is known for this token.', {
    reason: 'key_unknown',
  })
}

/** Refuses a token whose signature does not hold. */
export function signatureInvalid(): RequestError {
  return new RequestError('ERR_TOKEN_SIGNATURE', 'The signature of the token does not hold.', {
    reason: 'signature_invalid',
  })
}
