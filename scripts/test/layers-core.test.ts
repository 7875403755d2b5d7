import { describe, expect, it } from 'vitest'
import { type CoreRules, judgeCore, readCore } from '../layers/core.ts'
import { temporaryTree } from './support/tree.ts'

const rules: CoreRules = {
  layers: [['errors', 'clock'], ['keys', 'token'], ['vendors/*'], ['index.ts', 'vendors.ts']],
  edges: [{ from: 'vendors/*', to: 'vendors/shared', why: 'vendors share a source' }],
  webEntries: ['index.ts'],
}

const sound = {
  'errors.ts': 'export class MayflyError extends Error {}',
  'clock.ts': 'export interface Clock { now(): number }',
  'token.ts': `import type { Clock } from './clock.ts'\nexport type Token = Clock`,
  'keys/key.ts': `import { MayflyError } from '../errors.ts'\nexport const key = MayflyError`,
  'keys/import.ts': `import { key } from './key.ts'\nexport const importKey = key`,
  'vendors/shared.ts': `import { importKey } from '../keys/import.ts'\nexport const shared = importKey`,
  'vendors/zoom.ts': `import { shared } from './shared.ts'\nexport const zoom = shared`,
  'index.ts': `export { importKey } from './keys/import.ts'`,
}

/** Judges the sound tree with some files of it replaced or added. */
function faultsOf(changes: Readonly<Record<string, string>>): readonly string[] {
  const files = Object.entries({ ...sound, ...changes })
  const root = temporaryTree(
    Object.fromEntries(files.map(([name, text]) => [`packages/core/src/${name}`, text])),
  )
  return judgeCore(readCore(root), rules).faults
}

describe('the layers of the core', () => {
  it('hold in a sound tree, and every import of it is judged', () => {
    const root = temporaryTree(
      Object.fromEntries(
        Object.entries(sound).map(([name, text]) => [`packages/core/src/${name}`, text]),
      ),
    )
    expect(judgeCore(readCore(root), rules)).toEqual({
      checked: '8 files of the core, 6 imports',
      faults: [],
    })
  })

  it('refuse an import from a layer above', () => {
    expect(
      faultsOf({ 'clock.ts': `import { key } from './keys/key.ts'\nexport const c = key` }),
    ).toEqual(['core/src/clock.ts:1: layer 0 imports upward: keys/key.ts is in layer 1'])
  })

  it('refuse an import between siblings, by folder', () => {
    const faults = faultsOf({
      'keys/key.ts': `\nimport { token } from '../token.ts'\nexport { token }`,
    })
    expect(faults).toEqual([
      'core/src/keys/key.ts:2: imports its sibling token.ts; move what both need to a lower layer',
    ])
  })

  it.each([
    ['import type', `import type { Key } from '../keys/key.ts'`],
    ['an inline type', `import { type Key } from './keys/key.ts'`],
    ['an import() type', `export type Key = import('./keys/key.ts').Key`],
    ['import()', `export const key = await import('./keys/key.ts')`],
    ['a re-export', `export { key } from './keys/key.ts'`],
    ['a type re-export', `export type { Key } from './keys/key.ts'`],
    ['export *', `export * from './keys/key.ts'`],
    ['import =', `import key = require('./keys/key.ts')`],
    ['an import for its effect', `import './keys/key.ts'`],
  ])('see %s', (_, text) => {
    expect(faultsOf({ 'errors.ts': text.replace('../', './') }).join()).toContain('imports upward')
  })

  it('pass over what stands in a comment or a string', () => {
    const text = `// import './keys/key.ts'\nexport const text = "import './keys/key.ts'"`
    expect(faultsOf({ 'errors.ts': text })).toEqual([])
  })

  it('refuse a file that no layer lists', () => {
    expect(faultsOf({ 'helpers.ts': `export const help = 1` })).toEqual([
      'core/src/helpers.ts: no layer lists it; add it to scripts/layers/rules.ts',
    ])
  })

  it('allow a declared edge, and only in its direction', () => {
    const faults = faultsOf({
      'vendors/shared.ts': `import { zoom } from './zoom.ts'\nexport const shared = zoom`,
    })
    expect(faults).toEqual([
      'core/src/vendors/shared.ts:1: imports its sibling vendors/zoom.ts; move what both need to a lower layer',
    ])
  })

  it('let a file of a folder with * import from its own folder, and not from another', () => {
    const other = `export const scope = 1`
    const faults = faultsOf({
      'vendors/zoom/role.ts': other,
      'vendors/apple/scope.ts': other,
      'vendors/zoom.ts': [
        `import { shared } from './shared.ts'`,
        `import './zoom/role.ts'`,
        `import './apple/scope.ts'`,
      ].join('\n'),
    })
    expect(faults).toEqual([
      'core/src/vendors/zoom.ts:3: imports its sibling vendors/apple/scope.ts; move what both need to a lower layer',
    ])
  })

  it('refuse a declared edge that no import needs', () => {
    expect(faultsOf({ 'vendors/zoom.ts': `export const zoom = 1` })).toEqual([
      'scripts/layers/rules.ts: no import needs the edge vendors/* → vendors/shared',
    ])
  })

  it('refuse node: in what a web entry loads, however far down', () => {
    const faults = faultsOf({
      'errors.ts': `import { inspect } from 'node:util'\nexport { inspect }`,
    })
    expect(faults).toEqual([
      'core/src/errors.ts:1: imports node:util, but it must run without Node',
    ])
  })

  it('allow node: where only types of it are used, or no web entry leads', () => {
    const faults = faultsOf({
      'errors.ts': `import type { webcrypto } from 'node:crypto'\nexport type C = webcrypto`,
      'vendors/zoom.ts': `import 'node:fs'\nimport './shared.ts'`,
    })
    expect(faults).toEqual([])
  })

  it('refuse export *', () => {
    expect(faultsOf({ 'index.ts': `export * from './keys/import.ts'` })).toEqual([
      'core/src/index.ts:1: "export *" hides what is exported; name it',
    ])
  })

  it('refuse an import of a file that is not there, or is outside src', () => {
    const faults = faultsOf({ 'index.ts': `import './nothing.ts'\nimport '../test/x.ts'` })
    expect(faults).toEqual([
      'core/src/index.ts:1: imports ./nothing.ts, which is no file of core/src',
      'core/src/index.ts:2: imports ../test/x.ts, which is no file of core/src',
    ])
  })

  it('refuse a file that does not parse', () => {
    expect(() => faultsOf({ 'errors.ts': 'import {' })).toThrow(/^errors\.ts does not parse/)
  })

  it('are at fault when there is nothing to judge', () => {
    expect(judgeCore(readCore(temporaryTree({})), rules).faults).toEqual([
      'core/src: there is not one import to judge',
    ])
  })
})
