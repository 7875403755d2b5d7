import { describe, expect, it } from 'vitest'
import { adapterConformance } from '@mayfly/conformance'
import { FAULTY_ADAPTERS } from './faulty-adapters.ts'
import { createNodeAdapter } from './node-adapter.ts'
import { nodeDriver } from './node-driver.ts'

const cases = adapterConformance(nodeDriver(createNodeAdapter()))

describe('an adapter that does everything right passes', () => {
  for (const { name, run } of cases) it(name, run)
})

describe('an adapter is found out that', () => {
  for (const { fault, adapter, foundBy } of FAULTY_ADAPTERS) {
    it.each(foundBy)(`${fault}, by: %s`, async (beginning) => {
      const mine = adapterConformance(nodeDriver(adapter))
      const found = mine.filter(({ name }) => name.startsWith(`node:http: ${beginning}`))
      expect(found).toHaveLength(1)
      await expect(found[0]?.run()).rejects.toThrow()
    })
  }
})

describe('every case of the suite', () => {
  const finders = FAULTY_ADAPTERS.flatMap(({ foundBy }) => foundBy)

  it.each(cases.map(({ name }) => name))('can fail: %s', (name) => {
    const found = finders.some((beginning) => name.startsWith(`node:http: ${beginning}`))
    expect(found).toBe(true)
  })

  it('has a name of its own', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })
})
