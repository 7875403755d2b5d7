import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { listFiles, repositoryRoot } from '../lib/files.ts'

/** What these checks read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package that is published. */
export interface PublicPackage {
  readonly name: string
  readonly version: string
  readonly folder: string
  /** What a program may import, for example `@mayfly/core/vendors`. */
  readonly entries: readonly string[]
  /** The source of each file that `exports` and `bin` lead to, by its name in `dist`. */
  readonly sources: Readonly<Record<string, string>>
  /** Every package that it may import from outside. */
  readonly imports: readonly string[]
  /** The commands that it installs. */
  readonly commands: readonly string[]
  /** What a program that uses it installs beside it: its peers, and the types that its own need. */
  readonly companions: Readonly<Record<string, string>>
  /** Its own dependencies from outside, in the versions that this repository is tested with. */
  readonly dependencies: Readonly<Record<string, string>>
}

/** Reads a package.json. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Lists the packages of this repository that are published. */
export function publicPackages(): PublicPackage[] {
  return listFiles(repositoryRoot, 'packages/*/package.json').flatMap((file) => {
    const folder = join(repositoryRoot, file, '..')
    const manifest = readManifest(folder)
    if (manifest.private === true) return []
    return [
      {
        name: manifest.name,
        version: manifest.version,
        folder,
        entries: entriesOf(manifest),
        sources: sourcesOf(manifest),
        imports: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
        commands: Object.keys(manifest.bin ?? {}),
        companions: installedVersions(folder, [
          ...Object.keys(manifest.peerDependencies ?? {}),
          ...Object.keys(manifest.devDependencies ?? {}).filter((each) =>
            each.startsWith('@types/'),
          ),
        ]),
        dependencies: installedVersions(folder, Object.keys(manifest.dependencies ?? {})),
      },
    ]
  })
}

function entriesOf({ name, exports = {} }: Manifest): string[] {
  return Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => name + subpath.slice(1))
}

/** The built files that a package.json leads to: its entry points and its commands. */
export function entryFiles({ exports = {}, bin = {} }: Manifest): string[] {
  const files = [
    ...Object.values(exports).map((each) => Reflect.get(Object(each), 'default')),
    ...Object.values(bin),
  ]
  return files.filter((file) => typeof file === 'string').map((file) => file.replace(/^\.\//, ''))
}

function sourcesOf(manifest: Manifest): Record<string, string> {
  const names = entryFiles(manifest).map((file) => basename(file, '.js'))
  return Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]))
}

function installedVersions(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, readManifest(join(folder, 'node_modules', name)).version]),
  )
}
