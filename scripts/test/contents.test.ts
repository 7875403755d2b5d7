import { describe, expect, it } from 'vitest'
import { judgeContents } from '../packages/contents.ts'
import { temporaryTree } from './support/tree.ts'

const sound = {
  'package.json': `{ "exports": { ".": { "types": "./dist/index.d.ts", "default": "./dist/index.js" } } }`,
  LICENSE: 'MIT',
  'dist/index.js': `export { now } from './clock-1a2b.js'`,
  'dist/index.js.map': '{ "sources": [] }',
  'dist/index.d.ts': `export { now } from './clock-3c4d.js'`,
  'dist/clock-1a2b.js': 'export const now = 1',
  'dist/clock-1a2b.js.map': '{ "sources": ["../src/clock.ts"] }',
  'dist/clock-3c4d.d.ts': 'export declare const now = 1',
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
    expect(judgeContents(temporaryTree(sound))).toEqual({ checked: '10 files', faults: [] })
  })

  it('may not lack the license', () => {
    expect(faultsOf({ LICENSE: undefined })).toEqual(['LICENSE is missing'])
  })

  it('may not lack the source of its code', () => {
    expect(faultsOf({ 'src/clock.ts': undefined })).toEqual([
      'dist/clock-1a2b.js.map points to ../src/clock.ts, which is not shipped',
    ])
  })

  it('may not hold code that names no source', () => {
    expect(faultsOf({ 'dist/clock-1a2b.js.map': undefined })).toEqual([
      'dist/clock-1a2b.js has no source map, so nobody can tell where it comes from',
    ])
  })

  it('may not lack an entry', () => {
    expect(faultsOf({ 'dist/index.js': undefined })).toEqual([
      'dist/index.js is an entry of package.json, and is not shipped',
      'dist/clock-1a2b.js is left over: no entry leads to it',
    ])
  })

  it('may not lack declarations of an entry', () => {
    expect(faultsOf({ 'dist/index.d.ts': undefined })).toEqual([
      'dist/index.d.ts is not shipped as the declarations of an entry',
      'dist/clock-3c4d.d.ts is left over: no entry leads to it',
    ])
  })

  it('may not lack declarations that others import', () => {
    expect(faultsOf({ 'dist/clock-3c4d.d.ts': undefined })).toEqual([
      'dist/index.d.ts imports ./clock-3c4d.js, which is not shipped',
    ])
  })

  it('may not hold an import that leads nowhere', () => {
    expect(faultsOf({ 'dist/clock-1a2b.js': undefined })).toEqual([
      'dist/index.js imports ./clock-1a2b.js, which is not shipped',
    ])
  })

  it('may not hold a source map whose source is not shipped', () => {
    expect(faultsOf({ 'dist/index.js.map': '{ "sources": ["../src/gone.ts"] }' })).toEqual([
      'dist/index.js.map points to ../src/gone.ts, which is not shipped',
    ])
  })

  it('may not hold what an older build left behind', () => {
    expect(faultsOf({ 'dist/gone.js': '', 'dist/gone.js.map': '{ "sources": [] }' })).toEqual([
      'dist/gone.js is left over: no entry leads to it',
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
