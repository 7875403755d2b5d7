import { globSync } from 'node:fs'
import { join, sep } from 'node:path'

const NOT_OURS = new Set(['node_modules', 'dist', '.git'])

/**
 * Lists the files below `root` that match, sorted, with forward slashes, relative to `root`. What is
 * installed or built is left out.
 */
export function listFiles(root: string, patterns: string | readonly string[]): string[] {
  return globSync([patterns].flat(), {
    cwd: root,
    exclude: (name) => NOT_OURS.has(name.split(sep).at(-1) ?? ''),
  })
    .map((file) => file.split(sep).join('/'))
    .toSorted()
}

/** The folder that holds the whole repository. */
export const repositoryRoot: string = join(import.meta.dirname, '..', '..')
