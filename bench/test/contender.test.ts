import { describe, expect, it } from 'vitest'
import { checkContender, type Contender } from '../lib/contender.ts'

const right: Contender = {
  id: 'right',
  name: 'right',
  library: 'by hand',
  run: () => 'yes',
  check: (answer) => {
    if (answer !== 'yes') throw new Error('This should be yes.')
  },
  refuses: () => Promise.reject(new Error('refused')),
}

describe('checking a contender before it is timed', () => {
  it('lets one pass that answers right and refuses what it has to', async () => {
    await expect(checkContender(right)).resolves.toBeUndefined()
  })

  it('stops at a wrong answer, also at one that comes later', async () => {
    const wrong = { ...right, run: () => Promise.resolve('no') }
    await expect(checkContender(wrong)).rejects.toThrow('wrong answer')
  })

  it('stops at one that accepts what it has to refuse', async () => {
    const careless = { ...right, refuses: () => 'welcome' }
    await expect(checkContender(careless)).rejects.toThrow('accepted what it had to refuse')
  })
})
