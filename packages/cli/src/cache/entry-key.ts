import { createHash, createHmac, hkdfSync, scrypt } from 'node:crypto'
import type { FoundCredential } from '../input/credential.ts'
import type { Settings } from '../vendors/option.ts'
import { ownVersion } from '../version.ts'

/** What one vendor's tokens are cached under. */
export interface EntryKey {
  /** Names the tokens: the vendor and all its options, but nothing of the key. */
  readonly id: string
  /** The name of the file, which tells nothing. */
  readonly name: string
  /** What the entry is encrypted with: 32 bytes. */
  readonly secret: Uint8Array
}

/**
 * Makes the key of an entry from the very credential that the tokens are made with. So an entry can be
 * opened by whoever could make the token anyway, and by nobody else; and an entry that was made with
 * another key, other options or another version of this program is not even found.
 */
export async function entryKey(
  vendor: string,
  settings: Settings,
  credential: FoundCredential,
  version: string = ownVersion(),
): Promise<EntryKey> {
  const digest = createHash('sha256')
    .update(canonical([vendor, settings]))
    .digest('hex')
  const id = `mayfly-cli:${vendor}:${digest}`
  const context = JSON.stringify(['mayfly cache 1', version, credential.property, id])
  const seed = credential.isSecret ? await slowly(credential.text, context) : credential.text
  const secret = new Uint8Array(hkdfSync('sha256', seed, '', context, 32))
  const name = createHmac('sha256', secret).update('name').digest('hex').slice(0, 40)
  return { id, name, secret }
}

/** A secret may be a password, which nobody shall try out on a stolen file at the speed of a hash. */
async function slowly(secret: string, salt: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, { N: 16_384, r: 8, p: 1 }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** JSON with the members in order; a function, such as the one that draws ids, is there or not. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'function') return 'function'
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(
      Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    )
  })
}
