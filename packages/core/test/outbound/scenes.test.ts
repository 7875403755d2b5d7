import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Scene } from './scenes/world.ts'

const folder = new URL('scenes/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'world.ts')

// The table of `pnpm scenes`, held to what it says. A further file of scenes is found by itself.
for (const file of files) {
  const { SCENES } = (await import(new URL(file, folder).href)) as { SCENES: readonly Scene[] }
  describe(`scenes of ${file.replace('.ts', '')}:`, () => {
    it.each(SCENES.map((each) => [each.scene, each] as const))('%s', async (_name, each) => {
      expect(await each.run()).toBe(each.expected)
    })
  })
}
