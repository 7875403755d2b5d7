import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { parseSync } from 'oxc-parser'
import { table } from './lib/markdown.ts'
import { checkOut, here } from './tree/revision.ts'

// `pnpm bench structure REVISION…`: what the house looks like at these revisions, and in this tree.
const { positionals } = parseArgs({ allowPositionals: true })
const columns = new Map<string, Record<string, string>>()
for (const revision of positionals) {
  using tree = checkOut(revision)
  columns.set(tree.commit, await describe(tree.root))
}
columns.set('this tree', await describe(here))
const names = [...new Set([...columns.values()].flatMap((column) => Object.keys(column)))]
console.log(
  table(
    ['', ...columns.keys()],
    names.map((name) => [name].concat([...columns.values()].map((column) => column[name] ?? '–'))),
  ),
)

async function describe(root: string): Promise<Record<string, string>> {
  const core = sourcesOf(root, 'core')
  const house = core.filter(({ path }) => !path.startsWith('vendors/'))
  const { opened, calls } = probe(root)
  const packages = globSync('packages/*/src', { cwd: root }).map((one) => one.split('/')[1] ?? '')
  const perPackage = packages.toSorted().map((name) => [name, sourcesOf(root, name)] as const)
  return {
    'core without vendors, files': number(house.length),
    'core without vendors, lines': number(linesOf(house)),
    'loose files at the top of src': number(core.filter(({ path }) => !path.includes('/')).length),
    'exported names of the core': number(exportedNames(root)),
    'imports between folders (arrows)': number(arrows(core).size),
    'files that a cold verify runs through': number(opened),
    'WebCrypto calls of importKey(PEM)': number(calls),
    ...Object.fromEntries(
      perPackage.map(([name, files]) => [
        `${name}, files and lines`,
        `${number(files.length)} · ${number(linesOf(files))}`,
      ]),
    ),
    'all packages, lines': number(perPackage.reduce((sum, [, files]) => sum + linesOf(files), 0)),
    'gzip of { TokenVerifier, authenticate }': await gzipped(root, [
      `export { TokenVerifier, authenticate } from '@mayfly/core'`,
    ]),
    'gzip of { TokenManager, bearerFetch } and appStoreConnect': await gzipped(root, [
      `export { TokenManager, bearerFetch } from '@mayfly/core'`,
      `export { appStoreConnect } from '@mayfly/core/vendors'`,
    ]),
    'gzip of { TokenIssuer, KeyRing }': await gzipped(root, [
      `export { TokenIssuer, KeyRing } from '@mayfly/core'`,
    ]),
  }
}

interface Source {
  readonly path: string
  readonly text: string
}

function sourcesOf(root: string, name: string): readonly Source[] {
  const src = join(root, 'packages', name, 'src')
  return globSync('**/*.ts', { cwd: src }).map((path) => ({
    path,
    text: readFileSync(join(src, path), 'utf8'),
  }))
}

function linesOf(sources: readonly Source[]): number {
  return sources.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0)
}

function exportedNames(root: string): number {
  const file = join(root, 'packages/core/src/index.ts')
  const { program } = parseSync(file, readFileSync(file, 'utf8'))
  return program.body.reduce(
    (sum, each) => sum + (each.type === 'ExportNamedDeclaration' ? each.specifiers.length : 0),
    0,
  )
}

/** Which folder of the top imports from which; a loose file is a folder of its own. */
function arrows(sources: readonly Source[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const { path, text } of sources) {
    const from = roomOf(path)
    if (from.endsWith('.ts')) continue
    for (const [, specifier = ''] of text.matchAll(/^(?:import|export|\}) .*?from '(\.[^']+)'/gm)) {
      const to = roomOf(relative('.', join(dirname(path), specifier)))
      if (to !== from) found.add(`${from} → ${to}`)
    }
  }
  return found
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? path
}

function probe(root: string): { readonly opened: number; readonly calls: number } {
  const script = join(root, 'bench/structure/probe.ts')
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning']
  const printed = execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' })
  return JSON.parse(printed) as { opened: number; calls: number }
}

/** What a program that uses these names ships: bundled, minified, gzip -9. */
async function gzipped(root: string, lines: readonly string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: lines.join('\n'), resolveDir: join(root, 'bench') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['source'],
    write: false,
    logLevel: 'silent',
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild wrote nothing.')
  return `${(gzipSync(file.contents, { level: 9 }).length / 1000).toFixed(1)} kB`
}

function number(value: number): string {
  return value.toLocaleString('en')
}
