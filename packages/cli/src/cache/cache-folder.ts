import { constants } from 'node:fs'
import { chmod, lstat, mkdir, open, type FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { CliIo } from '../io.ts'

/** No token is longer than a header may be; what is larger is no entry of ours. */
const MAX_BYTES = 65_536

/** Where cached tokens are: below `XDG_CACHE_HOME`, `~/.cache`, or Windows' local data. */
export function cacheFolder(env: CliIo['env']): string {
  const { XDG_CACHE_HOME: xdg = '', LOCALAPPDATA: local = '', HOME: home = '' } = env
  // The XDG specification has relative paths ignored.
  if (isAbsolute(xdg)) return join(xdg, 'mayfly')
  if (process.platform === 'win32' && isAbsolute(local)) return join(local, 'mayfly', 'cache')
  return join(home === '' ? homedir() : home, '.cache', 'mayfly')
}

/** Makes the folder, for this user alone. Throws for one that is somebody else's, or a link. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  if (!found.isDirectory()) throw new Error('it is no folder')
  if (!isOurs(found.uid)) throw new Error('it belongs to another user')
  if (isOpen(found.mode)) await chmod(folder, 0o700)
}

/** Reads an entry, if it is a file that nobody else can have written. */
export async function readEntry(file: string): Promise<Uint8Array | undefined> {
  // oxlint-disable-next-line no-bitwise -- flags are bits
  await using handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  if (!(await isTrusted(handle))) return undefined
  return handle.readFile()
}

async function isTrusted(handle: FileHandle): Promise<boolean> {
  const found = await handle.stat()
  const { uid, mode, size } = found
  return found.isFile() && isOurs(uid) && !isOpen(mode) && size <= MAX_BYTES
}

/** Windows has no such ids; its profile folders are for one user anyway. */
function isOurs(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid()
}

function isOpen(mode: number): boolean {
  // oxlint-disable-next-line no-bitwise -- modes are bits
  return process.platform !== 'win32' && (mode & 0o077) !== 0
}
