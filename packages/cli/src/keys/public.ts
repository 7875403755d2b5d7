import { createPublicKey, type KeyObject } from 'node:crypto'
import { type Algorithm, isAlgorithm, KeyError, type PublicJwk } from '@mayfly/core'
import type { CliContext } from '../context.ts'
import { readText } from '../input/read-input.ts'
import { UsageError } from '../usage-error.ts'
import { importRead, type ReadKey, readKeyText } from './key-text.ts'

/** A key, and the file that it came from. */
export interface FileKey extends ReadKey {
  readonly file: string
}

/** Reads keys from files, in their order; `-` is standard input. */
export async function readKeyFiles(
  files: readonly string[],
  context: CliContext,
): Promise<readonly FileKey[]> {
  if (files.filter((file) => file === '-').length > 1) {
    throw new UsageError('Standard input can only be one of the files.')
  }
  const keys: FileKey[] = []
  for (const file of files) {
    const text = await readText(file, 'the key', context)
    try {
      keys.push({ ...(await readKeyText(text)), file })
    } catch (error) {
      throw error instanceof KeyError ? inFile(file, error) : error
    }
  }
  return keys
}

/** The public half of a key. */
export function publicHalf({ object, type }: ReadKey): KeyObject {
  if (type === 'secret') throw new KeyError('ERR_KEY_TYPE', 'A secret has no public half.')
  return type === 'public' ? object : createPublicKey(object)
}

/** What of a key may be published, as a JWK with `kid`, `alg` and `use`. */
export async function publishedJwk(
  key: ReadKey,
  names: { readonly algorithm?: Algorithm | undefined; readonly keyId?: string | undefined } = {},
): Promise<PublicJwk> {
  const imported = await importRead(key, names)
  return imported.withKeyId(imported.keyId ?? imported.fingerprint).publicJwk()
}

/** Checks `--alg`. */
export function algorithmFlag(value: string | undefined): Algorithm | undefined {
  if (value === undefined || isAlgorithm(value)) return value
  throw new UsageError('--alg is the name of an algorithm, such as ES256, PS256 or EdDSA.')
}

/** Puts the file in front of what is wrong with the key in it. */
export function inFile(file: string, error: KeyError): KeyError {
  const name = file === '-' ? 'standard input' : `"${file}"`
  return new KeyError(error.code, `${name}: ${error.message}`)
}
