import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { listFiles } from '../lib/files.ts'
import type { Findings } from '../lib/report.ts'
import { type Import, readImports } from './imports.ts'

const NEVER_IMPORTED = ['examples', 'bench']

/** What the packages are held to. */
export interface PackageRules {
  readonly directions: Readonly<Record<string, readonly string[]>>
  readonly coreDependencies: readonly string[]
}

/** Judges what the packages, the examples and the scripts import of each other. */
export function judgePackages(root: string, rules: PackageRules): Findings {
  const faults: string[] = []
  const files = listFiles(root, [
    'packages/*/{src,test}/**/*.ts',
    '{examples,bench,scripts}/**/*.ts',
  ])
  if (files.length === 0) faults.push(`${root}: there is no file to judge`)
  for (const file of files) {
    for (const imported of readImports(file, readFileSync(join(root, file), 'utf8'))) {
      const fault = faultOf(file, imported, rules)
      if (fault !== undefined) faults.push(`${file}:${imported.line}: ${fault}`)
    }
  }
  faults.push(...judgeManifests(root, rules))
  return { checked: `${files.length} files of all packages`, faults }
}

function faultOf(file: string, { specifier }: Import, rules: PackageRules): string | undefined {
  const [top = '', name = '', part = ''] = file.split('/')
  const target = targetOf(file, specifier)
  if (target === undefined) return undefined
  const [targetTop = '', targetName = ''] = target.split('/')

  if (NEVER_IMPORTED.includes(targetTop) && targetTop !== top) {
    return `imports ${specifier}, but nothing imports ${targetTop}`
  }
  const byPath = specifier.startsWith('.')
  const elsewhere = top !== 'packages' || targetName !== name
  if (targetTop === 'packages' && byPath && elsewhere) {
    return `reaches into packages/${targetName} by path; import @mayfly/${targetName}`
  }
  if (top !== 'packages' || part !== 'src') return undefined
  if (byPath && !target.startsWith(`packages/${name}/src/`)) {
    return `imports ${specifier}, which is outside the package's src`
  }
  if (byPath || targetTop !== 'packages' || targetName === name) return undefined
  const allowed = rules.directions[name]
  if (allowed === undefined) {
    return `scripts/layers/rules.ts does not say what packages/${name} may import`
  }
  if (allowed.includes(targetName)) return undefined
  return `packages/${name} may not import @mayfly/${targetName}`
}

/** The path from the root that a specifier names; undefined for what is not ours. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier)
  if (specifier.startsWith('@mayfly/')) return specifier.replace('@mayfly/', 'packages/')
  return NEVER_IMPORTED.find((name) => specifier === name || specifier.startsWith(`${name}/`))
}

function judgeManifests(root: string, rules: PackageRules): string[] {
  const faults: string[] = []
  for (const file of listFiles(root, 'packages/*/package.json')) {
    const name = file.split('/')[1] ?? ''
    const allowed = rules.directions[name]
    if (allowed === undefined) {
      faults.push(`${file}: scripts/layers/rules.ts does not say what packages/${name} may import`)
      continue
    }
    for (const dependency of runtimeDependencies(join(root, file))) {
      const ours = dependency.startsWith('@mayfly/')
      if (ours && !allowed.includes(dependency.replace('@mayfly/', ''))) {
        faults.push(`${file}: packages/${name} may not depend on ${dependency}`)
      }
      if (!ours && name === 'core' && !rules.coreDependencies.includes(dependency)) {
        faults.push(`${file}: the core may not depend on ${dependency}`)
      }
    }
  }
  return faults
}

function runtimeDependencies(manifest: string): string[] {
  const fields = JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, string>> | undefined>
  >
  return ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((field) =>
    Object.keys(fields[field] ?? {}),
  )
}
