import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../lib/files.ts'
import { publicPackages, readManifest } from '../packages/workspace.ts'

const packages = publicPackages()

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(repositoryRoot, file), 'utf8'))
}

/** The folders that a TypeScript configuration builds first. */
function referencesOf(file: string): string[] {
  const { references } = readJson(file) as { readonly references: readonly { path: string }[] }
  return references.map(({ path }) => path)
}

describe('the list of packages', () => {
  it('is not empty', () => {
    expect(packages.length).toBeGreaterThan(0)
  })
})

describe.each(packages)('the published $name', ({ name, folder, entries }) => {
  const short = name.replace('@mayfly/', '')
  const manifest = readManifest(folder)

  it('lies in the folder of its name', () => {
    expect(folder).toBe(join(repositoryRoot, 'packages', short))
  })

  it('is compiled, and its tests are type-checked', () => {
    expect(referencesOf('tsconfig.json')).toContain(`packages/${short}`)
    expect(referencesOf('tsconfig.tests.json')).toContain(`packages/${short}`)
  })

  it('has every entry in the reference, and has to document it', () => {
    const docs = readJson('docs/typedoc.json') as {
      readonly entryPoints: readonly string[]
      readonly packagesRequiringDocumentation: readonly string[]
    }
    const { files } = readJson('docs/tsconfig.json') as { readonly files: readonly string[] }
    const sources = entries.map((entry) => {
      const file = entry === name ? 'index' : entry.slice(name.length + 1)
      return `../packages/${short}/src/${file}.ts`
    })
    expect(docs.entryPoints).toEqual(expect.arrayContaining(sources))
    expect(files).toEqual(expect.arrayContaining(sources))
    expect(docs.packagesRequiringDocumentation).toContain(name)
  })

  it('is ESM without side effects, under our license, for the same versions of Node.js', () => {
    expect(manifest).toMatchObject({
      type: 'module',
      sideEffects: false,
      license: 'MIT',
      engines: { node: '>=22.13' },
    })
  })

  it('runs nothing when it is installed', () => {
    expect(
      Object.keys(manifest.scripts ?? {}).filter((each) => /install|prepare/.test(each)),
    ).toEqual([])
  })
})
