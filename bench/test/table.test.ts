import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkDocuments } from '../lib/documents.ts'
import { replaceSection } from '../lib/markers.ts'
import { renderPage } from '../lib/page.ts'
import { type Results, summarise, writeResults } from '../lib/results.ts'
import { kept } from '../lib/paths.ts'
import { renderSummary } from '../lib/summary.ts'

const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'

const group = summarise(
  {
    id: 'warm',
    title: 'A warm call',
    about: 'One call.',
    missing: 'nobody is missing.',
    contenders: [
      { id: 'floor', role: 'floor', name: 'floor', library: 'by hand' },
      { id: 'mayfly', role: 'mayfly', name: 'Mayfly', library: '@mayfly/core' },
      { id: 'peer', role: 'other', name: '`peer()`', library: 'peer', unlike: 'it is blue.' },
      { id: 'slow', role: 'other', name: '`slow()`', library: 'peer' },
    ],
  },
  // The second process ran while the machine was three times as slow.
  [
    { floor: [100, 100], mayfly: [200, 200], peer: [1000, 1000], slow: [9000, 9000] },
    { floor: [300], mayfly: [600], peer: [3000], slow: [9000] },
  ],
  { floor: 48, mayfly: 16 },
)

const results: Results = {
  format: 1,
  command: 'pnpm bench',
  quick: false,
  measuredAt: '2030-01-02T03:04:05.000Z',
  machine: { cpu: 'A CPU', cores: 2, memoryGiB: 8, os: 'linux 6 x64', node: '24.0.0', v8: '13' },
  load: { before: 0.5, after: 1.5 },
  versions: { peer: '1.2.3' },
  method: { processes: 2, roundsPerProcess: 2, sliceMs: 60 },
  groups: [group],
}

describe('the summary of several processes', () => {
  it('compares within a round, so that a slow machine does not show in the ratios', () => {
    const [, mayfly, peer] = group.rows
    expect(mayfly?.againstFloor).toEqual({ median: 2, low: 2, high: 2 })
    expect(peer?.againstMayfly).toEqual({ median: 5, low: 5, high: 5 })
    expect(mayfly?.nanoseconds).toEqual({ median: 200, low: 200, high: 600 })
  })

  it('refuses a contender that was left out of a round', () => {
    const { rows: _, ...facts } = group
    const contenders = [
      { id: 'floor', role: 'floor', name: 'floor', library: 'by hand' } as const,
      { id: 'mayfly', role: 'mayfly', name: 'Mayfly', library: '@mayfly/core' } as const,
    ]
    const incomplete = [{ floor: [1], mayfly: [1, 2] }]
    expect(() => summarise({ ...facts, contenders }, incomplete, undefined)).toThrow('every round')
  })
})

/** The cells of all table lines in a Markdown text. */
function cellsIn(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('the page of all results', () => {
  const text = renderPage(results)

  it('shows ratios against the floor and against Mayfly', () => {
    expect(cellsIn(text)).toContainEqual(['**Mayfly**', '2.00×', '1.00×', '200 ns', '16'])
    const peer = ['peer `peer()` <sup>1</sup>', '10×', '5.00×', '1 µs', '']
    expect(cellsIn(text)).toContainEqual(peer)
  })

  it('says what is not like for like, and who is missing', () => {
    expect(text).toContain('1. it is blue.')
    expect(text).toContain('2. nobody is missing.')
  })

  it('says the machine, its load, the versions and the command', () => {
    for (const fact of ['A CPU', 'Node 24.0.0', 'peer 1.2.3', '0.5', '1.5', '`pnpm bench`']) {
      expect(text).toContain(fact)
    }
  })
})

describe('the summary', () => {
  const text = renderSummary({ ...results, groups: [group, group] })

  it('has one line of ratios for each group, with the quickest way of each library', () => {
    const line = ['A warm call', '**2.00×**', '5.00× <sup>1</sup>', '16, 48']
    expect(cellsIn(text)).toEqual([
      ['', 'Mayfly / floor', 'peer / Mayfly', 'bytes'],
      expect.anything(),
      line,
      line,
    ])
  })

  it('says once what is not like for like', () => {
    expect(text.match(/it is blue/g)).toHaveLength(1)
  })

  it('says that the machine is shared, its load, and the command', () => {
    for (const fact of ['shared machine', 'A CPU', '0.5 to 1.5', '`pnpm bench`']) {
      expect(text).toContain(fact)
    }
  })
})

describe('the place for the table', () => {
  it('is between the markers, and nothing around them changes', () => {
    const before = `# Title\n${START}\nold\n${END}\nrest\n`
    const once = replaceSection(before, 'new', 'README.md')
    expect(once).toBe(`# Title\n${START}\n\nnew\n\n${END}\nrest\n`)
    expect(replaceSection(once, 'new', 'README.md')).toBe(once)
  })

  it.each([
    ['no markers', '# Title\n'],
    ['a start alone', `${START}\n`],
    ['the end before the start', `${END}\n${START}\n`],
    ['two starts', `${START}\n${START}\n${END}\n`],
  ])('is not guessed with %s', (_, text) => {
    expect(() => replaceSection(text, 'new', 'README.md')).toThrow(START)
  })
})

describe('the command that writes the documents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-table-'))
  const readme = join(folder, 'README.md')
  const page = join(folder, 'RESULTS.md')
  const json = join(folder, 'results.json')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  writeResults(json, results)

  const table = (...more: string[]): { status: number | null; stderr: string } => {
    const files = ['--results', json, '--readme', readme, '--page', page]
    const script = join(import.meta.dirname, '..', 'table.ts')
    return spawnSync(process.execPath, [script, ...files, ...more], { encoding: 'utf8' })
  }

  it('fails, and says what to do, when there is no place for it', () => {
    writeFileSync(readme, '# Title\n')
    const { status, stderr } = table()
    expect(status).toBe(1)
    expect(stderr).toContain(START)
    expect(readFileSync(readme, 'utf8')).toBe('# Title\n')
  })

  it('notices with --check that a document is out of date, and writes it without', () => {
    writeFileSync(readme, `${START}\n${END}\n`)
    expect(table('--check').status).toBe(1)
    expect(table().status).toBe(0)
    expect(readFileSync(readme, 'utf8')).toContain('A warm call')
    expect(table('--check').status).toBe(0)
    writeFileSync(page, '# Something else\n')
    expect(table('--check')).toMatchObject({ status: 1, stderr: expect.stringContaining(page) })
  })

  it('was used after the last change of the results that are kept', () => {
    expect(() => checkDocuments(kept)).not.toThrow()
  })
})
