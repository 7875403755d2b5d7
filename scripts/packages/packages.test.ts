import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listFiles, repositoryRoot } from '../lib/files.ts'
import { endServer } from '../servers/process.ts'
import { type Consumer, createConsumer } from './consumer.ts'
import { judgeContents } from './contents.ts'
import { type InstalledService, startInstalled } from './installed-service.ts'
import { importing, requiring, runProgram } from './programs.ts'
import { typeCheck } from './type-check.ts'
import { publicPackages, readManifest } from './workspace.ts'

/** What attw reports of a package that is ESM only: `require` takes modules since Node 22.12. */
const MEANT: ReadonlySet<string> = new Set(['CJSResolvesToESM'])

/** The last TypeScript that knows the oldest resolution. */
const OLDER_COMPILER = join(repositoryRoot, 'docs/node_modules/typescript/bin/tsc')

const names = publicPackages().map(({ name }) => name)
const commands = publicPackages().flatMap((each) => each.commands)
let consumer: Consumer

beforeAll(() => {
  consumer = createConsumer()
})

afterAll(() => {
  rmSync(consumer.root, { recursive: true, force: true })
})

describe.each(names)('the packed %s', (name) => {
  it('is complete, and every import and source map in it leads somewhere', () => {
    expect(judgeContents(consumer.folderOf(name)).faults).toEqual([])
  })

  it('says nothing of our sources or of development in its package.json', () => {
    const manifest = readManifest(consumer.folderOf(name))
    expect(JSON.stringify(manifest.exports)).not.toContain('"source"')
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:/)
    expect(manifest).not.toHaveProperty('devDependencies')
  })

  it('gives publint nothing to say', async () => {
    const tarball = readFileSync(consumer.tarballOf(name))
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(tarball).buffer },
      strict: true,
    })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  it('has types that fit what runs, however they are resolved', async () => {
    const tarball = readFileSync(consumer.tarballOf(name))
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)))
    if (result.types === false) throw new Error(`${name} has no types`)
    const problems = result.problems.filter(({ kind }) => !MEANT.has(kind))
    expect(problems).toEqual([])
  })
})

function exportingAll(entries: readonly string[]): string {
  return entries.map((entry, at) => `export * as entry${at} from '${entry}'`).join('\n')
}

describe('a program that installs the packages', () => {
  it('gets the same names by import and by require', () => {
    const imported = runProgram(consumer.root, importing(consumer.entries))
    const required = runProgram(consumer.root, requiring(consumer.entries))
    expect(Object.keys(imported)).toEqual(consumer.entries)
    expect(required).toEqual(imported)
    expect(imported['@mayfly/core']).toContain('TokenManager')
  })

  it('gets them under the condition "source" of its own as well', () => {
    const imported = runProgram(consumer.root, importing(consumer.entries), {
      flags: ['--conditions=source'],
    })
    expect(Object.keys(imported)).toEqual(consumer.entries)
  })

  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('type-checks with every declaration, resolved as %s', (name, options) => {
    const text = exportingAll(consumer.entries)
    const program = {
      name,
      extension: 'ts',
      text,
      options: { ...options, types: ['node'] },
    } as const
    expect(typeCheck(consumer.root, program)).toBe('')
  })

  it('type-checks where only "main" and "typesVersions" are read, as by moduleResolution "node"', () => {
    const text = exportingAll(consumer.entries)
    const options = {
      module: 'commonjs',
      moduleResolution: 'node10',
      ignoreDeprecations: '6.0',
      esModuleInterop: true,
      types: ['node'],
    }
    const program = { name: 'node10', extension: 'ts', text, options } as const
    expect(typeCheck(consumer.root, program, OLDER_COMPILER)).toBe('')
  })

  it('type-checks as CommonJS', () => {
    const text = consumer.entries
      .map((entry, at) => `import entry${at} = require('${entry}')\nexport { entry${at} }`)
      .join('\n')
    const options = { module: 'nodenext', types: ['node'] }
    expect(typeCheck(consumer.root, { name: 'cts', extension: 'cts', text, options })).toBe('')
  })

  it('needs no types of Node for the core in a Worker or a browser', () => {
    const text = `export * as core from '@mayfly/core'\nexport * as vendors from '@mayfly/core/vendors'`
    const options = {
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
      lib: ['es2023', 'esnext.disposable', 'dom'],
    }
    expect(typeCheck(consumer.root, { name: 'web', extension: 'ts', text, options })).toBe('')
  })

  it('is told of a mistake by the types', () => {
    const text = `import { TokenManager } from '@mayfly/core'\nnew TokenManager(1)`
    const options = { module: 'nodenext', types: ['node'] }
    const complaints = typeCheck(consumer.root, { name: 'wrong', extension: 'ts', text, options })
    expect(complaints).toContain('error TS2345')
  })
})

describe('the commands that the packages install', () => {
  it('are mayfly and the service alone', () => {
    expect(commands.toSorted()).toEqual(['mayfly', 'mayfly-service'])
  })

  it.each(commands)('%s runs by its name and prints help', (command) => {
    const printed = execFileSync(consumer.commandOf(command), ['--help'], { encoding: 'utf8' })
    expect(printed).toContain(`Usage: ${command} `)
  })

  it.each([
    ['@mayfly/cli', ['serve']],
    ['@mayfly/service', []],
  ])('%s serves the console as it is here, and issues tokens', async (name, args) => {
    const program = join(consumer.folderOf(name), 'dist/main.js')
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-installed-'))
    const service = await startInstalled(program, args, folder)
    try {
      expect(await staleFilesOfConsole(service)).toEqual([])
      const token = await fetch(`${service.url}/security/jwt?aud=http://localhost`, {
        headers: { authorization: `Bearer ${service.consoleToken}` },
      })
      expect(await token.text()).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
    } finally {
      await endServer(service.child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    }
    expect(service.child.exitCode).toBe(0)
  })
})

/** Lists what the service answers otherwise than the console's folder in this repository. */
async function staleFilesOfConsole({ url }: InstalledService): Promise<string[]> {
  const folder = join(repositoryRoot, 'packages/service/console')
  const files = listFiles(folder, '**/*')
  expect(files).toContain('index.html')
  const same = await Promise.all(
    files.map(async (file) => {
      const answer = await fetch(`${url}/console/${file}`)
      return answer.ok && (await answer.text()) === readFileSync(join(folder, file), 'utf8')
    }),
  )
  return files.filter((_, at) => !same[at])
}
