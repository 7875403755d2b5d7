import { judgeClock } from './clock/reads.ts'
import { repositoryRoot } from './lib/files.ts'
import { report } from './lib/report.ts'

report(
  'clock',
  judgeClock(repositoryRoot, {
    'packages/core/src/clock.ts': 'it is the clock',
    'packages/testing/src/sandboxes/offset-clock.ts': 'it is a clock',
  }),
)
