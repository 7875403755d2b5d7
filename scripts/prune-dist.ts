import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, repositoryRoot } from './lib/files.ts'

// `tsc -b` leaves the output of a file that is gone, and a package would ship it.
for (const file of listFiles(repositoryRoot, 'packages/*/dist/**/*', { built: true })) {
  const stem = /^(.*)\.(?:d\.ts|js)(?:\.map)?$/.exec(file)?.[1]
  if (stem === undefined) continue
  const source = `${stem.replace('/dist/', '/src/')}.ts`
  if (!existsSync(join(repositoryRoot, source))) rmSync(join(repositoryRoot, file))
}
