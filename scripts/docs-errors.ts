import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorsPage } from './docs/errors-page.ts'
import { repositoryRoot } from './lib/files.ts'

writeFileSync(join(repositoryRoot, 'docs/errors.md'), errorsPage())
