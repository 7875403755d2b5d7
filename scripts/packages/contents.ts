import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles } from '../lib/files.ts'
import type { Findings } from '../lib/report.ts'
import { readImports } from './imports.ts'

/** Files that every package ships. */
const REQUIRED = ['package.json', 'LICENSE']

/** Judges what an installed package consists of: complete, and nothing that leads nowhere. */
export function judgeContents(folder: string): Findings {
  const shipped = listFiles(folder, '**/*', { built: true })
  const has = (file: string): boolean => existsSync(join(folder, file))
  const code = shipped.filter((file) => /^dist\/.*\.js$/.test(file))
  const faults = [
    ...REQUIRED.filter((file) => !has(file)).map((file) => `${file} is missing`),
    ...(code.length === 0 ? ['dist holds no code'] : []),
    ...shipped
      .filter((file) => /(^|\/)(test|tests)\/|\.test\.|\.tsbuildinfo$|(^|\/)tsconfig/.test(file))
      .map((file) => `${file} has no business in a published package`),
    ...code
      .filter((file) => !has(sourceOf(file)))
      .map((file) => `${file} comes from ${sourceOf(file)}, which is not shipped`),
    ...code
      .filter((file) => !has(file.replace(/\.js$/, '.d.ts')))
      .map((file) => `${file} has no declarations`),
    ...shipped
      .filter((file) => /\.(js|d\.ts)$/.test(file))
      .flatMap((file) => brokenImports(folder, file)),
    ...shipped.filter((file) => file.endsWith('.map')).flatMap((file) => brokenMap(folder, file)),
  ]
  return { checked: `${shipped.length} files`, faults }
}

function sourceOf(file: string): string {
  return file.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')
}

/** A relative import must lead to a file: itself, or the declarations that stand in for it. */
function brokenImports(folder: string, file: string): string[] {
  const text = readFileSync(join(folder, file), 'utf8')
  return readImports(file, text)
    .filter((specifier) => specifier.startsWith('.'))
    .filter((specifier) => {
      const target = join(folder, dirname(file), specifier)
      const wanted = file.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target
      return !existsSync(wanted)
    })
    .map((specifier) => `${file} imports ${specifier}, which is not shipped`)
}

function brokenMap(folder: string, file: string): string[] {
  const { sources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    readonly sources: readonly string[]
  }
  return sources
    .filter((source) => !existsSync(join(folder, dirname(file), source)))
    .map((source) => `${file} points to ${source}, which is not shipped`)
}
