import type { HeldToken } from './held-token.ts'
import { MayflyError, SourceError } from '../../base/errors.ts'

/** Says that no token of a source can be as good as was asked for. */
export function tooShort(minLifetime: number, { lifetime }: HeldToken): SourceError {
  return new SourceError(
    'ERR_TOKEN_TOO_SHORT',
    `"minLifetime" asks for ${minLifetime} seconds, but a new token of this source lives ${Math.floor(lifetime)}.`,
    { permanent: true },
  )
}

/** Says that a manager is of no more use. */
export function closedError(): MayflyError {
  return new MayflyError('ERR_CLOSED', 'This token manager was closed.')
}
