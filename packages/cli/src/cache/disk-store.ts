import { randomUUID } from 'node:crypto'
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, StoredToken, TokenStore } from '@mayfly/core'
import { prepareFolder, readEntry } from './cache-folder.ts'
import type { EntryKey } from './entry-key.ts'
import { seal, unseal } from './seal.ts'

const ENTRY = '.token'
const UNFINISHED = '.tmp'
/** A file that was written aside and not renamed for so long belongs to a process that is gone. */
const ABANDONED_MS = 600_000

/** What a {@link DiskTokenStore} is made of. */
export interface DiskStoreParts {
  readonly folder: string
  readonly key: EntryKey
  readonly clock: Clock
  /** Hears why the cache cannot be used. The command goes on without. */
  readonly onTrouble: (error: unknown) => void
}

/**
 * Keeps the token of one command line in a file, for the next run of the same command line. Nothing is
 * locked: a file is written aside and renamed, so a reader finds the old token or the new one, and of
 * two writers the later one stays. Both tokens are good.
 */
export class DiskTokenStore implements TokenStore {
  readonly #parts: DiskStoreParts
  readonly #file: string
  readonly #pending = new Set<Promise<void>>()

  constructor(parts: DiskStoreParts) {
    this.#parts = parts
    this.#file = join(parts.folder, `${parts.key.name}${ENTRY}`)
  }

  async get(): Promise<StoredToken | undefined> {
    try {
      const bytes = await readEntry(this.#file)
      return bytes === undefined ? undefined : this.#open(bytes)
    } catch (error) {
      if (!isAbsent(error)) this.#parts.onTrouble(error)
      return undefined
    }
  }

  async set(_id: string, token: StoredToken): Promise<void> {
    await this.#tracked(this.#write(token))
  }

  async delete(): Promise<void> {
    await this.#tracked(unlink(this.#file))
  }

  /** Waits until everything is written that was begun. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #open(bytes: Uint8Array): StoredToken | undefined {
    const { secret, name } = this.#parts.key
    const plain = unseal(bytes, secret, name)
    // Only this program can have written it; who takes it looks at its id and its dates all the same.
    return plain && (JSON.parse(new TextDecoder().decode(plain)) as StoredToken)
  }

  async #tracked(work: Promise<void>): Promise<void> {
    const quiet = work.catch((error: unknown) => {
      if (!isAbsent(error)) this.#parts.onTrouble(error)
    })
    this.#pending.add(quiet)
    await quiet
    this.#pending.delete(quiet)
  }

  async #write(token: StoredToken): Promise<void> {
    const { folder, key, clock } = this.#parts
    await prepareFolder(folder)
    const aside = join(folder, `${key.name}.${randomUUID()}${UNFINISHED}`)
    const plain = new TextEncoder().encode(JSON.stringify(token))
    try {
      await using handle = await open(aside, 'wx', 0o600)
      await handle.writeFile(seal(plain, key.secret, key.name))
      // When it was changed tells when it ends: what is swept needs not be opened for that.
      await handle.utimes(token.expiresAt, token.expiresAt)
    } catch (error) {
      await unlink(aside).catch(() => {})
      throw error
    }
    await rename(aside, this.#file)
    await sweep(folder, clock)
  }
}

/** Removes entries that have ended, and what was left by processes that were killed. */
async function sweep(folder: string, clock: Clock): Promise<void> {
  const now = clock.now()
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    try {
      const { mtimeMs, ctimeMs } = await lstat(file)
      const isOver = name.endsWith(ENTRY) && mtimeMs < now
      const isAbandoned = name.endsWith(UNFINISHED) && ctimeMs < now - ABANDONED_MS
      if (isOver || isAbandoned) await unlink(file)
    } catch {
      // Another process was quicker.
    }
  }
}

/** Forgets all tokens. Gives their number. */
export async function clearCache(folder: string): Promise<number> {
  let removed = 0
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith(ENTRY) && !name.endsWith(UNFINISHED)) continue
    await unlink(join(folder, name))
    if (name.endsWith(ENTRY)) removed++
  }
  return removed
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
