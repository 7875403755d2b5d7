import { describe, expect, it } from 'vitest'
import { judgePackages, type PackageRules } from '../layers/packages.ts'
import { temporaryTree } from './support/tree.ts'

const rules: PackageRules = {
  directions: { core: [], express: ['core'], testing: ['core'] },
  coreDependencies: ['jose'],
}

const sound = {
  'packages/core/package.json': '{ "dependencies": { "jose": "1" } }',
  'packages/core/src/index.ts': `import 'jose'\nimport './clock.ts'`,
  'packages/core/test/index.test.ts': `import '../src/index.ts'\nimport '@mayfly/testing'`,
  'packages/express/package.json':
    '{ "peerDependencies": { "@mayfly/core": "1", "express": "5" } }',
  'packages/express/src/index.ts': `import { guard } from '@mayfly/core'\nexport { guard }`,
  'examples/demo/server.ts': `import '@mayfly/express'\nimport './page.ts'`,
}

function faultsOf(changes: Readonly<Record<string, string>>): readonly string[] {
  return judgePackages(temporaryTree({ ...sound, ...changes }), rules).faults
}

describe('the direction between packages', () => {
  it('holds in a sound tree', () => {
    expect(judgePackages(temporaryTree(sound), rules)).toEqual({
      checked: '4 files of all packages',
      faults: [],
    })
  })

  it.each([
    ['the core → an adapter', 'core', `import '@mayfly/express'`, 'may not import @mayfly/express'],
    ['a type of it', 'core', `import type { T } from '@mayfly/express'`, 'may not import'],
    [
      'an adapter → testing',
      'express',
      `import '@mayfly/testing'`,
      'may not import @mayfly/testing',
    ],
    ['a subpath', 'express', `import '@mayfly/testing/clock'`, 'may not import'],
    ['the core by path', 'express', `import '../../core/src/index.ts'`, 'import @mayfly/core'],
    ['out of src', 'express', `import '../test/help.ts'`, `outside the package's src`],
    ['examples by path', 'express', `import '../../../examples/x.ts'`, 'nothing imports examples'],
    ['bench by name', 'express', `import 'bench/x.ts'`, 'nothing imports bench'],
  ])('refuses %s', (_, name, text, fault) => {
    const faults = faultsOf({ [`packages/${name}/src/index.ts`]: `\n${text}` })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(`packages/${name}/src/index.ts:2: `)
    expect(faults[0]).toContain(fault)
  })

  it('refuses examples and bench to tests and scripts too', () => {
    const faults = faultsOf({
      'packages/core/test/demo.test.ts': `import 'examples/demo/server.ts'`,
      'scripts/run.ts': `import '../bench/mint.ts'`,
    })
    expect(faults.map((fault) => fault.split(' but ')[1])).toEqual([
      'nothing imports examples',
      'nothing imports bench',
    ])
  })

  it('refuses another package by path, even to tests', () => {
    const faults = faultsOf({
      'packages/core/test/a.test.ts': `import '../../testing/src/fake-clock.ts'`,
    })
    expect(faults).toEqual([
      'packages/core/test/a.test.ts:1: reaches into packages/testing by path; import @mayfly/testing',
    ])
  })

  it('refuses a package that no rule mentions', () => {
    const faults = faultsOf({ 'packages/hono/package.json': '{}' })
    expect(faults).toEqual([
      'packages/hono/package.json: scripts/layers/rules.ts does not say what packages/hono may import',
    ])
  })

  it('refuses a dependency in the wrong direction, and one that the core does not need', () => {
    const faults = faultsOf({
      'packages/core/package.json': '{ "dependencies": { "jose": "1", "lodash": "1" } }',
      'packages/express/package.json': '{ "optionalDependencies": { "@mayfly/testing": "1" } }',
    })
    expect(faults).toEqual([
      'packages/core/package.json: the core may not depend on lodash',
      'packages/express/package.json: packages/express may not depend on @mayfly/testing',
    ])
  })

  it('is at fault when there is nothing to judge', () => {
    const [fault] = judgePackages(temporaryTree({}), rules).faults
    expect(fault).toContain('there is no file to judge')
  })
})
