import type { Algorithm } from './algorithms.ts'
import { KeyError } from '../base/errors.ts'
import { importKey } from './import.ts'
import type { Jwk } from './jwk.ts'
import { pickKeys } from './jwk-set.ts'
import type { Key } from './key.ts'

/** What of a JWK set can be used, and what is wrong with the rest. */
export interface ImportedSet {
  readonly keys: readonly Key[]
  readonly refused: readonly KeyError[]
}

/**
 * Imports a JWK set that somebody else publishes, for the given algorithms. Unlike `staticKeys` it
 * leaves out a key that cannot be used, since one bad key must not lock out the tokens of the others.
 * Of two different keys that have one id and algorithm neither is used.
 */
export async function importJwkSet(
  set: { readonly keys: readonly unknown[] },
  algorithms: readonly Algorithm[],
): Promise<ImportedSet> {
  const imported = await Promise.all(set.keys.map((jwk) => importMember(jwk, algorithms)))
  // One key that is published twice is one key.
  const keys = [
    ...groupBy(
      imported.flatMap((member) => member.keys),
      identity,
    ).values(),
  ]
  const namesakes = [
    ...groupBy(
      keys.map(([key]) => key),
      name,
    ).values(),
  ]
  return {
    keys: namesakes.flatMap((group) => (isAmbiguous(group) ? [] : group)),
    refused: [
      ...imported.flatMap((member) => member.refused),
      ...namesakes.filter(isAmbiguous).map(([key]) => duplicate(key)),
    ],
  }
}

async function importMember(jwk: unknown, algorithms: readonly Algorithm[]): Promise<ImportedSet> {
  try {
    const picked = pickKeys({ keys: [jwk as Jwk] }, algorithms)
    const keys = picked.map(({ key, algorithm }) => importKey(key, algorithm, { use: 'verify' }))
    return { keys: await Promise.all(keys), refused: [] }
  } catch (error) {
    if (error instanceof KeyError) return { keys: [], refused: [error] }
    throw error
  }
}

type Group = [Key, ...Key[]]

function groupBy(keys: readonly Key[], label: (key: Key) => string): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const key of keys) {
    const group = groups.get(label(key))
    if (group === undefined) groups.set(label(key), [key])
    else group.push(key)
  }
  return groups
}

/** Written as JSON, so that no id can be mistaken for another id and something else. */
function name({ algorithm, keyId }: Key): string {
  return JSON.stringify([algorithm, keyId])
}

function identity(key: Key): string {
  return JSON.stringify([name(key), key.fingerprint])
}

function isAmbiguous([{ keyId }, ...others]: Group): boolean {
  return keyId !== undefined && others.length > 0
}

function duplicate({ algorithm }: Key): KeyError {
  return new KeyError('ERR_KEY_DUPLICATE', `Two keys for ${algorithm} have the same key id.`)
}
