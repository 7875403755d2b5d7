import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as vendors from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import { programsOf } from '../fences/programs.ts'
import { listFiles, repositoryRoot } from '../lib/files.ts'

const PAGE = 'docs/vendors.md'
const page = readFileSync(join(repositoryRoot, PAGE), 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('| [`'))

/** The functions of `vendors.ts` that make a source, by the type that they say they return. */
const makers = listFiles(repositoryRoot, 'packages/core/src/vendors/**/*.ts')
  .map((file) => readFileSync(join(repositoryRoot, file), 'utf8'))
  .flatMap((text) => text.match(/(?<=^export function )\w+(?=\([^)]*\): TokenSource \{$)/gm) ?? [])
  .filter((name) => name in vendors)
  .toSorted()

/** The text below a function's heading, up to the next heading. */
function sectionOf(name: string): string {
  const [, ...sections] = page.split(/^(?=#{2,3} )/m)
  return sections.find((section) => section.startsWith(`### ${name}\n`)) ?? ''
}

describe('the page of the vendors', () => {
  it('is judged by all functions that make a source', () => {
    expect(makers).toEqual(expect.arrayContaining(['apns', 'clientCredentials', 'jwtSource']))
    const others = Object.keys(vendors).filter((name) => !makers.includes(name))
    expect(others.toSorted()).toEqual([
      'VONAGE_CLIENT_SDK_ACL',
      'VonageWebhookReceiver',
      'VonageWebhookVerifier',
      'exchangedSource',
      'verifyVonageWebhook',
    ])
  })

  it('has one row in its table for each of them, and for nothing else', () => {
    const linked = rows.map((row) => /^\| \[`(\w+)`\]\(#(\w+)\) /.exec(row)?.slice(1))
    expect(linked.map(String).toSorted()).toEqual(
      makers.map((name) => `${name},${name.toLowerCase()}`),
    )
  })

  it.each(makers)('has a section on %s, with an example that is run and pitfalls', (name) => {
    const section = sectionOf(name)
    const examples = programsOf(PAGE, section).filter(({ mode }) => mode.kind !== 'never')
    expect(examples.filter(({ text }) => text.includes(`${name}({`))).toHaveLength(1)
    expect(section).toMatch(/^- /m)
  })
})

describe('the contract of vendors', () => {
  const contracts = listFiles(repositoryRoot, 'packages/core/test/vendors/**/*.test.ts')
    .map((file) => readFileSync(join(repositoryRoot, file), 'utf8'))
    .filter((text) => text.includes('testVendorContract({'))
    .join('\n')

  // What a vendor of one's own is made with has no vendor, and no sandbox.
  it.each(makers.filter((name) => name !== 'jwtSource'))('is kept by %s, in a test', (name) => {
    expect(contracts).toMatch(new RegExp(`^ +vendor: ['\`]${name}\\b`, 'm'))
  })
})
