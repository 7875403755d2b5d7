import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@mayfly/core'
import { openApiDocument, SCOPES } from '@mayfly/service'
import { configureServe, processEnvironment } from '@mayfly/service/serve'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../lib/files.ts'

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')
const page = read('docs/service.md')

/** The rows of the page's table whose first heading is this; a cell each, without its decoration. */
function tableOf(heading: string): readonly (readonly string[])[] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `))
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'))
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

const rows = tableOf('option')
const command = configureServe(new Command('serve'), processEnvironment(systemClock))
const described = command.options.map(({ flags, description, defaultValue }) => ({
  flags,
  variables: description.match(/MAYFLY_[A-Z_]+/g) ?? [],
  standard: String(defaultValue ?? /default: ([^)\s]+)\)/.exec(description)?.[1] ?? ''),
}))

describe('the settings in docs/service.md', () => {
  it('are all that mayfly serve has, and no other', () => {
    const known = described.map(({ flags }) => flags)
    expect(known.length).toBeGreaterThan(20)
    expect(rows.map(([flags = '']) => flags).toSorted()).toEqual(known.toSorted())
  })

  it('each have a variable of their name', () => {
    for (const { flags, variables } of described) {
      const [, name = ''] = /--([\w-]+)/.exec(flags) ?? []
      expect(variables).toContain(`MAYFLY_${name.toUpperCase().replaceAll('-', '_')}`)
    }
  })

  it.each(described)('name the variable and the default of $flags', ({ flags, ...told }) => {
    const [, variable, , standard] = rows.find(([name]) => name === flags) ?? []
    expect(variable).toBe(told.variables.join(', '))
    // Some defaults are places rather than values: the page says those in words.
    if (/^[\d\w.]+$/.test(told.standard) && told.standard !== 'true') {
      expect(standard).toBe(told.standard)
    }
  })

  it('name every variable that is read, and no other', () => {
    const variables = (text: string): string[] => [...new Set(text.match(/MAYFLY_[A-Z_]+/g))]
    const known = described.flatMap((option) => option.variables)
    expect(variables(page).toSorted()).toEqual(known.toSorted())
  })

  it('name every option of createTokenService', () => {
    const [, text = ''] =
      /interface TokenServiceOptions \{(.*?)^\}/ms.exec(
        read('packages/service/src/service/options.ts'),
      ) ?? []
    const options = [...text.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name)
    const [, settings = ''] = /^## Settings(.*?)^## /ms.exec(page) ?? []
    expect(options).toContain('issuer')
    expect(options.filter((name) => !new RegExp(`\\b${name}\\b`).test(settings))).toEqual([])
  })
})

describe('what docs/service.md says of requests', () => {
  it('is of every path that the OpenAPI document has, and of no other but the page', () => {
    const document = openApiDocument({
      issuer: 'https://tokens.example.com',
      telesign: 'public',
      voicegain: true,
      metrics: 'public',
    })
    const paths = tableOf('request').flatMap(([cell = '']) => cell.match(/\/[^\s,]+/g) ?? [])
    const expected = [...Object.keys(document.paths), '/console/']
    expect([...new Set(paths)].toSorted()).toEqual(expected.toSorted())
  })

  it('is of every scope, and of no other', () => {
    expect(
      tableOf('scope')
        .map(([scope = '']) => scope)
        .toSorted(),
    ).toEqual([...SCOPES])
  })

  it('is of every metric, and of no other', () => {
    const names = read('packages/service/src/ops/metrics.ts').match(/mayfly_\w+/g) ?? []
    expect(
      tableOf('metric')
        .map(([name = '']) => name)
        .toSorted(),
    ).toEqual(names.toSorted())
  })
})
