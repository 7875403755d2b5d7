import { parseArgs } from 'node:util'
import { checkDocuments, writeDocuments } from './lib/documents.ts'
import { kept } from './lib/paths.ts'

// Puts the tables of the kept results into their documents, or with --check fails unless they are there.
const { values } = parseArgs({
  options: {
    results: { type: 'string', default: kept.results },
    readme: { type: 'string', default: kept.readme },
    page: { type: 'string', default: kept.page },
    check: { type: 'boolean', default: false },
  },
})

try {
  if (values.check) checkDocuments(values)
  else for (const path of writeDocuments(values)) console.log(`Wrote ${path}.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
