import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { listFiles, repositoryRoot } from '../lib/files.ts'
import { publicPackages } from '../packages/workspace.ts'

/** What of a package.json says where the project lives, all of it made of the root's "homepage". */
export function repositoryFields(home: string, folder: string): Readonly<Record<string, unknown>> {
  const directory = relative(repositoryRoot, folder)
  return {
    repository: { type: 'git', url: `git+${home}.git`, directory },
    homepage: `${home}/tree/main/${directory}#readme`,
    bugs: `${home}/issues`,
    publishConfig: { access: 'public', provenance: true },
  }
}

/**
 * What a package.json says to tools that do not read "exports", such as `moduleResolution: node` of
 * TypeScript, all of it made of the exports.
 */
export function legacyFields(exports: Exports): Readonly<Record<string, unknown>> {
  const { '.': main, './package.json': _, ...more } = exports
  if (typeof main !== 'object') return {}
  const entries = Object.entries(more).map(([subpath, entry]) => [
    subpath.slice(2),
    [typeof entry === 'object' ? entry.types : entry],
  ])
  return {
    main: main.default,
    types: main.types,
    ...(entries.length > 0 && { typesVersions: { '*': Object.fromEntries(entries) } }),
  }
}

type Exports = Readonly<
  Record<string, string | { readonly types: string; readonly default: string }>
>

/** Where the project lives: the one place that says so. */
export function homepage(): string {
  return (readJson(join(repositoryRoot, 'package.json')) as { homepage: string }).homepage
}

/** The pages that a registry shows, or that are installed: a relative link in one leads nowhere. */
export function packagePages(): string[] {
  return listFiles(repositoryRoot, ['packages/*/README.md', 'packages/*/SECURITY.md'])
}

/** Moves the project: writes its address wherever it stands, and what is made of other fields. */
export function moveTo(home: string): void {
  const before = homepage()
  const pages = ['README.md', ...packagePages()].map((page) => join(repositoryRoot, page))
  for (const file of [join(repositoryRoot, 'package.json'), ...pages]) {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(before, home))
  }
  for (const { folder } of publicPackages()) {
    const file = join(folder, 'package.json')
    const manifest = readJson(file)
    const { name, version, description, license, ...rest } = manifest
    const fields = {
      ...repositoryFields(home, folder),
      ...legacyFields(manifest['exports'] as Exports),
    }
    const written = { name, version, description, license, ...fields, ...rest, ...fields }
    writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`)
  }
}

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}
