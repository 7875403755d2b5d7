import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { replaceSection } from './markers.ts'
import { readResults } from './results.ts'
import { renderResults } from './table.ts'

/** Where the table comes from, and where it goes. */
export interface TableFiles {
  readonly results: string
  readonly readme: string
}

/** Puts the table of kept results into a README; tells whether that changed it. */
export function updateReadme(files: TableFiles): boolean {
  const { text, updated } = compare(files)
  if (updated !== text) writeFileSync(files.readme, updated)
  return updated !== text
}

/** Fails when a README does not show the results that are kept. */
export function checkReadme(files: TableFiles): void {
  const { text, updated } = compare(files)
  if (updated === text) return
  throw new Error(`${files.readme} shows other results. Run "pnpm bench:table".`)
}

function compare({ results, readme }: TableFiles): { text: string; updated: string } {
  if (!existsSync(results)) throw new Error(`${results} is missing. Run "pnpm bench" to make it.`)
  if (!existsSync(readme)) throw new Error(`${readme} is missing, so the table has no place.`)
  const text = readFileSync(readme, 'utf8')
  return { text, updated: replaceSection(text, renderResults(readResults(results)), readme) }
}
