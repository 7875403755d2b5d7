import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { listFiles } from '../lib/files.ts'
import type { Findings } from '../lib/report.ts'
import { passesOn, readImports } from './imports.ts'
import { entryFiles, readManifest } from './workspace.ts'

/** Files that every package ships. */
const REQUIRED = ['package.json', 'LICENSE']

/** What the bundler adds of its own; all other code is made from sources. */
const RUNTIME = /^dist\/rolldown-runtime-[\w-]+\.js$/

/** Judges what an installed package consists of: complete, and nothing that leads nowhere. */
export function judgeContents(folder: string): Findings {
  const shipped = listFiles(folder, '**/*', { built: true })
  const has = (file: string): boolean => existsSync(join(folder, file))
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const code = shipped.filter((file) => /^dist\/.*\.js$/.test(file))
  const built = shipped.filter((file) => /^dist\/.*\.(js|d\.ts)$/.test(file))
  const entries = has('package.json') ? entryFiles(readManifest(folder)) : []
  const reached = reachable(folder, entries)
  const faults = [
    ...REQUIRED.filter((file) => !has(file)).map((file) => `${file} is missing`),
    ...(code.length === 0 ? ['dist holds no code'] : []),
    ...shipped
      .filter((file) => /(^|\/)(test|tests)\/|\.test\.|\.tsbuildinfo$|(^|\/)tsconfig/.test(file))
      .map((file) => `${file} has no business in a published package`),
    ...entries
      .filter((file) => !has(file))
      .map((file) => `${file} is an entry of package.json, and is not shipped`),
    ...entries
      .map((file) => declarationsOf(file))
      .filter((file) => !has(file) || !reached.has(file))
      .map((file) => `${file} is not shipped as the declarations of an entry`),
    ...code
      .filter((file) => !has(`${file}.map`) && !RUNTIME.test(file) && !passesOn(file, read(file)))
      .map((file) => `${file} has no source map, so nobody can tell where it comes from`),
    ...built
      .filter((file) => !reached.has(file))
      .map((file) => `${file} is left over: no entry leads to it`),
    ...built.flatMap((file) => brokenImports(folder, file)),
    ...shipped.filter((file) => file.endsWith('.map')).flatMap((file) => brokenMap(folder, file)),
  ]
  return { checked: `${shipped.length} files`, faults }
}

function declarationsOf(file: string): string {
  return file.replace(/\.js$/, '.d.ts')
}

/** What the entries lead to: the code by its imports, and the declarations by theirs. */
function reachable(folder: string, entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>()
  const waiting = [...entries, ...entries.map(declarationsOf)]
  for (const file of waiting) {
    if (reached.has(file) || !existsSync(join(folder, file))) continue
    reached.add(file)
    waiting.push(...targetsOf(folder, file).map(({ target }) => target))
  }
  return reached
}

/** A relative import must lead to a file: itself, or the declarations that stand in for it. */
function brokenImports(folder: string, file: string): string[] {
  return targetsOf(folder, file)
    .filter(({ target }) => !existsSync(join(folder, target)))
    .map(({ specifier }) => `${file} imports ${specifier}, which is not shipped`)
}

function targetsOf(folder: string, file: string): { specifier: string; target: string }[] {
  return readImports(file, readFileSync(join(folder, file), 'utf8'))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => {
      const target = posix.join(posix.dirname(file), specifier)
      return {
        specifier,
        target: file.endsWith('.d.ts') ? target.replace(/(\.d)?\.[jt]s$/, '.d.ts') : target,
      }
    })
}

function brokenMap(folder: string, file: string): string[] {
  const { sources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    readonly sources: readonly string[]
  }
  return sources
    .filter((source) => !existsSync(join(folder, dirname(file), source)))
    .map((source) => `${file} points to ${source}, which is not shipped`)
}
