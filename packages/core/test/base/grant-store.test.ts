import { grantStoreConformance } from '@mayfly/conformance'
import { MemoryGrantStore } from '@mayfly/core/grants'
import { describe, it } from 'vitest'

describe('grants in memory', () => {
  const open = async () => {
    const store = new MemoryGrantStore()
    return { processes: [store, store], [Symbol.asyncDispose]: async () => {} }
  }
  for (const { name, run } of grantStoreConformance({ open })) it(name, run)
})
