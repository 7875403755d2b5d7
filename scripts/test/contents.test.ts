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

  it.each(['LICENSE', 'src/index.ts'])('may not lack %s', (file) => {
    expect(faultsOf({ [file]: undefined })).toContain(`${file} is missing`)
  })

  it('may not hold an import that leads nowhere, in code or in declarations', () => {
    expect(faultsOf({ 'dist/clock.d.ts': undefined, 'dist/clock.js': undefined })).toEqual([
      'dist/index.d.ts imports ./clock.ts, which is not shipped',
      'dist/index.js imports ./clock.js, which is not shipped',
    ])
  })

  it('may not hold a source map whose source is not shipped', () => {
    expect(faultsOf({ 'dist/index.js.map': '{ "sources": ["../src/gone.ts"] }' })).toEqual([
      'dist/index.js.map points to ../src/gone.ts, which is not shipped',
    ])
  })

  it('may not hold what an older build left behind', () => {
    expect(faultsOf({ 'dist/gone.js': '' })).toEqual([
      'dist/gone.js is left over: its source is gone',
    ])
  })

  it.each(['src/clock.test.ts', 'test/clock.ts', 'dist/tsconfig.tsbuildinfo', 'tsconfig.json'])(
    'may not hold %s',
    (file) => {
      expect(faultsOf({ [file]: '' })).toEqual([`${file} has no business in a published package`])
    },
  )

  it('may not be empty', () => {
    expect(judgeContents(temporaryTree({})).faults).toContain('package.json is missing')
  })
})
