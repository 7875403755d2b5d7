import { judgeClock } from './clock/reads.ts'
import { repositoryRoot } from './lib/files.ts'
import { report } from './lib/report.ts'

report(
  'clock',
  judgeClock(repositoryRoot, {
    'packages/core/src/clock.ts': 'it is the clock',
    'packages/service/src/ledger/turn.ts':
      'it gathers one turn of the event loop, and waits for locks of other processes',
    'packages/testing/src/sandboxes/offset-clock.ts': 'it is a clock',
  }),
)
