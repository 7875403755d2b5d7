import { parseArgs } from 'node:util'
import { keptResults, projectReadme } from './lib/paths.ts'
import { checkReadme, updateReadme } from './lib/readme.ts'

// Puts the table of the kept results into the README, or with --check fails unless it is there.
const { values } = parseArgs({
  options: {
    results: { type: 'string', default: keptResults },
    readme: { type: 'string', default: projectReadme },
    check: { type: 'boolean', default: false },
  },
})

try {
  if (values.check) checkReadme(values)
  else console.log(updateReadme(values) ? `Wrote ${values.readme}.` : 'Nothing has changed.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
