import { join } from 'node:path'

/** The results that are kept with the code. */
export const keptResults: string = join(import.meta.dirname, '..', 'results', 'micro.json')

/** The page that shows them. */
export const projectReadme: string = join(import.meta.dirname, '..', '..', 'README.md')
