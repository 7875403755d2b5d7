import { describe, expect, it } from 'vitest'
import { judgeContents } from '../packages/contents.ts'
import { temporaryTree } from './support/tree.ts'

const sound = {
  'package.json': '{}',
  LICENSE: 'MIT',
  'dist/index.js': `export { now } from './clock.js'`,
  'dist/index.js.map': '{ "sources": ["../src/index.ts"] }',
  'dist/index.d.ts': `export { now } from './clock.ts'`,
  'dist/clock.js': 'export const now = 1',
  'dist/clock.d.ts': 'export declare const now = 1',
  'src/index.ts': `export { now } from './clock.ts'`,
  'src/clock.ts': 'export const now = 1',
}

function faultsOf(changes: Readonly<Record<string, string | undefined>>): readonly string[] {
  const files = Object.entries({ ...sound, ...changes }).flatMap(([file, text]) =>
    text === undefined ? [] : [[file, text]],
  )
  return judgeContents(temporaryTree(Object.fromEntries(files) as Record<string, string>)).faults
}

describe('the contents of a package', () => {
  it('are in order when all is there and leads somewhere', () => {
    expect(judgeContents(temporaryTree(sound))).toEqual({ checked: '9 files', faults: [] })
  })

  it('may not lack the license', () => {
    expect(faultsOf({ LICENSE: undefined })).toEqual(['LICENSE is missing'])
  })

  it('may not lack the source of its code', () => {
    expect(faultsOf({ 'src/clock.ts': undefined })).toEqual([
      'dist/clock.js comes from src/clock.ts, which is not shipped',
    ])
  })

  it('may not lack declarations', () => {
    expect(faultsOf({ 'dist/clock.d.ts': undefined })).toEqual([
      'dist/clock.js has no declarations',
      'dist/index.d.ts imports ./clock.ts, which is not shipped',
    ])
  })

  it('may not hold an import that leads nowhere', () => {
    expect(faultsOf({ 'dist/clock.js': undefined })).toEqual([
      'dist/index.js imports ./clock.js, which is not shipped',
    ])
  })

  it('may not hold a source map whose source is not shipped', () => {
    expect(faultsOf({ 'dist/index.js.map': '{ "sources": ["../src/gone.ts"] }' })).toEqual([
      'dist/index.js.map points to ../src/gone.ts, which is not shipped',
    ])
  })

  it('may not hold what an older build left behind', () => {
    expect(faultsOf({ 'dist/gone.js': '', 'dist/gone.d.ts': '' })).toEqual([
      'dist/gone.js comes from src/gone.ts, which is not shipped',
    ])
  })

  it.each(['src/clock.test.ts', 'test/clock.ts', 'dist/tsconfig.tsbuildinfo', 'tsconfig.json'])(
    'may not hold %s',
    (file) => {
      expect(faultsOf({ [file]: '' })).toEqual([`${file} has no business in a published package`])
    },
  )

  it('may not be empty', () => {
    expect(judgeContents(temporaryTree({})).faults).toContain('dist holds no code')
  })
})
