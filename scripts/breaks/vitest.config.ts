import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { repositoryRoot } from '../lib/files.ts'
import { BREAKS } from './list.ts'

const broken = BREAKS[Number(process.env['MAYFLY_BREAK'])]
if (broken === undefined) throw new Error('MAYFLY_BREAK must be the number of a break.')

// The break is made while the file is loaded: nothing in the tree is ever changed.
export default defineConfig({
  root: repositoryRoot,
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  plugins: [
    {
      name: 'break',
      enforce: 'pre',
      transform: (code, id) =>
        id.split('?')[0] === join(repositoryRoot, broken.file)
          ? code.replace(broken.find, () => broken.replace)
          : undefined,
    },
  ],
  test: {
    retry: 0,
    // What was loaded for another break must not be found again.
    fsModuleCache: false,
    include: [...broken.tests],
    testTimeout: 20_000,
    bail: 1,
    server: { deps: { inline: [/\/packages\//, /@mayfly/] } },
  },
})
