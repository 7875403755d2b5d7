import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot } from './lib/files.ts'

const demo = join(repositoryRoot, 'examples/demo/server.ts')
if (existsSync(demo)) {
  await import(pathToFileURL(demo).href)
} else {
  console.log('The demo is still to come. Meanwhile, `npm test` runs every check of the library.')
}
