import { describe, expect, it } from 'vitest'
import { hasRedis } from '../../../scripts/servers/redis.ts'
import { runScene } from './processes/fleet-scenes.ts'

// A small one. `pnpm fleet` runs eight processes through all scenes, and bench/FLEET.md has what came of it.
const SMALL = { processes: 3, requests: 40, gapMs: 5, lifetime: 3600 }

describe.runIf(hasRedis())('a fleet of real processes', () => {
  it('gets one token from a slow endpoint, and each request its answer', async () => {
    const scene = { name: 'slow', oneToken: true, endpointMs: 500 }
    const { mints, outcomes } = await runScene(scene, SMALL)
    expect({ mints, outcomes }).toEqual({ mints: 1, outcomes: { 200: 120 } })
  }, 60_000)

  it('gets errors that say why, and no 401, where one process cannot read what the others sealed', async () => {
    const scene = { name: 'another key', oneToken: true, otherKey: true }
    const { mints, outcomes } = await runScene(scene, SMALL)
    const { 200: good = 0, ERR_TOKEN_STORE: told = 0, ...others } = outcomes
    expect(others).toEqual({})
    expect(good + told).toBe(120)
    expect(good).toBeGreaterThan(0)
    expect(mints).toBe(1)
  }, 60_000)
})
