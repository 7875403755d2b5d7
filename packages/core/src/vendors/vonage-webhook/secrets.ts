import { requireIdentifier, requireSecret } from '../../base/identifiers.ts'
import { describe, invalid } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import { type KeyLookup, staticKeys } from '../../keys/static-keys.ts'

/** A signature secret, as the dashboard shows it, or its bytes. */
export type VonageSecret = string | Uint8Array

/**
 * The signature secrets of Vonage accounts: by API key, or from a function that is asked for each
 * webhook. While a secret is being replaced, give the old one and the new one as a list.
 */
export type VonageSecrets =
  | Readonly<Record<string, VonageSecret | readonly VonageSecret[]>>
  | ((apiKey: string) => FoundVonageSecret | Promise<FoundVonageSecret>)

/** What is known of one account. `undefined`: it is none of ours. */
export type FoundVonageSecret = VonageSecret | readonly VonageSecret[] | undefined

/** Finds the keys that an account's webhooks are signed with. */
export type SecretFinder = (apiKey: string) => Promise<KeyLookup | undefined>

/** Checks the option `secrets`; those that are given by API key are imported once. */
export function compileSecrets(secrets: VonageSecrets): SecretFinder {
  if (secrets === undefined || secrets === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'secrets', '"secrets" is required.')
  }
  if (typeof secrets === 'function') {
    return async (apiKey) => {
      const found = await secrets(apiKey)
      return found === undefined || found === null ? undefined : toKeys(found)
    }
  }
  if (typeof secrets !== 'object' || Array.isArray(secrets) || secrets instanceof Uint8Array) {
    throw invalid(
      'secrets',
      `"secrets" must be signature secrets by API key, such as { abcd1234: secret }, or a function that finds them, not ${describe(secrets)}.`,
    )
  }
  const known = new Map(
    Object.entries(secrets).map(([apiKey, found]) => [
      requireIdentifier(apiKey, 'secrets'),
      toKeys(found),
    ]),
  )
  if (known.size > 0) return async (apiKey) => known.get(apiKey)
  throw invalid('secrets', '"secrets" is empty: no webhook would ever be accepted.')
}

function toKeys(found: VonageSecret | readonly VonageSecret[]): KeyLookup {
  const list: readonly unknown[] = Array.isArray(found) ? found : [found]
  const keys = list.map((secret) => ({
    algorithm: 'HS256' as const,
    key: { secret: toBytes(secret) },
    // Older accounts have secrets of 16 characters and less.
    allowShortSecret: true,
  }))
  return staticKeys(keys, ['HS256'])
}

function toBytes(secret: unknown): Uint8Array {
  if (secret instanceof Uint8Array) return secret
  if (secret === '') return new Uint8Array()
  if (typeof secret === 'string') return new TextEncoder().encode(requireSecret(secret, 'secrets'))
  throw invalid('secrets', `A signature secret must be text or bytes, not ${describe(secret)}.`)
}
