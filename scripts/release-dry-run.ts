import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repositoryRoot } from './lib/files.ts'
import { importing, requiring, runProgram } from './packages/programs.ts'
import { publicPackages } from './packages/workspace.ts'
import { startRegistry } from './release/registry.ts'

// Releases what is committed into a registry of this machine's own, and installs it from there as the
// pages say. Nothing is published anywhere else, and the working tree stays as it is.

const run = promisify(execFile)
const PNPM = ['--yes', 'pnpm@10.34.8']
const root = mkdtempSync(join(tmpdir(), 'mayfly-release-'))
const clone = join(root, 'mayfly')
const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()

/** Runs a program, and says so; what it prints is shown where it fails alone. */
async function step(
  title: string,
  [file, ...args]: readonly [string, ...string[]],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const start = performance.now()
  try {
    const { stdout } = await run(file, args, {
      cwd,
      env: { ...process.env, CI: 'false', ...env },
      maxBuffer: 64 * 1024 * 1024,
    })
    console.log(`ok   ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
    return stdout
  } catch (error) {
    console.log(`FAIL ${title}`)
    throw error
  }
}

function npx(...args: readonly string[]): readonly [string, ...string[]] {
  return ['npx', ...PNPM, ...args]
}

/** Every `npm install` of the front page and of the packages' pages, as it stands there. */
function installCommands(): string[] {
  const pages = ['README.md', ...publicPackages().map(({ folder }) => join(folder, 'README.md'))]
  const lines = pages.flatMap((page) => {
    const text = readFileSync(page.startsWith('/') ? page : join(repositoryRoot, page), 'utf8')
    return [...text.matchAll(/^npm install .+$/gm)].map(([line]) => line)
  })
  if (lines.length < 4) throw new Error('The pages do not say how to install the packages.')
  return [...new Set(lines)]
}

async function release(registry: string): Promise<void> {
  await step('clone', ['git', 'clone', '--quiet', '--shared', repositoryRoot, clone], root)
  const flags = ['--frozen-lockfile', '--prefer-offline', '--loglevel=error']
  await step('install', npx('install', ...flags), clone)
  await step('versions and changelogs', npx('exec', 'changeset', 'version'), clone)
  await step('build', npx('run', 'build'), clone)
  const tarballs = join(root, 'tarballs')
  for (const { name, folder } of publicPackages()) {
    const own = folder.replace(repositoryRoot, clone)
    const changelog = join(own, 'CHANGELOG.md')
    if (!existsSync(changelog)) throw new Error(`${name} has no CHANGELOG.md`)
    await run('npx', [...PNPM, 'pack', '--pack-destination', tarballs], { cwd: own })
    const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
      version: string
    }
    const tarball = join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    // Provenance is a statement of the CI that publishes; here there is nobody to make it.
    const publish = [
      'npm',
      'publish',
      tarball,
      '--provenance=false',
      '--registry',
      registry,
    ] as const
    const token = `--//${new URL(registry).host}/:_authToken=none`
    await step(`publish ${name} ${version}`, [...publish, token], root)
  }
}

/** Installs as a page says, in a folder of its own, and tries what came. */
async function installAndUse(command: string, registry: string): Promise<void> {
  const folder = mkdtempSync(join(root, 'consumer-'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "type": "module" }\n')
  const prefix = join(folder, 'global')
  mkdirSync(prefix)
  const env = {
    npm_config_registry: registry,
    npm_config_prefix: prefix,
    npm_config_audit: 'false',
  }
  await step(command, ['sh', '-c', command], folder, env)
  if (command.includes('--global')) {
    const printed = await step('mayfly --help', [join(prefix, 'bin/mayfly'), '--help'], folder)
    if (!printed.includes('Usage: mayfly')) throw new Error('mayfly prints no help')
    return
  }
  const installed = publicPackages().filter(({ name }) => command.split(' ').includes(name))
  const entries = installed.flatMap((each) => each.entries)
  const imported = runProgram(folder, importing(entries))
  const required = runProgram(folder, requiring(entries))
  if (JSON.stringify(imported) !== JSON.stringify(required) || entries.length === 0) {
    throw new Error(`${command}: import and require do not give the same names`)
  }
  for (const { name } of installed) {
    for (const file of ['LICENSE', 'README.md', 'SECURITY.md', 'CHANGELOG.md']) {
      if (!existsSync(join(folder, 'node_modules', name, file)))
        throw new Error(`${name} has no ${file}`)
    }
  }
}

try {
  await using registry = await startRegistry(upstream)
  await release(registry.url)
  const names = publicPackages().map(({ name }) => name)
  if (registry.published().length !== names.length)
    throw new Error('Not every package was published.')
  const commands = [...installCommands(), `npm install ${names.join(' ')} express koa redis`]
  for (const command of commands) await installAndUse(command, registry.url)
  const service = ['npx', '--yes', '@mayfly/service', '--help'] as const
  await step(service.join(' '), service, root, { npm_config_registry: registry.url })
} finally {
  rmSync(root, { recursive: true, force: true })
}
