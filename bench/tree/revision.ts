import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Where this repository is. */
export const here: string = join(import.meta.dirname, '../..')

/** The packages of a revision, with the benchmark as it is here. */
export interface Revision extends Disposable {
  readonly root: string
  readonly commit: string
}

/**
 * Lays the packages of a revision out in a temporary folder, with this tree's benchmark beside them and
 * with its installed dependencies, so that both run the same work on the same machine at the same time.
 */
export function checkOut(revision: string): Revision {
  const commit = git(['rev-parse', '--short', `${revision}^{commit}`]).trim()
  const root = mkdtempSync(join(tmpdir(), `mayfly-${commit}-`))
  const archive = execFileSync('git', ['archive', commit, 'packages', 'package.json'], {
    cwd: here,
    maxBuffer: 1 << 28,
  })
  execFileSync('tar', ['-x', '-C', root], { input: archive })
  cpSync(join(here, 'bench'), join(root, 'bench'), {
    recursive: true,
    filter: (file) => !file.endsWith('/node_modules'),
  })
  for (const name of readdirSync(join(root, 'packages'))) link(root, join('packages', name), commit)
  link(root, 'bench', commit)
  return { root, commit, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

/** Runs git in this repository. */
export function git(args: readonly string[]): string {
  return execFileSync('git', args, { cwd: here, encoding: 'utf8' })
}

function link(root: string, folder: string, commit: string): void {
  const file = join(root, folder, 'package.json')
  if (!existsSync(file)) return
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(file, 'utf8')) as Readonly<
    Record<string, Record<string, string> | undefined>
  >
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const own = name.startsWith('@mayfly/') ? join(root, 'packages', name.slice(8)) : undefined
    const target = own ?? installed(name, folder) ?? fetched(name, root, commit)
    const place = join(root, folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(target, place)
  }
}

/** Installs what only the other revision needs, in the version of its catalog. */
function fetched(name: string, root: string, commit: string): string {
  const catalog = git(['show', `${commit}:pnpm-workspace.yaml`]).split('\n')
  const line = catalog.find((one) => one.trim().replaceAll('"', '').startsWith(`${name}: `))
  const version = line?.split(': ')[1]?.trim()
  if (version === undefined) throw new Error(`${commit} says nothing of the version of ${name}.`)
  const place = join(root, 'fetched')
  const wanted = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`]
  execFileSync('npm', ['install', '--prefix', place, ...wanted], { stdio: 'ignore' })
  return join(place, 'node_modules', name)
}

/** Where a dependency is installed here: for the same package, else for any. */
function installed(name: string, folder: string): string | undefined {
  const packages = readdirSync(join(here, 'packages')).map((each) => join('packages', each))
  return [folder, 'bench', ...packages, '.']
    .map((each) => join(here, each, 'node_modules', name))
    .filter((each) => existsSync(each))
    .map((each) => realpathSync(each))[0]
}
