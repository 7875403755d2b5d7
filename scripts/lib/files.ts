import { globSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/**
 * Lists the files below `root` that match, sorted, with forward slashes, relative to `root`. What is
 * installed is left out; what is built too, unless `built` is set.
 */
export function listFiles(
  root: string,
  patterns: string | readonly string[],
  { built = false }: { readonly built?: boolean } = {},
): string[] {
  const left = new Set(['node_modules', '.git', '.types', ...(built ? [] : ['dist'])])
  return globSync([patterns].flat(), {
    cwd: root,
    withFileTypes: true,
    exclude: ({ name }) => left.has(name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()
}

/** The folder that holds the whole repository. */
export const repositoryRoot: string = join(import.meta.dirname, '..', '..')
