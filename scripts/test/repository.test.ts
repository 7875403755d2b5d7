import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../lib/files.ts'
import { publicPackages, readManifest } from '../packages/workspace.ts'
import { homepage, legacyFields, packagePages, repositoryFields } from '../release/repository.ts'

const packages = publicPackages().map(({ name, folder }) => [name, folder] as const)

describe.each(packages)('What %s says of where it comes from', (_, folder) => {
  it('is what the repository says: run "pnpm repository" after a change', () => {
    expect(readManifest(folder)).toMatchObject(repositoryFields(homepage(), folder))
  })

  it('and where its entries are, for tools that do not read "exports", is what the exports say', () => {
    const manifest = readManifest(folder)
    const fields = legacyFields(manifest.exports as Parameters<typeof legacyFields>[0])
    expect(Object.keys(fields).length).toBeGreaterThan(1)
    expect(manifest).toMatchObject(fields)
  })

  it('is shipped with how to report a hole, and with what has changed', () => {
    expect(existsSync(join(folder, 'SECURITY.md'))).toBe(true)
    const { files } = readManifest(folder) as { files?: readonly string[] }
    expect(files).toEqual(expect.arrayContaining(['SECURITY.md', 'CHANGELOG.md']))
  })
})

describe.each(packagePages())('The links of %s', (page) => {
  const text = readFileSync(join(repositoryRoot, page), 'utf8')
  const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link)

  it('are absolute, since a registry shows the page elsewhere', () => {
    expect(links.filter((link) => !link.startsWith('https://'))).toEqual([])
  })

  it('lead to files that there are', () => {
    const start = `${homepage()}/blob/main/`
    const own = links.filter((link) => link.startsWith(homepage()))
    expect(own.filter((link) => !link.startsWith(start))).toEqual([])
    const missing = own.filter(
      (link) => !existsSync(join(repositoryRoot, link.slice(start.length))),
    )
    expect(missing).toEqual([])
  })
})
