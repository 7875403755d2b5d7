import { defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/lib/closing-line.ts'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    retry: 0,
    // Every core: the servers of the tests wait more than they work.
    maxWorkers: '100%',
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'examples/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
          ],
          testTimeout: 20_000,
          // A third of the time. Nothing here keeps state in modules, and a test undoes what it does.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'fences',
          include: ['scripts/fences/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['scripts/packages/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
