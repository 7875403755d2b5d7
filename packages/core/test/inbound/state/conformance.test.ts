import { MemoryGenerations, MemoryOneTimeGuard, MemoryRevocations } from '@mayfly/core'
import { storeConformance, type StoresDriver } from '@mayfly/conformance'
import { MemoryTokenStore } from '@mayfly/testing'
import { describe, it } from 'vitest'

/** One process alone: both ends are the same. */
const memory: StoresDriver = {
  open: async (processes) => {
    const stores = {
      once: new MemoryOneTimeGuard(),
      revocations: new MemoryRevocations(),
      generations: new MemoryGenerations(),
      tokens: new MemoryTokenStore(),
    }
    return {
      processes: Array.from({ length: processes }, () => stores),
      [Symbol.asyncDispose]: async () => {},
    }
  },
}

describe('stores in memory', () => {
  for (const { name, run } of storeConformance(memory)) it(name, run)
})
