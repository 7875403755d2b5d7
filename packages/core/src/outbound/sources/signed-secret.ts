import { requireSecret } from '../../base/identifiers.ts'
import { describe, invalid } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import type { KeyMaterial, SecretMaterial } from '../../keys/load.ts'
import type { SigningKey } from '../../keys/key.ts'
import type { JwtKey, JwtKeyCallback } from './signed-signing.ts'

/**
 * A vendor's secret for HMAC: its text as the vendor shows it, or its bytes as `{ secret }`, a JWK, a
 * key object, a signer outside of this process, or a callback that gives one of them for each token.
 */
export type JwtSecret = JwtKey

/** Reads the bytes of a secret that is given as text. Throws an `OptionError` under the option's name. */
export type SecretReader = (text: string, option: string) => Uint8Array

/**
 * Reads a vendor's secret as the key of a source. Text is the secret itself, character for character,
 * unless the vendor has it read otherwise.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` under the option's name.
 */
export function secretKey(
  secret: JwtSecret,
  option: string,
  read: SecretReader = readPlainText,
): JwtKey {
  if (secret === undefined || secret === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', option, `"${option}" is required.`)
  }
  if (typeof secret === 'function') return textCallback(secret, option, read)
  if (typeof secret === 'string') return { secret: read(secret, option) }
  if (typeof secret === 'object') return secret
  throw invalid(option, `"${option}" must be text or a key, not ${describe(secret)}.`)
}

function textCallback(give: JwtKeyCallback, option: string, read: SecretReader): JwtKey {
  let last: { readonly text: string; readonly material: SecretMaterial } | undefined
  return async (): Promise<KeyMaterial> => {
    const given: KeyMaterial | SigningKey = await give()
    if (typeof given !== 'string') return given as KeyMaterial
    // The same text has to stay the same material, or it would be imported for every token.
    if (last?.text !== given) {
      last = { text: given, material: { secret: read(given, option) } }
    }
    return last.material
  }
}

function readPlainText(text: string, option: string): Uint8Array {
  // A PEM is refused later, for what it is.
  const secret = text.includes('-----BEGIN') ? text : requireSecret(text, option, 1024)
  return new TextEncoder().encode(secret)
}
