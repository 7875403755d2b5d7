import { join } from 'node:path'
import type { DocumentFiles } from './documents.ts'

const bench = join(import.meta.dirname, '..')

/** The results that are kept with the code, and the documents that show them. */
export const kept: DocumentFiles = {
  results: join(bench, 'results', 'micro.json'),
  page: join(bench, 'RESULTS.md'),
  readme: join(bench, '..', 'README.md'),
}
