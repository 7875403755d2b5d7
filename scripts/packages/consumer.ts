import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../lib/files.ts'
import { runPnpm } from '../lib/pnpm.ts'
import { type PublicPackage, publicPackages } from './workspace.ts'

/** A folder far from this repository, where the packed packages are installed. */
export interface Consumer {
  readonly root: string
  readonly packages: readonly PublicPackage[]
  /** Every entry point of every package. */
  readonly entries: readonly string[]
  /** The command of a name, as a shell would find it. */
  commandOf(name: string): string
  /** Where a package was packed to. */
  tarballOf(name: string): string
  /** Where a package was installed to. */
  folderOf(name: string): string
}

/** Packs every public package and installs the tarballs, as a program that uses them would. */
export function createConsumer(): Consumer {
  const packages = publicPackages()
  if (packages.length === 0) throw new Error('There is no public package to pack.')
  const root = mkdtempSync(join(tmpdir(), 'mayfly-consumer-'))
  const tarballs = join(root, 'tarballs')
  mkdirSync(tarballs)
  const filters = packages.flatMap(({ name }) => ['--filter', name])
  runPnpm(['--recursive', ...filters, 'pack', '--pack-destination', tarballs], repositoryRoot)

  const tarballOf = (name: string): string => {
    const version = packages.find((each) => each.name === name)?.version
    return join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  }
  const ours = Object.fromEntries(packages.map(({ name }) => [name, `file:${tarballOf(name)}`]))
  const merged = (field: 'companions' | 'dependencies'): object =>
    Object.fromEntries(packages.flatMap((each) => Object.entries(each[field])))
  writeJson(join(root, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: { ...merged('companions'), ...ours },
    // Packages depend on each other by version: those are the tarballs too.
    pnpm: { overrides: { ...merged('dependencies'), ...ours } },
  })
  runPnpm(['install', '--prefer-offline', '--ignore-scripts', '--strict-peer-dependencies'], root)
  return {
    root,
    packages,
    entries: packages.flatMap(({ entries }) => entries),
    tarballOf,
    commandOf: (name) => join(root, 'node_modules/.bin', name),
    folderOf: (name) => join(root, 'node_modules', name),
  }
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
