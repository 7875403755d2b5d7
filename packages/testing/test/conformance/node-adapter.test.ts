import { describe, it } from 'vitest'
import { adapterConformance } from '../../src/conformance/suite.ts'
import { nodeAdapter, nodeDriver } from './node-adapter.ts'

describe('an adapter that does everything right', () => {
  for (const { name, run } of adapterConformance(nodeDriver(nodeAdapter))) it(name, run)
})
