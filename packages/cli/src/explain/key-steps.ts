import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { KeyError } from '@mayfly/core'
import type { FoundCredential } from '../input/credential.ts'
import { importRead, readKeyText } from '../keys/key-text.ts'
import type { Settings } from '../vendors/option.ts'
import { UnavailableError } from '../usage-error.ts'
import type { Checklist } from './checklist.ts'

/** Others than the owner may read, write or run it. */
const OTHERS = 0o077

/** Looks at the file that the key or secret comes from: who may read it, and what it is called. */
export async function checkKeyFile(
  file: string | undefined,
  keyId: string | undefined,
  list: Checklist,
): Promise<void> {
  if (file === undefined || file === '-') return
  let mode: number
  try {
    mode = (await stat(file)).mode
  } catch {
    // Reading it says what is wrong.
    return
  }
  // Windows has no such modes.
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    list.add(
      'key-file',
      'warning',
      `Others on this machine may use the key file (mode ${shown}).`,
      {
        advice: `chmod 600 ${file}`,
      },
    )
  } else list.add('key-file', 'good', 'The key file is for its owner alone.')
  const [, named] =
    /^(?:AuthKey|SubscriptionKey|ApiKey)_([A-Z0-9]{10})\.p8$/.exec(basename(file)) ?? []
  if (named !== undefined && keyId !== undefined && named !== keyId) {
    list.add(
      'key-file',
      'bad',
      `The file is named after key ${named}, and the key id is ${keyId}.`,
      {
        advice: 'Take the key id that belongs to this file, or the file that belongs to the id.',
      },
    )
  }
}

/** Says what kind of key it is, without showing any of it. */
export async function checkKey(
  { text, isSecret }: FoundCredential,
  { algorithm }: Settings,
  list: Checklist,
): Promise<void> {
  if (isSecret) return checkSecret(text, list)
  try {
    const read = await readKeyText(privateKeyIn(text))
    const named =
      typeof algorithm === 'string' ? { algorithm: algorithm as typeof read.algorithm } : {}
    const { fingerprint } = await importRead(read, named)
    list.add('key', 'good', `${read.kind}, ${read.type}; thumbprint ${fingerprint}`)
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    list.add('key', 'bad', error.message, { cause: error.code })
  }
}

/** A service account's file holds the PEM as a member. */
function privateKeyIn(text: string): string {
  if (!text.trimStart().startsWith('{')) return text
  try {
    const json: unknown = JSON.parse(text)
    const pem: unknown =
      typeof json === 'object' && json !== null ? Reflect.get(json, 'private_key') : undefined
    return typeof pem === 'string' ? pem : text
  } catch {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      'The file begins with "{", but is no JSON. Was it cut off?',
    )
  }
}

function checkSecret(text: string, list: Checklist): void {
  const length = Buffer.byteLength(text)
  if (/^(["']).*\1$/s.test(text.trim())) {
    list.add('key', 'bad', 'The secret is in quotes, and they count as a part of it.', {
      advice: 'Write it into the file without quotes.',
    })
  } else if (text !== text.trim() || /[\r\n]/.test(text)) {
    list.add('key', 'bad', 'There is white space at an end of the secret, or a line end in it.', {
      advice: 'Copy it again, without what stands around it.',
    })
  } else list.add('key', 'good', `A secret of ${length} bytes.`)
}

/** Adds that the key could not be had at all. */
export function keyMissing(error: UnavailableError | KeyError, list: Checklist): void {
  const hint = error instanceof UnavailableError ? error.hint : undefined
  list.add('key', 'bad', error.message, hint === undefined ? {} : { advice: hint })
}
