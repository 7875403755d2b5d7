import { systemClock } from '@mayfly/core'
import { describe, expect, it, vi } from 'vitest'

describe('The machine’s clock', () => {
  it.each([0.5, -1, 2 ** 31, 2 ** 40])('counts %d ms as well as a timer can', (ms) => {
    const warned = vi.spyOn(process, 'emitWarning')
    try {
      expect(systemClock.timeout(ms).aborted).toBe(false)
      // What a timer cannot count it would take for 1 ms, with a warning.
      expect(warned).not.toHaveBeenCalled()
    } finally {
      warned.mockRestore()
    }
  })
})
