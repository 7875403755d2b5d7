import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './lib/files.ts'
import { report } from './lib/report.ts'
import { judgeLock } from './lock/addresses.ts'

report('lock', judgeLock(readFileSync(join(repositoryRoot, 'pnpm-lock.yaml'), 'utf8')))
